"""A glTF, VRM or VRMA file -> `Rig` -> `Clip`: the largest skeleton, its bind pose and one of its animations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from layerpose.motion.read.chain import Local, local_to_world
from layerpose.motion.read.choice import choose_take
from layerpose.motion.read.gltf_file import Document, mapping, read_document
from layerpose.motion.read.gltf_scene import Skeleton, find_skeleton, quaternions_to_matrices
from layerpose.motion.read.keys import HELD, count_frames, distinct, hermite, rate_of
from layerpose.motion.read.vrm import FACINGS
from layerpose.motion.retarget import RigClip, retarget
from layerpose.motion.rig import Rig, World

WIDTHS = {"translation": 3, "rotation": 4, "scale": 3}
"""Numbers of a key, by what it moves."""
WAYS = ("LINEAR", "STEP", "CUBICSPLINE")


def gltf_to_rig(path: str | os.PathLike[str], person: str | None = None) -> Rig:
    """Read the skeleton and an animation (by its name; else the first that moves it). ValueError says what is wrong."""
    path = Path(path)
    try:
        document = read_document(path)
        skeleton = find_skeleton(document)
        takes = [(str(a.get("name") or row), a) for row, a in enumerate(document.items("animations"))]
        tracks = choose_take(path, takes, lambda take: _read_tracks(document, take, skeleton.nodes), person)
        clip = _Clip(skeleton=skeleton, tracks=tracks or {})
        turns, places, bound = skeleton.rest
        told = skeleton.humanoid
        rows = dict(zip(skeleton.nodes, skeleton.names, strict=True))
        return Rig(
            name=path.name, joints=skeleton.names, parents=skeleton.parents, rest_turns=turns, rest_places=places,
            bound=bound, num_frames=clip.num_frames, fps=clip.rate if clip.tracks else None, world=clip.world,
            bones={b: rows[n] for b, n in told.bones().items() if n in rows} if told else None,
            facing=np.array(FACINGS[told.version]) if told else None, up=np.array([0.0, 1.0, 0.0]),
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_gltf(path: str | os.PathLike[str], person: str | None = None) -> RigClip:
    """Open a glTF, VRM or VRMA file; `person` is the name of an animation. ValueError also where nobody is found."""
    return retarget(gltf_to_rig(path, person))


@dataclass(frozen=True, kw_only=True)
class _Track:
    """The keys of one node's place, turn or size."""

    times: Float[np.ndarray, "k"]
    values: np.ndarray
    """`k width`; for a cubic one `3k width`: slope before, value, slope after of each key."""
    way: str

    def at(self, times: Float[np.ndarray, "t"]) -> Float[np.ndarray, "t w"]:
        """Values at times; before the first key and behind the last one it stands still."""
        keys = self.values[1::3] if self.way == "CUBICSPLINE" else self.values
        if len(keys) == 1:
            return np.repeat(keys.astype(np.float64), len(times), axis=0)
        left = np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, len(keys) - 2)
        span = np.maximum(self.times[left + 1].astype(np.float64) - self.times[left], 1e-9)
        along = np.clip((times - self.times[left]) / span, 0, 1)[:, None]
        start, end = keys[left].astype(np.float64), keys[left + 1].astype(np.float64)
        if self.way == "STEP":
            return np.where(along < HELD, start, end)
        if self.way == "CUBICSPLINE":
            leaving, coming = self.values[2::3][left] * span[:, None], self.values[::3][left + 1] * span[:, None]
            return hermite(start, end, leaving, coming, along)
        return _slerp(start, end, along) if keys.shape[1] == 4 else start + (end - start) * along


@dataclass(frozen=True, kw_only=True)
class _Clip:
    """A skeleton with the tracks of one animation."""

    skeleton: Skeleton
    tracks: dict[tuple[int, str], _Track]

    @cached_property
    def _times(self) -> list[np.ndarray]:
        """The different arrays of key times, the longest first."""
        return distinct(track.times for track in self.tracks.values())

    @cached_property
    def _span(self) -> tuple[float, float]:
        return min(float(t[0]) for t in self._times), max(float(t[-1]) for t in self._times)

    @cached_property
    def rate(self) -> float:
        """Frames a second."""
        return rate_of(self._times)

    @cached_property
    def num_frames(self) -> int:
        return count_frames(*self._span, self.rate) if self.tracks else 1

    def world(self, frames: Sequence[int]) -> World:
        """The skeleton in frames of the animation."""
        own, count = self.skeleton.own, len(frames)
        local = Local(**{name: np.repeat(getattr(own, name), count, axis=0) for name in ("turns", "scales", "places")})
        if self.tracks:
            times = self._span[0] + np.asarray(frames, dtype=np.float64) / self.rate
            rows = {node: row for row, node in enumerate(self.skeleton.nodes)}
            for (node, moved), track in self.tracks.items():
                if moved == "rotation":
                    local.turns[:, rows[node]] = quaternions_to_matrices(track.at(times))
                else:
                    (local.scales if moved == "scale" else local.places)[:, rows[node]] = track.at(times)
        return local_to_world(local, self.skeleton.parents)


def _read_tracks(document: Document, animation: dict[str, Any], nodes: Sequence[int]) -> dict[tuple[int, str], _Track]:
    """The tracks that move the skeleton."""
    found, wanted, samplers = {}, set(nodes), animation.get("samplers")
    channels = animation.get("channels")
    if not isinstance(samplers, list) or not isinstance(channels, list):
        raise ValueError("it is a damaged glTF file: an animation has no channels or no samplers")
    for channel in channels:
        channel = mapping(channel, "channel")
        target, row = mapping(channel.get("target"), "target"), channel.get("sampler")
        node, moved = target.get("node"), target.get("path")
        if type(node) is int and node in wanted and isinstance(moved, str) and moved in WIDTHS:
            if type(row) is not int or not 0 <= row < len(samplers):
                raise ValueError(f"it is a damaged glTF file: an animation has no sampler {row!r:.20}")
            track = _read_track(document, mapping(samplers[row], "sampler"), WIDTHS[moved])
            if track is not None:
                found[node, moved] = track
    return found


def _read_track(document: Document, sampler: dict[str, Any], width: int) -> _Track | None:
    way = sampler.get("interpolation", "LINEAR")
    if way not in WAYS:
        raise ValueError(
            f"it is a damaged glTF file: its interpolation is {way!r:.20}; expected one of {', '.join(WAYS)}"
        )
    times, values = document.accessor(sampler.get("input")), document.accessor(sampler.get("output"))
    keys = len(times) * (3 if way == "CUBICSPLINE" else 1)
    if values.shape != (keys, width) or times.shape[1] != 1:
        raise ValueError(
            f"it is a damaged glTF file: {len(times)} keys of {width} numbers have values of the shape {values.shape}"
        )
    if len(times) and (np.diff(times[:, 0].astype(np.float64)) < 0).any():
        raise ValueError("it is a damaged glTF file: the times of an animation do not rise")
    return _Track(times=times[:, 0], values=values, way=way) if len(times) else None


def _slerp(
    start: Float[np.ndarray, "t 4"], end: Float[np.ndarray, "t 4"], along: Float[np.ndarray, "t 1"]
) -> Float[np.ndarray, "t 4"]:
    """Quaternions between others, the short way round."""
    start, end = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9) for x in (start, end))
    cosine = (start * end).sum(1, keepdims=True)
    end = np.where(cosine < 0, -end, end)
    angle = np.arccos(np.clip(np.abs(cosine), 0, 1))
    sine = np.where(angle > 1e-4, np.sin(angle), 1.0)
    first = np.where(angle > 1e-4, np.sin((1 - along) * angle) / sine, 1 - along)
    second = np.where(angle > 1e-4, np.sin(along * angle) / sine, along)
    return first * start + second * end
