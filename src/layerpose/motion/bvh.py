"""A BVH file -> `Clip` -> poses of the body, for the CMU skeleton and for the body's own bone names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.posing import curl_fingers, reference_heads, smallest_rotation, to_pose, unit, world_to_relative
from layerpose.types import Pose

Y_UP_TO_BODY = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""BVH axes of a CMU clip (y up, facing z) -> body axes (z up, facing -y)."""
CMU_BONES = {
    "root": "Hips", "spine05": "LowerBack", "spine03": "Spine", "spine02": "Spine1", "neck01": "Neck",
    "neck03": "Neck1", "head": "Head", "upperarm01.L": "LeftArm", "upperarm01.R": "RightArm",
    "lowerarm01.L": "LeftForeArm", "lowerarm01.R": "RightForeArm", "wrist.L": "LeftHand", "wrist.R": "RightHand",
    "upperleg01.L": "LeftUpLeg", "upperleg01.R": "RightUpLeg", "lowerleg01.L": "LeftLeg",
    "lowerleg01.R": "RightLeg", "foot.L": "LeftFoot", "foot.R": "RightFoot",
}  # fmt: skip
"""Bone of the body -> joint of the CMU skeleton that moves it."""
LIMBS = (("upperarm01", "lowerarm01"), ("lowerarm01", "wrist"), ("wrist", "finger3-1"),
         ("upperleg01", "lowerleg01"), ("lowerleg01", "foot"))  # fmt: skip
"""Bones that are aimed along the clip's own bones, parents first, and the bone at their end."""
BODY_BONES = ("root", "spine05", "upperarm01.L", "upperarm01.R", "upperleg01.L", "upperleg01.R")
"""A file with these joints speaks the body's own bone names."""
CURL = 20.0
"""Degrees by which fingers are bent in clips without finger data."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A BVH file: joints with their offsets and parents, and the channels of every frame."""

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float[np.ndarray, "n 3"]
    channels: tuple[tuple[str, ...], ...]
    values: Float[np.ndarray, "t m"]
    frame_time: float

    @property
    def num_frames(self) -> int:
        """Frames in the file, the T-pose of a CMU clip (frame 0) included."""
        return len(self.values)

    def pose(self, frame: int) -> Pose:
        """The body's pose in a frame, counted from 0. ValueError if the clip has no such frame."""
        if not 0 <= frame < self.num_frames:
            raise ValueError(
                f"{self.name} has {self.num_frames} frames (0 to {self.num_frames - 1}); {frame} is not one"
            )
        if self.speaks_body:
            return to_pose(world_to_relative(self._body_turns(frame)))
        turns = self.world_turns(frame)
        world = {}
        for bone, joint in CMU_BONES.items():
            row = self._row.get(joint)
            if row is not None:
                turned = Y_UP_TO_BODY @ turns[row] @ self._rest_turns[row].T @ Y_UP_TO_BODY.T
                world[body_model().bone(bone)] = turned @ self._aims.get(bone, np.eye(3))
        return to_pose(curl_fingers(world_to_relative(world), CURL))

    @cached_property
    def speaks_body(self) -> bool:
        """The joints carry the body's own bone names."""
        return all(name in self._row for name in BODY_BONES)

    def world_turns(self, frame: int) -> Float[np.ndarray, "n 3 3"]:
        """World rotation of every joint."""
        turns = np.zeros((len(self.joints), 3, 3))
        column = 0
        for joint, (parent, channels) in enumerate(zip(self.parents, self.channels, strict=True)):
            values = self.values[frame, column : column + len(channels)]
            column += len(channels)
            angles = [(c[0], v) for c, v in zip(channels, values, strict=True) if c.endswith("rotation")]
            own = np.eye(3)
            if angles:
                order = "".join(axis for axis, _ in angles)
                own = Rotation.from_euler(order, [angle for _, angle in angles], degrees=True).as_matrix()
            turns[joint] = own if parent < 0 else turns[parent] @ own
        return turns

    @cached_property
    def _row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.joints)}

    @cached_property
    def _rest_turns(self) -> Float[np.ndarray, "n 3 3"]:
        """Rotations of the pose that counts as the T-pose: frame 0 if the arms are stretched out there, else zero."""
        turns = self.world_turns(0)
        for joint in ("LeftArm", "RightArm"):
            along = turns[self._row[joint]] @ self.offsets[self._child(joint)]
            if abs(unit(along)[0]) < 0.8:
                return np.tile(np.eye(3), (len(self.joints), 1, 1))
        return turns

    @cached_property
    def _aims(self) -> dict[str, Float[np.ndarray, "3 3"]]:
        """Rotations that take the body's A-pose to the clip's T-pose, limb by limb."""
        places, aims = reference_heads(), {}
        for side in "LR":
            turned = np.eye(3)
            for start, end in LIMBS:
                if start in ("upperarm01", "upperleg01"):
                    turned = np.eye(3)
                joint = CMU_BONES[f"{start}.{side}"]
                if joint not in self._row or self._child(joint) < 0:
                    continue
                own = turned @ unit(places[f"{end}.{side}"] - places[f"{start}.{side}"])
                wanted = Y_UP_TO_BODY @ self._rest_turns[self._row[joint]] @ self.offsets[self._child(joint)]
                if np.linalg.norm(wanted) > 0:
                    turned = smallest_rotation(own, wanted) @ turned
                aims[f"{start}.{side}"] = turned
        return aims

    def _child(self, joint: str) -> int:
        """The first joint below one that lies apart from it; -1: none."""
        below = [row for row, parent in enumerate(self.parents) if parent == self._row[joint]]
        return next((row for row in below if np.linalg.norm(self.offsets[row]) > 0), -1)

    def _body_turns(self, frame: int) -> dict[int, Float[np.ndarray, "3 3"]]:
        model, turns = body_model(), self.world_turns(frame)
        return {model.bone(name): turns[row] for name, row in self._row.items() if name in model.bone_names}


def read_bvh(path: str | os.PathLike[str]) -> Clip:
    """Read a clip. ValueError for a file that is no BVH, is damaged, or has a skeleton that is not known here."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; expected a BVH file")
    words = path.read_bytes().decode("utf-8", errors="replace").split()
    if not words or words[0].lstrip("\ufeff") != "HIERARCHY" or "MOTION" not in words:
        raise ValueError(f"{path} is not a BVH file: it has no HIERARCHY and MOTION sections")
    start = words.index("MOTION")
    try:
        joints, parents, offsets, channels = _read_hierarchy(words[1:start])
        values, frame_time = _read_motion(words[start + 1 :], sum(len(c) for c in channels))
    except (IndexError, ValueError) as error:
        raise ValueError(f"{path} is a damaged BVH file: {error}") from error
    clip = Clip(
        name=path.name, joints=tuple(joints), parents=tuple(parents), offsets=offsets,
        channels=tuple(channels), values=values, frame_time=frame_time,
    )  # fmt: skip
    missing = [
        name for name in CMU_BONES.values() if name not in joints and name not in ("LowerBack", "Spine1", "Neck1")
    ]
    if missing and not clip.speaks_body:
        raise ValueError(
            f"{path} has another skeleton than CMU's: the joints {', '.join(missing)} are missing;"
            f" expected CMU names (Hips, LeftUpLeg, ...) or the body's own bone names"
        )
    return clip


def _read_hierarchy(
    words: list[str],
) -> tuple[list[str], list[int], Float[np.ndarray, "n 3"], list[tuple[str, ...]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[tuple[str, ...]] = []
    above: list[int] = []
    at = 0
    while at < len(words):
        match words[at]:
            case "ROOT" | "JOINT" | "End":
                names.append(words[at + 1] if words[at] != "End" else "")
                parents.append(above[-1] if above else -1)
                offsets.append([0.0, 0.0, 0.0])
                channels.append(())
                at += 2
            case "{":
                above.append(len(names) - 1)
                at += 1
            case "}":
                above.pop()
                at += 1
            case "OFFSET":
                offsets[-1] = [float(words[at + i]) for i in (1, 2, 3)]
                at += 4
            case "CHANNELS":
                count = int(words[at + 1])
                channels[-1] = tuple(words[at + 2 : at + 2 + count])
                at += 2 + count
            case other:
                raise ValueError(f"unexpected {other[:30]!r} in the hierarchy")
    if above:
        raise ValueError("the hierarchy is not closed: a brace is missing")
    if not names:
        raise ValueError("the hierarchy has no joints")
    known = {f"{axis}{kind}" for axis in "XYZ" for kind in ("position", "rotation")}
    strange = sorted({c for own in channels for c in own} - known)
    if strange:
        raise ValueError(f"unknown channel {strange[0][:30]!r}; expected {', '.join(sorted(known))}")
    return names, parents, np.array(offsets), channels


def _read_motion(words: list[str], num_channels: int) -> tuple[Float[np.ndarray, "t m"], float]:
    if words[:1] != ["Frames:"] or words[2:4] != ["Frame", "Time:"]:
        raise ValueError("the MOTION section does not start with 'Frames:' and 'Frame Time:'")
    num_frames, frame_time = int(words[1]), float(words[4])
    values = np.array(words[5:], dtype=np.float64)
    if num_frames < 1 or values.size != num_frames * num_channels:
        raise ValueError(f"{num_frames} frames of {num_channels} channels expected, {values.size} numbers found")
    values = values.reshape(num_frames, num_channels)
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values).all(1))[0])
        raise ValueError(f"frame {bad} holds a number that is not finite; repair or cut it out")
    return values, frame_time
