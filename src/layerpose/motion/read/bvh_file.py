"""A BVH file, of whatever program -> `Clip` -> poses and motion of the body."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.motion.read.bvh_text import Recording, parse_bvh
from layerpose.motion.retarget import RigClip, retarget, sampled
from layerpose.motion.rig import Rig, World

FASTEST_FPS = 1000.0
"""A frame time that would mean more frames a second is none."""


def read_bvh(path: str | os.PathLike[str], person: str | None = None) -> RigClip:
    """Open a clip. ValueError for a file that is no BVH, is damaged, or in which no person is found."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; expected a BVH file")
    if person is not None:
        raise ValueError(f"{path} holds one person; leave {person!r} away")
    try:
        recording = parse_bvh(path.read_bytes())
        rig = to_rig(recording, path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return retarget(rig)


def to_rig(told: Recording, path: Path) -> Rig:
    """A recording as the skeleton that `retarget` takes."""
    if told.num_frames != told.said_frames:
        warnings.warn(
            f"{path}: {told.num_frames} frames are there, not {told.said_frames} as it says; all of them are read",
            stacklevel=3,
        )
    added = _added(told)
    still = np.tile(np.eye(3), (len(told.joints), 1, 1))
    return Rig(
        name=path.name, joints=told.joints, parents=told.parents, rest_turns=still,
        rest_places=_places(told, still[None], told.offsets[None])[0], bound=False, num_frames=told.num_frames,
        fps=_rate(told.frame_time, path), world=lambda frames: _world(told, added, frames),
    )  # fmt: skip


def _rate(frame_time: float, path: Path) -> float | None:
    """Frames a second; None where the file does not say."""
    if frame_time > 1:
        warnings.warn(
            f"{path}: a frame time of {frame_time:g} is taken as milliseconds: {1000 / frame_time:.4g} frames a second",
            stacklevel=4,
        )
        frame_time /= 1000
    return 1 / frame_time if frame_time > 1 / FASTEST_FPS else None


def _added(told: Recording) -> list[bool]:
    """Whether a joint's position channels are added to its offset, or are the place themselves, joint by joint."""
    values, column, added = told.values(sampled(told.num_frames)), 0, []
    for offset, channels in zip(told.offsets, told.channels, strict=True):
        moved = _moved(values[:, column : column + len(channels)], channels)
        apart, moved_length = np.linalg.norm(moved - offset, axis=1), np.linalg.norm(moved, axis=1)
        added.append(bool(np.median(moved_length) < np.median(apart)))
        column += len(channels)
    return added


def _world(told: Recording, added: list[bool], frames: Sequence[int]) -> World:
    values, column = told.values(frames), 0
    turns = np.zeros((len(values), len(told.joints), 3, 3))
    offsets = np.tile(told.offsets, (len(values), 1, 1))
    for joint, (parent, channels) in enumerate(zip(told.parents, told.channels, strict=True)):
        own = values[:, column : column + len(channels)]
        column += len(channels)
        if any(channel.endswith("position") for channel in channels):
            offsets[:, joint] = _moved(own, channels) + (told.offsets[joint] if added[joint] else 0.0)
        turned = _turned(own, channels)
        above = turns[:, parent] if parent >= 0 else np.eye(3)
        turns[:, joint] = above if turned is None else above @ turned
    return turns, _places(told, turns, offsets)


def _moved(values: Float[np.ndarray, "t c"], channels: Sequence[str]) -> Float[np.ndarray, "t 3"]:
    moved = np.zeros((len(values), 3))
    for column, channel in enumerate(channels):
        if channel.endswith("position"):
            moved[:, "XYZ".index(channel[0])] = values[:, column]
    return moved


def _turned(values: Float[np.ndarray, "t c"], channels: Sequence[str]) -> Float[np.ndarray, "t 3 3"] | None:
    """A joint's own rotation: the one named first is the outermost."""
    columns = [column for column, channel in enumerate(channels) if channel.endswith("rotation")]
    order = "".join(channels[column][0] for column in columns)
    if not order:
        return None
    if len(set(order)) == len(order):
        return Rotation.from_euler(order, values[:, columns], degrees=True).as_matrix().reshape(-1, 3, 3)
    turned = Rotation.identity(len(values))
    for axis, column in zip(order, columns, strict=True):
        turned = turned * Rotation.from_euler(axis, values[:, column], degrees=True)
    return turned.as_matrix()


def _places(
    told: Recording, turns: Float[np.ndarray, "t n 3 3"], offsets: Float[np.ndarray, "t n 3"]
) -> Float[np.ndarray, "t n 3"]:
    places = np.array(offsets)
    for joint, parent in enumerate(told.parents):
        if parent >= 0:
            places[:, joint] = places[:, parent] + np.einsum("tab,tb->ta", turns[:, parent], offsets[:, joint])
    return places
