"""Arrays as HMR writes them -> `SmplClip`: 85 numbers a row, 3 of the camera, 72 of the pose, 10 of the shape.

HMR's axes are the camera's: x right, y down, z away. Its rows may be people or frames; each is a frame here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from layerpose.body.smpl import SmplModel, SmplPose
from layerpose.body.smpl_file import NUM_BETAS, NUM_JOINTS
from layerpose.motion.read.amass import smpl_clip
from layerpose.motion.read.numbers import finite, first_of, vectors
from layerpose.motion.read.smpl_clip import SmplClip
from layerpose.types import Camera

NUM_CAMERA = 3
NUM_POSE = 3 * NUM_JOINTS
NUM_THETA = NUM_CAMERA + NUM_POSE + NUM_BETAS
NAMES = (("cam", "camera"), ("pose",), ("shape", "betas", "beta"))
"""Names under which the three are found when they come apart."""


def is_hmr(record: Mapping[Any, Any]) -> bool:
    """The record names what HMR does."""
    return "theta" in record or all(first_of(record, names) for names in NAMES)


def read_hmr(record: Mapping[Any, Any], name: str) -> SmplClip:
    """Every row of `theta`, or of `cam`, `pose` and `shape`. ValueError if it is bad."""
    theta = _theta(record, name)
    cameras, pose = theta[:, :NUM_CAMERA], vectors(theta[:, NUM_CAMERA : NUM_CAMERA + NUM_POSE], (24,), name)
    if (cameras[:, 0] <= 0).any():
        raise ValueError(f"{name}: the camera's scale is {cameras[:, 0].min():g}; expected a positive number")
    clip = smpl_clip(name, pose, up="-y", betas=theta[:, NUM_CAMERA + NUM_POSE :])
    return replace(clip, vectors=pose, cameras=cameras)


def hmr_camera(smpl: SmplPose, model: SmplModel) -> Camera:
    """HMR's camera, whose middle is the model's origin, as ours, whose middle is the pelvis."""
    assert smpl.camera is not None
    scale, *shift = smpl.camera
    pelvis = model.rest_joints(smpl.betas)[0]
    x, y = (0.5 + scale / 2 * (float(place) + offset) for place, offset in zip(pelvis, shift, strict=False))
    return Camera(scale=scale / 2, translation=(x, y))


def _theta(record: Mapping[Any, Any], name: str) -> Float[np.ndarray, "n 85"]:
    if "theta" in record:
        theta = np.atleast_2d(finite(record["theta"], f"{name}: theta"))
    else:
        given = [finite(record[str(first_of(record, names))], f"{name}: {names[0]}") for names in NAMES]
        count = len(np.atleast_2d(given[1].reshape(-1, NUM_POSE) if given[1].size % NUM_POSE == 0 else given[1]))
        if any(array.size % count for array in given):
            raise ValueError(f"{name}: cam, pose and shape are not of as many people")
        theta = np.concatenate([array.reshape(count, -1) for array in given], axis=-1)
    if theta.ndim != 2 or theta.shape[1] != NUM_THETA or len(theta) == 0:
        raise ValueError(
            f"{name} has {theta.shape[-1]} numbers a person; expected {NUM_THETA}"
            f" ({NUM_CAMERA} camera, {NUM_POSE} pose, {NUM_BETAS} shape)"
        )
    return theta
