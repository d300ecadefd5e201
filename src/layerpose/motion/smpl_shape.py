"""Phenotype -> SMPL's ten shape numbers: those that give the lengths of limbs and trunk.

How stout a person is they do not tell; what the lengths leave open stays as in SMPL's mean shape.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from layerpose.body.model import body_model
from layerpose.body.smpl import SMPL_JOINTS, SmplModel
from layerpose.body.smpl_file import NUM_BETAS
from layerpose.motion.smpl_pose import SMPL_BONES

LENGTHS = (
    (("left_hip", "left_knee"), ("right_hip", "right_knee")),
    (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
    (("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow")),
    (("left_elbow", "left_wrist"), ("right_elbow", "right_wrist")),
    (("left_hip", "left_shoulder"), ("right_hip", "right_shoulder")),
    (("left_shoulder", "right_shoulder"),),
)
"""Pairs of joints, both sides; each length is the mean of its sides."""
TOLERANCE_M = 0.01
"""By how much a length may be missed for a shape number to be smaller by one."""


def phenotype_to_betas(phenotype: Float[np.ndarray, "6"], smpl: SmplModel) -> Float[np.ndarray, "10"]:
    """Smallest shape numbers that fit."""
    from scipy.optimize import least_squares  # slow to start, and needed with SMPL only

    wanted = _lengths(_heads(phenotype))
    rest = smpl.rest_joints(np.zeros(NUM_BETAS))
    steps = np.stack([smpl.rest_joints(unit) - rest for unit in np.eye(NUM_BETAS)])

    def miss(betas: Float[np.ndarray, "10"]) -> Float[np.ndarray, "_"]:
        joints = rest + np.tensordot(betas, steps, 1)
        return np.concatenate([(_lengths(joints) - wanted) / TOLERANCE_M, betas])

    return least_squares(miss, np.zeros(NUM_BETAS)).x


def _heads(phenotype: Float[np.ndarray, "6"]) -> Float[np.ndarray, "24 3"]:
    """The body's bone heads at the places of SMPL's joints (those that have none stay at the pelvis)."""
    model = body_model()
    _, heads = model.kinematics(model.rest(phenotype), np.tile(np.eye(3), (len(model.parents), 1, 1)))
    return heads[[model.bone(SMPL_BONES.get(joint, "root")) for joint in SMPL_JOINTS]]


def _lengths(joints: Float[np.ndarray, "24 3"]) -> Float[np.ndarray, "_"]:
    places = dict(zip(SMPL_JOINTS, joints, strict=True))
    return np.array(
        [np.mean([np.linalg.norm(places[start] - places[end]) for start, end in sides]) for sides in LENGTHS]
    )
