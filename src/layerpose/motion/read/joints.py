"""Places of joints, frame after frame -> `JointsClip`: HumanML3D, MDM, SAM 3D Body, arrays of SMPL's joints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from layerpose.body.smpl import SMPL_JOINTS
from layerpose.motion.clip import check_frame, check_range
from layerpose.motion.joint_places import NEEDED, middle, places_to_rotations
from layerpose.motion.posing import to_pose
from layerpose.motion.read.humanml import FEATURES, FPS, features_to_places
from layerpose.motion.read.numbers import finite
from layerpose.motion.read.people import choose_person
from layerpose.motion.read.smpl_clip import AXES, known_rate, settle_up
from layerpose.types import Motion, Pose

MHR = {
    **{name: row for row, name in enumerate(("nose", "left_eye", "right_eye", "left_ear", "right_ear"))},
    "left_shoulder": 5, "right_shoulder": 6, "left_elbow": 7, "right_elbow": 8, "left_hip": 9, "right_hip": 10,
    "left_knee": 11, "right_knee": 12, "left_ankle": 13, "right_ankle": 14, "left_toes": 15, "left_heel": 17,
    "right_toes": 18, "right_heel": 20, "right_wrist": 41, "left_wrist": 62, "neck": 69, "right_index": 28,
    "right_middle": 32, "right_pinky": 40, "left_index": 49, "left_middle": 53, "left_pinky": 61,
}  # fmt: skip
"""SAM 3D Body's keypoints that are used, by their row of 70."""
NUM_MHR = 70
SAM_KEY = "pred_keypoints_3d"
SMALLEST_LEG = 1e-3
"""Legs that are shorter, in the file's units, are no legs."""


@dataclass(frozen=True, kw_only=True)
class JointsClip:
    """Where the joints are in the file's axes and units."""

    name: str
    rows: Mapping[str, int]
    """Joint -> its row."""
    places: Float[np.ndarray, "t n 3"]
    up: str
    """Key of `AXES`."""
    fps: float | None

    @property
    def num_frames(self) -> int:
        """Frames of the person."""
        return len(self.places)

    def pose(self, frame: int) -> Pose:
        """The body's pose in a frame, counted from 0. ValueError if the clip has no such frame."""
        check_frame(self, frame)
        return to_pose(places_to_rotations(self._named(frame, frame + 1))[0])

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """Some of the frames, with the path of the pelvis and of the ankles."""
        wanted, fps = check_range(self, first, end), known_rate(self.name, self.fps, fps)
        named, leg = self._named(wanted.start, wanted.stop), self._leg()
        ankles = np.stack([named["left_ankle"], named["right_ankle"]], axis=1) / leg
        return Motion(
            rotations=torch.from_numpy(places_to_rotations(named).astype(np.float32)),
            path=torch.from_numpy((middle(named, "hip") / leg).astype(np.float32)),
            ankles=torch.from_numpy(ankles.astype(np.float32)),
            fps=fps,
        )

    def _named(self, start: int, stop: int) -> dict[str, Float[np.ndarray, "t 3"]]:
        turned = self.places[start:stop].astype(np.float64) @ AXES[self.up].T
        return {joint: turned[:, row] for joint, row in self.rows.items()}

    def _leg(self) -> float:
        """Hip to knee to ankle, as it mostly is, in the file's units."""
        some = self.places[:: max(len(self.places) // 200, 1)].astype(np.float64)
        bones = [np.linalg.norm(some[:, self.rows[f"{side}_{end}"]] - some[:, self.rows[f"{side}_{start}"]], axis=1)
                 for side in ("left", "right") for start, end in (("hip", "knee"), ("knee", "ankle"))]  # fmt: skip
        return float(np.median(np.sum(bones, axis=0) / 2))


def joints_clip(name: str, places: Any, rows: Mapping[str, int], *, up: str, fps: float | None) -> JointsClip:
    """Check the places and find which way is up."""
    places = finite(places, name)
    clip = JointsClip(name=name, rows=rows, places=places, up=up, fps=fps)
    if clip._leg() < SMALLEST_LEG:
        raise ValueError(f"{name}: its legs have no length; expected the places of joints")
    some = places[:: max(len(places) // 200, 1)].astype(np.float64)
    named = {joint: some[:, row] for joint, row in rows.items()}
    return JointsClip(
        name=name, rows=rows, places=places, fps=fps,
        up=settle_up(middle(named, "shoulder") - middle(named, "ankle"), up, name),
    )  # fmt: skip


def is_joints(value: Any) -> bool:
    """An array of places of SMPL's joints, or HumanML3D's features."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return False
    return (value.ndim == 3 and value.shape[1:] in ((22, 3), (24, 3))) or (
        value.ndim == 2 and value.shape[1] == FEATURES
    )


def read_joints(value: np.ndarray, name: str) -> JointsClip:
    """SMPL's first joints, y up, 20 frames a second as in HumanML3D."""
    if len(value) == 0:
        raise ValueError(f"{name} is {value.shape}; expected at least one frame")
    places = features_to_places(finite(value, name)) if value.ndim == 2 else value
    rows = {joint: row for row, joint in enumerate(SMPL_JOINTS[: places.shape[1]])}
    return joints_clip(name, places, rows, up="y", fps=FPS if places.shape[1] == 22 else None)


def is_mdm(record: Mapping[Any, Any]) -> bool:
    """A dict of samples as MDM writes it."""
    motion = record.get("motion")
    return isinstance(motion, np.ndarray) and motion.ndim == 4


def read_mdm(record: Mapping[Any, Any], name: str, person: str | None) -> JointsClip:
    """One of the samples, counted from 0 through all repetitions."""
    motion = record["motion"]
    if motion.shape[1:3] not in ((22, 3), (24, 3)) or 0 in motion.shape:
        raise ValueError(f"{name}: motion is {motion.shape}; expected (samples, 22 joints, 3, frames)")
    lengths = np.full(len(motion), motion.shape[3])
    if record.get("lengths") is not None:
        told = finite(record["lengths"], f"{name}: lengths").reshape(-1).astype(np.int64)
        lengths = np.clip(told, 1, motion.shape[3]) if len(told) == len(motion) else lengths
    who = choose_person({str(sample): int(count) for sample, count in enumerate(lengths)}, person, name)
    places = motion[int(who)].transpose(2, 0, 1)[: lengths[int(who)]]
    rows = {joint: row for row, joint in enumerate(SMPL_JOINTS[: places.shape[1]])}
    return joints_clip(f"{name}#{who}", places, rows, up="y", fps=FPS)


def is_sam(record: Any) -> bool:
    """SAM 3D Body's result: a dict, or a list of one for each person."""
    people = record if isinstance(record, list | tuple) else [record]
    return bool(people) and all(isinstance(one, Mapping) and SAM_KEY in one for one in people)


def read_sam(record: Any, name: str, person: str | None) -> JointsClip:
    """One of the people, in the camera's axes; a picture is one frame."""
    people = list(record) if isinstance(record, list | tuple) else [record]
    every = [finite(one[SAM_KEY], f"{name}: {SAM_KEY}") for one in people]
    every = [places[None] if places.ndim == 2 else places for places in every]
    if any(places.ndim != 3 or places.shape[1:] != (NUM_MHR, 3) or not len(places) for places in every):
        raise ValueError(f"{name}: {SAM_KEY} is {every[0].shape}; expected {NUM_MHR} places")
    who = choose_person({str(row): len(places) for row, places in enumerate(every)}, person, name)
    return joints_clip(name, every[int(who)], MHR, up="-y", fps=None)


assert set(NEEDED) <= MHR.keys()
