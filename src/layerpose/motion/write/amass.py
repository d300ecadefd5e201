"""Take -> AMASS's .npz: SMPL-H's joint rotations with hands, in metres, z up; the mean shape, no SMPL file needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from layerpose.body.smpl import SMPL_JOINTS, Y_UP_TO_BODY
from layerpose.cache import writing
from layerpose.motion.performer import leg_length
from layerpose.motion.smpl_pose import pose_to_smpl, turn_root
from layerpose.motion.write.take import Take
from layerpose.types import Pose

NUM_BODY = 22
"""SMPL's joints without its two hands, whose place SMPL-H's thirty take."""
NUM_POSE, NUM_BETAS = 156, 16
LEG_M = 0.80
"""Hip to knee to ankle of SMPL's mean shape."""


def write_amass(take: Take, path: Path) -> None:
    """Write `poses`, `trans`, `mocap_framerate`, `betas` and `gender`."""
    poses = np.zeros((take.motion.num_frames, NUM_POSE))
    poses[:, : 3 * NUM_BODY] = np.stack([_body(Pose(rotations=turns)) for turns in take.motion.rotations])
    arrays = {
        "poses": poses,
        "trans": take.pelvis_m * LEG_M / leg_length(take.rest),
        "mocap_framerate": np.array(take.motion.fps),
        "betas": np.zeros(NUM_BETAS),
        "gender": np.array("neutral"),
    }
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]


def _body(pose: Pose) -> Float[np.ndarray, "66"]:
    assert len(SMPL_JOINTS) - 2 == NUM_BODY
    return turn_root(pose_to_smpl(pose).vectors, Y_UP_TO_BODY)[:NUM_BODY].ravel()
