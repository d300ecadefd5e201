"""Frames of SMPL's joint rotations and where the body is -> `SmplClip` -> poses and motion of the body.

No SMPL file is needed: limbs start from a straight T-pose, and ankles are found with the proportions below.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.smpl import SMPL_JOINTS, SMPL_PARENTS, Y_UP_TO_BODY, SmplPose
from layerpose.motion.clip import check_frame, check_range
from layerpose.motion.posing import to_pose
from layerpose.motion.smpl_hands import world_turns
from layerpose.motion.smpl_pose import RestJoints, smpl_to_rotations, turn_root
from layerpose.types import Motion, Pose

AXES = {"z": np.eye(3), "y": Y_UP_TO_BODY, "-y": BODY_TO_CAMERA.numpy().T}
"""Where up is in a file, along z (AMASS), along y (SMPL's own) or against y (a camera's): its axes -> body axes."""
UPS = {"z": np.array([0, 0, 1.0]), "y": np.array([0, 1.0, 0]), "-y": np.array([0, -1.0, 0])}
BONES_M = {
    "left_hip": (0.07, -0.09, -0.01), "left_knee": (0.035, -0.385, 0.0), "left_ankle": (-0.015, -0.41, -0.04),
    "spine1": (0.0, 0.11, -0.03), "spine2": (0.0, 0.14, 0.02), "spine3": (0.0, 0.06, 0.0), "neck": (0.0, 0.21, -0.04),
    "head": (0.0, 0.09, 0.05),
}  # fmt: skip
"""From the joint above to each joint, of an average adult in SMPL's T-pose and axes, to the centimetre."""
LEG_M = float(np.linalg.norm(BONES_M["left_knee"]) + np.linalg.norm(BONES_M["left_ankle"]))
STANDING, LYING = 0.6, 0.35
"""Cosines: people whose heads point along another axis by the one, and along the usual one by less than the other."""
MOST_LOOKED_AT = 200
"""Frames from which it is found which way is up."""


@dataclass(frozen=True, kw_only=True)
class SmplClip:
    """Pose vectors of every frame in the file's axes, where the body is in the room, and the shape."""

    name: str
    vectors: Float[np.ndarray, "t 24 3"]
    translation_m: Float[np.ndarray, "t 3"]
    up: str
    """Key of `AXES`."""
    betas: Float[np.ndarray, "10"]
    fps: float | None
    hands: Float[np.ndarray, "t 30 3"] | None = None
    """Joints of both hands in SMPL-H's order."""
    cameras: Float[np.ndarray, "t 3"] | None = None
    """HMR's scale and translation, of every frame."""

    @property
    def num_frames(self) -> int:
        """Frames of the person."""
        return len(self.vectors)

    def smpl_pose(self, frame: int) -> SmplPose:
        """SMPL's pose and shape in a frame, counted from 0. ValueError if the clip has no such frame."""
        check_frame(self, frame)
        vectors = self._upright(frame, frame + 1)[0]
        if self.cameras is None:
            return SmplPose(vectors=vectors, betas=self.betas)
        scale, x, y = (float(number) for number in self.cameras[frame])
        return SmplPose(vectors=vectors, betas=self.betas, camera=(scale, x, y))

    def pose(self, frame: int, rest_joints: RestJoints | None = None) -> Pose:
        """The body's pose in a frame; `rest_joints` are those of the user's SMPL file, if there is one."""
        check_frame(self, frame)
        return to_pose(self._rotations(frame, frame + 1, rest_joints)[0])

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """Some of the frames, with the path of the pelvis and of the ankles."""
        wanted, fps = check_range(self, first, end), known_rate(self.name, self.fps, fps)
        path = self.translation_m[wanted.start : wanted.stop] @ AXES[self.up].T / LEG_M
        ankles = path[:, None] + feet_and_head(self._upright(wanted.start, wanted.stop))[:, :2] @ Y_UP_TO_BODY.T / LEG_M
        return Motion(
            rotations=torch.from_numpy(self._rotations(wanted.start, wanted.stop).astype(np.float32)),
            path=torch.from_numpy(path.astype(np.float32)),
            ankles=torch.from_numpy(ankles.astype(np.float32)),
            fps=fps,
        )

    def _rotations(
        self, start: int, stop: int, rest_joints: RestJoints | None = None
    ) -> Float[np.ndarray, "t 104 3 3"]:
        hands = None if self.hands is None else self.hands[start:stop].astype(np.float64)
        return smpl_to_rotations(self._upright(start, stop), rest_joints, hands)

    def _upright(self, start: int, stop: int) -> Float[np.ndarray, "t 24 3"]:
        """The vectors as SMPL has them, whose up is y and whose viewer is at z."""
        return turn_root(self.vectors[start:stop].astype(np.float64), Y_UP_TO_BODY.T @ AXES[self.up])


def known_rate(name: str, told: float | None, asked: float | None) -> float:
    """Frames a second: what the file says, else what the user does. ValueError, naming --fps, where neither does."""
    if told is not None:
        return told
    if asked is None:
        raise ValueError(f"{name} does not say how many frames a second it has; give them, as in --fps 30")
    return asked


def find_up(vectors: Float[np.ndarray, "t 24 3"], usual: str, name: str) -> str:
    """Which way is up: as usual in such files, unless heads are above feet along another axis, which is said."""
    some = vectors[:: max(len(vectors) // MOST_LOOKED_AT, 1)].astype(np.float64)
    left, right, head = feet_and_head(some).swapaxes(0, 1)
    return settle_up(head - (left + right) / 2, usual, name)


def settle_up(along: Float[np.ndarray, "t 3"], usual: str, name: str) -> str:
    """The same for directions from feet to heads."""
    mean = (along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)).mean(0)
    heights = {up: float(mean @ axis) for up, axis in UPS.items()}
    best = max(heights, key=lambda up: heights[up])
    if best == usual or heights[best] < STANDING or heights[usual] > LYING:
        return usual
    warnings.warn(f"{name}: its people stand along {best}, not along {usual}; {best} is taken for up", stacklevel=2)
    return best


def feet_and_head(vectors: Float[np.ndarray, "t 24 3"]) -> Float[np.ndarray, "t 3 3"]:
    """Left ankle, right ankle and head from the pelvis in metres, in the axes of the vectors."""
    turns = world_turns(vectors, SMPL_PARENTS)
    return np.stack([_place(turns, joint) for joint in ("left_ankle", "right_ankle", "head")], axis=1)


def _place(turns: Float[np.ndarray, "t 24 3 3"], joint: str) -> Float[np.ndarray, "t 3"]:
    place, row = np.zeros((len(turns), 3)), SMPL_JOINTS.index(joint)
    while row > 0:
        name = SMPL_JOINTS[row]
        bone = np.array(BONES_M[name.replace("right", "left")]) * ([-1, 1, 1] if name.startswith("right") else 1)
        row = SMPL_PARENTS[row]
        place = place + turns[:, row] @ bone
    return place


def turns_to_vectors(turns: Float[np.ndarray, "t n 3 3"]) -> Float[np.ndarray, "t n 3"]:
    """Rotation matrices -> rotation vectors."""
    return Rotation.from_matrix(turns.reshape(-1, 3, 3).astype(np.float64)).as_rotvec().reshape(*turns.shape[:2], 3)
