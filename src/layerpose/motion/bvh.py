"""A BVH file -> `Clip` -> poses and motion of the body: CMU's skeleton, other exporters', the body's own bone names."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.bvh_file import Recording, parse_bvh
from layerpose.motion.posing import curl_fingers, reference_heads, smallest_rotation, to_pose, unit, world_to_relative
from layerpose.motion.skeletons import name_joints, unknown_joints
from layerpose.types import Motion, Pose

Y_UP_TO_BODY = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""BVH axes of a CMU clip (y up, facing z) -> body axes (z up, facing -y); taken where the offsets do not tell."""
LIMBS = (("upperarm01", "lowerarm01"), ("lowerarm01", "wrist"), ("wrist", "finger3-1"),
         ("upperleg01", "lowerleg01"), ("lowerleg01", "foot"))  # fmt: skip
"""Bones that are aimed along the clip's own bones, parents first, and the bone at their end."""
BODY_BONES = ("root", "spine05", "upperarm01.L", "upperarm01.R", "upperleg01.L", "upperleg01.R")
"""A file with these joints speaks the body's own bone names."""
CURL = 20.0
"""Degrees by which fingers are bent in clips without finger data."""
STRETCHED = 0.8
"""Cosine between an arm and the line across the body from which on frame 0 counts as a T-pose."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A BVH file and which of its joints moves which bone."""

    name: str
    recording: Recording
    table: dict[str, str]
    """Bone of the body -> joint of the file."""

    @property
    def num_frames(self) -> int:
        """Frames in the file, the T-pose of a CMU clip (frame 0) included."""
        return len(self.recording.values)

    def pose(self, frame: int) -> Pose:
        """The body's pose in a frame, counted from 0. ValueError if the clip has no such frame."""
        if not 0 <= frame < self.num_frames:
            raise ValueError(
                f"{self.name} has {self.num_frames} frames (0 to {self.num_frames - 1}); {frame} is not one"
            )
        return self._pose_turned(self.world_turns(frame))

    def motion(self) -> Motion:
        """All frames, a T-pose at the start left out, with the path of the pelvis and of the ankles."""
        first = 1 if self.starts_in_t_pose and self.num_frames > 1 else 0
        rotations, path, ankles = [], [], []
        for frame in range(first, self.num_frames):
            turns = self.world_turns(frame)
            places = self.places(turns, frame) @ self._axes.T / self._leg
            rotations.append(self._pose_turned(turns).rotations)
            path.append(places[self._joint("root")])
            if self._has_feet:
                ankles.append(places[[self._joint("foot.L"), self._joint("foot.R")]])
        return Motion(
            rotations=torch.stack(rotations),
            path=torch.from_numpy(np.array(path, dtype=np.float32)),
            ankles=torch.from_numpy(np.array(ankles, dtype=np.float32)) if ankles else None,
            fps=1 / self.recording.frame_time,
        )

    @cached_property
    def speaks_body(self) -> bool:
        """The joints carry the body's own bone names."""
        return all(name in self._row for name in BODY_BONES)

    @cached_property
    def starts_in_t_pose(self) -> bool:
        """Frame 0 shows both arms stretched out sideways."""
        turns = self.world_turns(0)
        axes = self._axes_of(self.places(turns, 0))
        for side, sign in (("L", 1), ("R", -1)):
            joint = self._joint(f"upperarm01.{side}")
            if self._child(joint) < 0:
                return False
            along = axes @ turns[joint] @ self.recording.offsets[self._child(joint)]
            if sign * unit(along)[0] < STRETCHED:
                return False
        return True

    def world_turns(self, frame: int) -> Float[np.ndarray, "n 3 3"]:
        """World rotation of every joint, in the file's axes."""
        told = self.recording
        turns = np.zeros((len(told.joints), 3, 3))
        column = 0
        for joint, (parent, channels) in enumerate(zip(told.parents, told.channels, strict=True)):
            values = told.values[frame, column : column + len(channels)]
            column += len(channels)
            angles = [(c[0], v) for c, v in zip(channels, values, strict=True) if c.endswith("rotation")]
            own = np.eye(3)
            if angles:
                order = "".join(axis for axis, _ in angles)
                own = Rotation.from_euler(order, [angle for _, angle in angles], degrees=True).as_matrix()
            turns[joint] = own if parent < 0 else turns[parent] @ own
        return turns

    def places(self, turns: Float[np.ndarray, "n 3 3"], frame: int | None = None) -> Float[np.ndarray, "n 3"]:
        """Where the joints are, in the file's units; without a frame the root is at the origin."""
        told = self.recording
        places = np.zeros((len(told.joints), 3))
        if frame is not None:
            for channel, value in zip(told.channels[0], told.values[frame], strict=False):
                if channel.endswith("position"):
                    places[0, "XYZ".index(channel[0])] = value
        for joint, parent in enumerate(told.parents):
            if parent >= 0:
                places[joint] = places[parent] + turns[parent] @ told.offsets[joint]
        return places

    def _pose_turned(self, turns: Float[np.ndarray, "n 3 3"]) -> Pose:
        model = body_model()
        if self.speaks_body:
            return to_pose(
                world_to_relative({model.bone(n): turns[row] for n, row in self._row.items() if n in model.bone_names})
            )
        world = {}
        for bone, joint in self.table.items():
            row = self._row[joint]
            turned = self._axes @ turns[row] @ self._rest_turns[row].T @ self._axes.T
            world[model.bone(bone)] = turned @ self._aims.get(bone, np.eye(3))
        return to_pose(curl_fingers(world_to_relative(world), CURL))

    def _joint(self, bone: str) -> int:
        return self._row[self.table[bone]]

    @cached_property
    def _row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.recording.joints)}

    @cached_property
    def _rest_turns(self) -> Float[np.ndarray, "n 3 3"]:
        """Rotations of the pose from which limbs are aimed: frame 0 if that is a T-pose, else none at all."""
        if self.starts_in_t_pose:
            return self.world_turns(0)
        return np.tile(np.eye(3), (len(self.recording.joints), 1, 1))

    @cached_property
    def _axes(self) -> Float[np.ndarray, "3 3"]:
        """Axes of the file -> body axes."""
        if self.speaks_body:
            return np.eye(3)
        return self._axes_of(self.places(self._rest_turns))

    def _axes_of(self, places: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "3 3"]:
        """The file's axes that point to the person's left, back and up in a pose."""
        up = places[self._joint("head")] - places[self._joint("root")]
        left = places[self._joint("upperleg01.L")] - places[self._joint("upperleg01.R")]
        if not up.any() or not left.any():
            return Y_UP_TO_BODY
        vertical = int(np.abs(up).argmax())
        across = int(np.where(np.arange(3) == vertical, -1, np.abs(left)).argmax())
        left, up = np.eye(3)[across] * np.sign(left[across]), np.eye(3)[vertical] * np.sign(up[vertical])
        return np.stack([left, np.cross(up, left), up])

    @property
    def _has_feet(self) -> bool:
        return "foot.L" in self.table and "foot.R" in self.table

    @cached_property
    def _leg(self) -> float:
        """Length of the left leg, hip to knee to ankle, in the file's units; 1 where there is none."""
        if not self._has_feet:
            return 1.0
        joint, top, length = self._joint("foot.L"), self._joint("upperleg01.L"), 0.0
        while joint != top and joint >= 0:
            length += float(np.linalg.norm(self.recording.offsets[joint]))
            joint = self.recording.parents[joint]
        return length or 1.0

    @cached_property
    def _aims(self) -> dict[str, Float[np.ndarray, "3 3"]]:
        """Rotations that take the body's A-pose to the clip's rest pose, limb by limb."""
        places, aims = reference_heads(), {}
        for side in "LR":
            turned = np.eye(3)
            for start, end in LIMBS:
                if start in ("upperarm01", "upperleg01"):
                    turned = np.eye(3)
                bone = f"{start}.{side}"
                if bone not in self.table or self._child(self._joint(bone)) < 0:
                    continue
                joint = self._joint(bone)
                own = turned @ unit(places[f"{end}.{side}"] - places[bone])
                wanted = self._axes @ self._rest_turns[joint] @ self.recording.offsets[self._child(joint)]
                turned = smallest_rotation(own, wanted) @ turned
                aims[bone] = turned
        return aims

    def _child(self, joint: int) -> int:
        """The first joint below one that lies apart from it; -1: none."""
        below = [row for row, parent in enumerate(self.recording.parents) if parent == joint]
        return next((row for row in below if np.linalg.norm(self.recording.offsets[row]) > 0), -1)


def read_bvh(path: str | os.PathLike[str]) -> Clip:
    """Read a clip. ValueError for a file that is no BVH, is damaged, or has a skeleton that is not known here."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; expected a BVH file")
    try:
        recording = parse_bvh(path.read_bytes().decode("utf-8", errors="replace"))
        names = set(recording.joints)
        own = {name: name for name in body_model().bone_names if name in names}
        table = own if all(name in own for name in BODY_BONES) else name_joints(recording.joints)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    left_out = unknown_joints(recording.joints, table)
    if left_out and table is not own:
        warnings.warn(f"{path}: joints that move nothing here: {', '.join(left_out)}", stacklevel=2)
    return Clip(name=path.name, recording=recording, table=table)
