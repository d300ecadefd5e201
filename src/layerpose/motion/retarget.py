"""A rig -> `RigClip` -> poses and motion of the body, however a file names and turns its joints.

Where the joints *are* decides: up, facing, the trunk, where limbs point, the path. Their rotations only add how limbs
are turned about themselves and how hands, feet and head are held.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float

from layerpose.body.model import body_model
from layerpose.motion.anatomy import LIMBS, Anatomy, Tree, by_names, by_table
from layerpose.motion.axes import Figure, check_sides, figure_at, file_axes, find_up, rest_axes
from layerpose.motion.calibration import Straight, calibrate, chest_of, end_of
from layerpose.motion.clip import check_frame, check_range
from layerpose.motion.collarbones import swing_collarbone
from layerpose.motion.fingers import fingers_move, turn_fingers
from layerpose.motion.posing import curl_fingers, reference_heads, to_pose, world_to_relative
from layerpose.motion.rig import Rig, World
from layerpose.motion.topology import by_shape
from layerpose.motion.turning import smallest_rotations, unit_vectors
from layerpose.types import Motion, Pose

HANGING = 0.92
"""Cosine between a leg and the line downwards from which on frame 0 counts as a T-pose."""
SAME_BODY = 0.94
"""Cosine between a rig's limbs and those of the body in its A-pose from which on it is the body's rig."""
BODY_BONES = (
    "root", "spine05", "head",
    *(f"{bone}.{side}" for limb in LIMBS.values() for bone in limb for side in "LR"),
)  # fmt: skip
"""A file with these joints speaks the body's own bone names."""
NUM_SAMPLED = 48
"""Frames, spread over the file, from which axes and constants are worked out."""
CHUNK = 1024
"""Frames that are worked out together."""
LEVEL_HIPS = 0.996
"""Cosine between the hips of a file and the body's from which on the file's may be a little uneven."""
STRETCHED = 0.8
"""Cosine between an arm and the line across the body from which on frame 0 counts as a T-pose."""
USUAL_FPS = 30.0
"""Rate of a file that says none."""
CURL = 20.0
"""Degrees by which fingers are bent where a file has no joints for them."""


@dataclass(frozen=True, kw_only=True)
class RigClip:
    """A skeleton's motion as poses of the body; made by `retarget`."""

    rig: Rig
    anatomy: Anatomy
    axes: Float[np.ndarray, "3 3"]
    """The file's axes -> body axes."""
    leg: float
    """Length of the file's legs, in its units."""
    constants: dict[str, Float[np.ndarray, "3 3"]]
    """What is added to each joint's rotation (`calibration`)."""
    fingers: bool
    """The file's fingers move; else they are bent a little."""
    starts_in_t_pose: bool
    """Frame 0 shows both arms stretched out sideways; a motion leaves it out."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.rig.name

    @property
    def num_frames(self) -> int:
        """Frames in the file, a T-pose at the start included."""
        return self.rig.num_frames

    @property
    def fps(self) -> float | None:
        """Frames a second."""
        return self.rig.fps

    def pose(self, frame: int) -> Pose:
        """The body's pose in a frame, counted from 0. ValueError if the clip has no such frame."""
        check_frame(self, frame)
        return to_pose(self._perform(*self._world([frame]))[0])

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """A range of frames, with the path of the pelvis and of the ankles; a T-pose at the start is left out."""
        frames = check_range(self, first, end)
        rate = self.fps or fps
        if rate is None:
            warnings.warn(
                f"{self.name} does not say how many frames a second it has: {USUAL_FPS:g} are taken, or those of --fps",
                stacklevel=2,
            )
            rate = USUAL_FPS
        if first == 0 and self.starts_in_t_pose and len(frames) > 1:
            frames = frames[1:]
        rotations, paths, ankles = [], [], []
        feet = [self.anatomy.rows[f"foot.{side}"] for side in "LR"]
        for turns, places in self._worlds(frames):
            rotations.append(self._perform(turns, places).astype(np.float32))
            paths.append(places[:, self.anatomy.rows["root"]] / self.leg)
            ankles.append(places[:, feet] / self.leg)
        return Motion(
            rotations=torch.from_numpy(np.concatenate(rotations)),
            path=torch.from_numpy(np.concatenate(paths).astype(np.float32)),
            ankles=torch.from_numpy(np.concatenate(ankles).astype(np.float32)),
            fps=rate,
        )

    def _worlds(self, frames: Sequence[int]) -> Iterator[World]:
        for start in range(0, len(frames), CHUNK):
            yield self._world(frames[start : start + CHUNK])

    def _world(self, frames: Sequence[int]) -> World:
        """Rotations and places in body axes and the file's units."""
        turns, places = self.rig.world(frames)
        return self.axes @ turns, places @ self.axes.T

    def _perform(
        self, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"]
    ) -> Float[np.ndarray, "t j 3 3"]:
        """Joints in body axes -> rotations of the body's bones relative to their parents."""
        rows, heads = self.anatomy.rows, reference_heads()
        world = {bone: turns[:, row] @ self.constants[bone] for bone, row in rows.items()}
        if self.anatomy.exact:
            return world_to_relative({body_model().bone(bone): turned for bone, turned in world.items()})
        line = places[:, rows["upperleg01.L"]] - places[:, rows["upperleg01.R"]]
        world["root"] = smallest_rotations(world["root"] @ self._hip_line, line) @ world["root"]
        for bone, end in self.anatomy.ends.items():
            if bone.startswith(("upper", "lower")):
                way = places[:, end] - places[:, rows[bone]]
                world[bone] = smallest_rotations(world[bone] @ (heads[end_of(bone)] - heads[bone]), way) @ world[bone]
        chest = world[chest_of(self.anatomy)]
        for side in "LR":
            if f"clavicle.{side}" in world:
                way = heads[f"upperarm01.{side}"] - heads[f"clavicle.{side}"]
                swing = smallest_rotations(chest @ way, world[f"clavicle.{side}"] @ way)
                world |= swing_collarbone(world, chest, swing, side)
        if self.fingers:
            hands = {side: world[f"wrist.{side}"] for side in "LR"}
            world |= turn_fingers(self.anatomy.finger_rows, self.anatomy.finger_ends, places, hands)
        relative = world_to_relative({body_model().bone(bone): turned for bone, turned in world.items()})
        return relative if self.fingers else curl_fingers(relative, CURL)

    @cached_property
    def _hip_line(self) -> Float[np.ndarray, "3"]:
        """The line from hip to hip in the pelvis, when that is not turned."""
        turns, places = self._world(sampled(self.num_frames))
        rows = self.anatomy.rows
        line = unit_vectors(places[:, rows["upperleg01.L"]] - places[:, rows["upperleg01.R"]])
        pelvis = turns[:, rows["root"]] @ self.constants["root"]
        found = unit_vectors(np.einsum("tba,tb->a", pelvis, line))
        return found if found[0] > LEVEL_HIPS else np.array([1.0, 0.0, 0.0])


def retarget(rig: Rig) -> RigClip:
    """Find the person in a rig. ValueError, which names the file, if there is none or it has no height or no width."""
    try:
        return _retarget(rig)
    except ValueError as error:
        raise ValueError(f"{rig.name}: {error}") from error


def _retarget(rig: Rig) -> RigClip:
    frames = sampled(rig.num_frames)
    turns, places = rig.world(frames)
    if not np.isfinite(places).all() or not np.isfinite(turns).all():
        raise ValueError("it holds numbers that are not finite; repair or cut them out")
    anatomy = _body_itself(rig) or _find_anatomy(rig, places)
    figure = figure_at(anatomy, places)
    resting = rest_axes(figure_at(anatomy, rig.rest_places[None]))
    up = find_up(figure, None if resting is None else resting[2], rig.up)
    check_sides(figure)
    looks = np.cross(figure.left, up)
    rest_looks = None
    if resting is not None:
        rest_looks = smallest_rotations(resting[2], up) @ -resting[1]
    axes = file_axes(up, unit_vectors(looks[0]), rest_looks, rig.facing)
    if anatomy.exact and resting is not None:
        axes = resting
    first_axes = rest_axes(figure_at(anatomy, places[:1]))
    t_pose = first_axes is not None and _stretched(figure_at(anatomy, places[:1] @ first_axes.T))
    straight = None
    if t_pose and first_axes is not None:
        straight = Straight(turns=turns[0], places=places[0], axes=first_axes, promised=False)
    if resting is not None and (straight is None or rig.bound):
        straight = Straight(turns=rig.rest_turns, places=rig.rest_places, axes=resting, promised=rig.bound)
    return RigClip(
        rig=rig, anatomy=anatomy, axes=axes, leg=figure.leg, starts_in_t_pose=t_pose,
        fingers=fingers_move(anatomy.finger_rows, anatomy.finger_ends, places),
        constants=calibrate(anatomy, axes @ turns, places @ axes.T, straight),
    )  # fmt: skip


def sampled(num_frames: int) -> list[int]:
    """Frames spread evenly over a file, the first and the last among them."""
    return sorted({round(i) for i in np.linspace(0, num_frames - 1, min(num_frames, NUM_SAMPLED))})


def _find_anatomy(rig: Rig, places: Float[np.ndarray, "t n 3"]) -> Anatomy:
    """By what the file says, by the names, by the shape. ValueError with the joints from the root on."""
    tree = Tree(joints=rig.joints, parents=rig.parents, places=places)
    found = (by_table(tree, rig.bones) if rig.bones else None) or by_names(tree)
    if found is not None:
        return found
    found = by_shape(tree)
    if found is not None:
        warnings.warn(f"{rig.name}: its joints' names are not known; its shape tells them apart", stacklevel=5)
        return found
    named = [name for name in rig.joints if name]
    raise ValueError(
        f"its skeleton is not known: neither names nor shape tell which joints are arms and legs (found, from the "
        f"root: {', '.join(named[:12])}{' ...' if len(named) > 12 else ''}); expected a person with a trunk, a head, "
        f"two arms and two legs"
    )


def _body_itself(rig: Rig) -> Anatomy | None:
    """The rig is the body's own: it has its bones' names, and they lie as they do in its A-pose."""
    if not all(bone in rig.joints for bone in BODY_BONES):
        return None
    rows = {bone: rig.joints.index(bone) for bone in body_model().bone_names if bone in rig.joints}
    anatomy = Anatomy(rows=rows, ends={}, exact=True)
    resting = rest_axes(figure_at(anatomy, rig.rest_places[None]))
    if resting is None:
        return None
    heads, places = reference_heads(), rig.rest_places @ resting.T
    for side in "LR":
        for start, end in (("upperarm01", "lowerarm01"), ("lowerarm01", "wrist"), ("upperleg01", "lowerleg01")):
            first, last = f"{start}.{side}", f"{end}.{side}"
            way = unit_vectors(places[rows[last]] - places[rows[first]])
            if way @ unit_vectors(heads[last] - heads[first]) < SAME_BODY:
                return None
    return anatomy


def _stretched(figure: Figure) -> bool:
    """Both arms are stretched out sideways, and the legs hang straight down, in body axes."""
    arms = unit_vectors(figure.elbows[0] - figure.shoulders[0])
    legs = unit_vectors(figure.ankles[0] - figure.hips[0])
    return bool((arms[:, 0] * [1, -1] > STRETCHED).all() and (legs[:, 2] < -HANGING).all())
