"""An .npz as HMR writes it -> `SmplPose`: 85 numbers, 3 of the camera, 72 of the pose, 10 of the shape.

HMR's axes are the camera's: x right, y down, z away.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from jaxtyping import Float

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.smpl import Y_UP_TO_BODY, SmplModel, SmplPose
from layerpose.body.smpl_file import NUM_BETAS, NUM_JOINTS
from layerpose.motion.npz_file import finite, read_npz
from layerpose.motion.smpl_pose import turn_root
from layerpose.types import Camera

NUM_CAMERA = 3
NUM_POSE = 3 * NUM_JOINTS
NUM_THETA = NUM_CAMERA + NUM_POSE + NUM_BETAS
NAMES = (("cam", "camera"), ("pose",), ("shape", "betas", "beta"))
"""Names under which the three are found when they come apart."""
CAMERA_TO_SMPL = Y_UP_TO_BODY.T @ BODY_TO_CAMERA.numpy().T


def read_hmr(path: str | os.PathLike[str], person: int = 0) -> SmplPose:
    """Read one person (or frame) of a file with `theta`, or with `cam`, `pose` and `shape`. ValueError if it is bad."""
    path = Path(path)
    rows = _theta(read_npz(path), path)
    if not 0 <= person < len(rows):
        raise ValueError(f"{path} has {len(rows)} rows (0 to {len(rows) - 1}); {person} is not one")
    scale, x, y = (float(value) for value in rows[person, :NUM_CAMERA])
    if scale <= 0:
        raise ValueError(f"{path}: the camera's scale is {scale}; expected a positive number")
    vectors = rows[person, NUM_CAMERA : NUM_CAMERA + NUM_POSE].reshape(NUM_JOINTS, 3)
    betas = rows[person, NUM_CAMERA + NUM_POSE :]
    return SmplPose(vectors=turn_root(vectors, CAMERA_TO_SMPL), betas=betas, camera=(scale, x, y))


def hmr_camera(smpl: SmplPose, model: SmplModel) -> Camera:
    """HMR's camera, whose middle is the model's origin, as ours, whose middle is the pelvis."""
    assert smpl.camera is not None
    scale, *shift = smpl.camera
    pelvis = model.rest_joints(smpl.betas)[0]
    x, y = (0.5 + scale / 2 * (float(place) + offset) for place, offset in zip(pelvis, shift, strict=False))
    return Camera(scale=scale / 2, translation=(x, y))


def _theta(arrays: dict[str, np.ndarray], path: Path) -> Float[np.ndarray, "n 85"]:
    if "theta" in arrays:
        theta = finite(arrays["theta"], f"{path}: theta")
    else:
        found = [next((arrays[name] for name in names if name in arrays), None) for names in NAMES]
        missing = [names[0] for names, array in zip(NAMES, found, strict=True) if array is None]
        if missing:
            raise ValueError(
                f"{path} is no HMR file: it has neither theta nor {', '.join(missing)};"
                f" expected {NUM_THETA} numbers a person"
            )
        given = [finite(array, f"{path}: {names[0]}") for array, names in zip(found, NAMES, strict=True)
                 if array is not None]  # fmt: skip
        theta = np.concatenate([np.atleast_2d(array) for array in given], axis=-1)
    theta = np.atleast_2d(theta)
    if theta.ndim != 2 or theta.shape[1] != NUM_THETA:
        raise ValueError(
            f"{path} has {theta.shape[-1]} numbers a person; expected {NUM_THETA}"
            f" ({NUM_CAMERA} camera, {NUM_POSE} pose, {NUM_BETAS} shape)"
        )
    return theta
