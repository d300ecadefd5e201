"""Take -> BVH file: the names of Mixamo or CMU, centimetres, y up, facing +z, a T-pose where all is zero.

A joint of the file is a bone of the body, or stands for a chain of them. It turns as its bone does, and beyond that by
as little as it takes to point to where the next joint is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.posing import world_to_relative
from layerpose.motion.smpl_pose import aim_limbs, straight_t_pose
from layerpose.motion.write.joints import SKELETONS, Joint, Skeleton, place_of
from layerpose.motion.write.take import Y_UP, Take
from layerpose.runtime.cache import writing

Names = Literal["mixamo", "cmu"]
CM = 100.0
ORDER = "ZXY"
"""Of the rotation channels, as Blender and Mixamo write them."""

Places = Mapping[str, Float[np.ndarray, "3"]]


def write_bvh(take: Take, path: Path, *, names: Names = "mixamo") -> None:
    """Write the skeleton of the take's shape and how it moves."""
    skeleton = SKELETONS[names]
    places = _t_pose(take, skeleton)
    channels = _channels(take, skeleton)
    lines = _hierarchy(skeleton, places)
    with writing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(["HIERARCHY", *lines, "MOTION", f"Frames: {take.motion.num_frames}", ""]))
        file.write(f"Frame Time: {1 / take.motion.fps:.9f}\n")
        np.savetxt(file, channels, fmt="%.5f")


def _t_pose(take: Take, skeleton: Skeleton) -> Places:
    """Where joints and tips are in the T-pose, in the file's axes and units, the hips at the origin."""
    model = body_model()
    rotations = world_to_relative({model.bone(bone): turn for bone, turn in t_pose_turns().items()})
    _, heads = model.kinematics(take.rest, rotations)
    return {joint.name: Y_UP @ place_of(joint, heads) * CM for joint in skeleton}


@lru_cache(maxsize=1)
def t_pose_turns() -> Mapping[str, Float[np.ndarray, "3 3"]]:
    """World turns of all bones from the reference pose to the T-pose: fingers go with their hand, feet stay flat."""
    model, turns = body_model(), {**aim_limbs(straight_t_pose()), "foot.L": np.eye(3), "foot.R": np.eye(3)}
    for name, parent in zip(model.bone_names, model.parents, strict=True):
        turns.setdefault(name, turns[model.bone_names[parent]] if parent >= 0 else np.eye(3))
    return turns


def _hierarchy(skeleton: Skeleton, places: Places) -> list[str]:
    """The lines between HIERARCHY and MOTION."""
    depth: dict[str | None, int] = {None: -1}
    lines: list[str] = []
    open_blocks = 0
    for joint in skeleton:
        depth[joint.name] = level = depth[joint.parent] + 1
        lines += [f"{'  ' * above}}}" for above in reversed(range(level, open_blocks))]
        indent, open_blocks = "  " * level, level + 1
        offset = places[joint.name] - (places[joint.parent] if joint.parent else places[joint.name])
        word = "End Site" if not isinstance(joint, Joint) else f"{'JOINT' if joint.parent else 'ROOT'} {joint.name}"
        lines += [
            f"{indent}{word}",
            f"{indent}{{",
            f"{indent}  OFFSET {' '.join(f'{x:.6f}' for x in offset.round(6) + 0.0)}",
        ]
        if isinstance(joint, Joint):
            lines.append(f"{indent}  CHANNELS {_channel_names(joint)}")
    return lines + [f"{'  ' * above}}}" for above in reversed(range(open_blocks))]


def _channel_names(joint: Joint) -> str:
    rotations = " ".join(f"{axis}rotation" for axis in ORDER)
    return f"3 {rotations}" if joint.parent else f"6 Xposition Yposition Zposition {rotations}"


def _channels(take: Take, skeleton: Skeleton) -> Float[np.ndarray, "t c"]:
    """The numbers of every frame; angles in degrees, never jumping by a full turn."""
    turns = _turns(take, skeleton)
    columns = [take.pelvis_m @ Y_UP.T * CM]
    for joint in skeleton:
        if isinstance(joint, Joint):
            own = turns[joint.name]
            relative = turns[joint.parent].swapaxes(1, 2) @ own if joint.parent else own
            angles = Rotation.from_matrix(relative).as_euler(ORDER)
            columns.append(np.rad2deg(np.unwrap(angles, axis=0)))
    return np.concatenate(columns, axis=1).round(5) + 0.0


def _turns(take: Take, skeleton: Skeleton) -> dict[str, Float[np.ndarray, "t 3 3"]]:
    """World turn of every joint away from the T-pose, in the file's axes."""
    model, rest, turns = body_model(), t_pose_turns(), {}
    bones = {joint.name: joint.bone for joint in skeleton}
    for joint in skeleton:
        if not isinstance(joint, Joint):
            continue
        if joint.aim is None:
            own = take.turns[:, model.bone(joint.turning)]
        else:
            own = take.aimed_turns(joint.bone, joint.turning, bones[joint.aim])
        turns[joint.name] = Y_UP @ own @ rest[joint.turning].T @ Y_UP.T
    return turns
