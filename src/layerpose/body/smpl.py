"""SMPL: pose, shape and the user's licensed file -> surface with parts and keypoints. The only file that imports smplx.

SMPL's own axes are x to the person's left, y up, z to the front; what comes out is in body axes.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from layerpose.body.parts import bones_to_parts, triangles_to_parts
from layerpose.body.skeleton import KEYPOINTS
from layerpose.body.smpl_file import NUM_BETAS, NUM_JOINTS, SmplArrays, read_smpl
from layerpose.body.surface import Surface

SMPL_JOINTS: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
SMPL_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
FACE = ("nose", "right_eye", "left_eye", "right_ear", "left_ear")
"""Vertices that smplx appends to the joints, in its order."""
PART_ROOTS = {
    "neck": "head",
    "left_shoulder": "left_arm",
    "right_shoulder": "right_arm",
    "left_hip": "left_leg",
    "right_hip": "right_leg",
}
Y_UP_TO_BODY = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""SMPL's axes -> body axes."""


@dataclass(frozen=True, kw_only=True)
class SmplPose:
    """SMPL's 72 pose numbers and 10 shape numbers; an upright person who faces the viewer has no root rotation.

    `camera` is HMR's: scale s and translation t, with which a point x of the model in camera axes is seen at s (x + t),
    -1..1 over the picture.
    """

    vectors: Float[np.ndarray, "24 3"]
    betas: Float[np.ndarray, "10"]
    camera: tuple[float, float, float] | None = None


class SmplModel:
    """An SMPL file, ready to be posed by the smplx package."""

    def __init__(self, arrays: SmplArrays) -> None:
        try:
            from smplx import SMPL
            from smplx.utils import Struct
        except ModuleNotFoundError as error:
            raise ValueError(
                "the SMPL body needs the package smplx, which is not installed; pip install 'layerpose[smpl]'"
            ) from error
        with contextlib.redirect_stdout(io.StringIO()):  # it greets files that have ten shape numbers
            self._smpl = SMPL("", data_struct=Struct(**asdict(arrays)), dtype=torch.float64)
        parents = np.array([-1, *arrays.kintree_table[0, 1:]])
        parts = bones_to_parts(list(SMPL_JOINTS), parents, roots=PART_ROOTS)
        self.faces: Int[np.ndarray, "f 3"] = arrays.f.astype(np.int32)
        self.triangle_parts: Int[np.ndarray, "f"] = triangles_to_parts(arrays.weights, parts, arrays.f)

    def pose(self, pose: SmplPose) -> Surface:
        """The body in a pose, its pelvis at the origin."""
        out = self._forward(pose.betas, pose.vectors)
        joints = out.joints[0].numpy()
        named = dict(zip((*SMPL_JOINTS, *FACE), joints[: NUM_JOINTS + len(FACE)], strict=True))
        named["neck"] = (named["left_shoulder"] + named["right_shoulder"]) / 2
        keypoints = np.stack([named[name] for name in KEYPOINTS])
        return Surface(
            vertices=(out.vertices[0].numpy() - joints[0]) @ Y_UP_TO_BODY.T,
            keypoints=(keypoints - joints[0]) @ Y_UP_TO_BODY.T,
            faces=self.faces,
            triangle_parts=self.triangle_parts,
        )

    def rest_joints(self, betas: Float[np.ndarray, "10"]) -> Float[np.ndarray, "24 3"]:
        """Joints of the T-pose, in SMPL's own axes and place."""
        return self._forward(betas, np.zeros((NUM_JOINTS, 3))).joints[0, :NUM_JOINTS].numpy()

    @torch.no_grad()
    def _forward(self, betas: Float[np.ndarray, "10"], vectors: Float[np.ndarray, "24 3"]):
        flat = torch.as_tensor(vectors, dtype=torch.float64).reshape(1, 3 * NUM_JOINTS)
        shape = torch.as_tensor(betas, dtype=torch.float64)[None, :NUM_BETAS]
        return self._smpl(betas=shape, global_orient=flat[:, :3], body_pose=flat[:, 3:])


@lru_cache(maxsize=2)
def load_smpl(path: Path) -> SmplModel:
    """Read the user's SMPL file (.npz or .pkl). ValueError says what is wrong with it."""
    return SmplModel(read_smpl(path))
