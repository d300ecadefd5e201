"""An AMASS file (.npz) -> `AmassClip` -> poses: motion capture as SMPL or SMPL-H poses, z up."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from layerpose.body.smpl import Y_UP_TO_BODY, SmplPose
from layerpose.body.smpl_file import NUM_BETAS, NUM_JOINTS
from layerpose.motion.npz_file import finite, number, read_npz
from layerpose.motion.smpl_pose import smpl_to_pose, turn_root
from layerpose.types import Pose

NUM_BODY = 22
"""Joints that SMPL, SMPL-H and SMPL-X share; SMPL's two hands are left flat."""
WIDTHS = {72: "SMPL", 156: "SMPL-H", 165: "SMPL-X"}
"""Pose numbers of a frame."""
RATES = ("mocap_framerate", "mocap_frame_rate")


@dataclass(frozen=True, kw_only=True)
class AmassClip:
    """Pose vectors of every frame, where the body is in the room (metres, z up), and the shape."""

    name: str
    vectors: Float[np.ndarray, "t 24 3"]
    translation_m: Float[np.ndarray, "t 3"]
    betas: Float[np.ndarray, "10"]
    gender: str
    frame_rate: float

    @property
    def num_frames(self) -> int:
        """Frames in the file."""
        return len(self.vectors)

    def smpl_pose(self, frame: int) -> SmplPose:
        """SMPL's pose and shape in a frame, counted from 0. ValueError if the clip has no such frame."""
        if not 0 <= frame < self.num_frames:
            raise ValueError(
                f"{self.name} has {self.num_frames} frames (0 to {self.num_frames - 1}); {frame} is not one"
            )
        return SmplPose(vectors=turn_root(self.vectors[frame], Y_UP_TO_BODY.T), betas=self.betas)

    def pose(self, frame: int) -> Pose:
        """The body's pose in a frame."""
        return smpl_to_pose(self.smpl_pose(frame))


def read_amass(path: str | os.PathLike[str]) -> AmassClip:
    """Read a clip. ValueError for a file that is none, is damaged, or holds numbers that are not finite."""
    path = Path(path)
    arrays = read_npz(path)
    if "poses" not in arrays:
        raise ValueError(f"{path} is no AMASS file: it has no 'poses', only {', '.join(sorted(arrays)) or 'nothing'}")
    poses = finite(arrays["poses"], f"{path}: poses")
    if poses.ndim != 2 or poses.shape[1] not in WIDTHS or len(poses) == 0:
        known = ", ".join(f"{width} ({name})" for width, name in WIDTHS.items())
        raise ValueError(f"{path}: poses is {poses.shape}; expected frames of {known} numbers")
    rate = next((arrays[name] for name in RATES if name in arrays), None)
    frame_rate = number(rate, f"{path}: {RATES[0]}")
    if frame_rate <= 0:
        raise ValueError(f"{path}: {RATES[0]} is {frame_rate}; expected a positive number of frames a second")
    translation = finite(arrays.get("trans", np.zeros((len(poses), 3))), f"{path}: trans")
    if translation.shape != (len(poses), 3):
        raise ValueError(f"{path}: trans is {translation.shape}; expected {(len(poses), 3)}, a place for each frame")
    betas = np.zeros(NUM_BETAS)
    given = finite(arrays.get("betas", betas), f"{path}: betas").ravel()[:NUM_BETAS]
    betas[: len(given)] = given
    vectors = np.zeros((len(poses), NUM_JOINTS, 3))
    vectors[:, :NUM_BODY] = poses[:, : 3 * NUM_BODY].reshape(-1, NUM_BODY, 3)
    return AmassClip(
        name=path.name, vectors=vectors, translation_m=translation, betas=betas,
        gender=_text(arrays.get("gender", np.array("neutral"))), frame_rate=frame_rate,
    )  # fmt: skip


def _text(value: np.ndarray) -> str:
    word = value.reshape(-1)[0] if value.size else "neutral"
    return word.decode("ascii", errors="replace") if isinstance(word, bytes) else str(word)
