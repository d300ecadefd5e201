"""Animation curves of an FBX file -> the value of every animated property at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from layerpose.motion.read.fbx_file import Node, Packed
from layerpose.motion.read.fbx_scene import Scene, properties_of
from layerpose.motion.read.keys import HELD, hermite

CONSTANT, LINEAR, CUBIC = 2, 4, 8
"""How a key goes over into the next one: bits of its flags."""
NEXT = 0x100
"""A constant key that has the value of the next one."""
TOLD = 0x400
"""Slopes of a cubic key that the file tells; else they follow from the keys around it."""
EVEN, CLAMPED = 0x2000, 0x4000
"""Slopes that follow: as the line between the neighbours, however near each is; never beyond the neighbours' values."""
LAST = 2**60
"""Nothing happens later, in a file's units of time: 289 days."""
MOST_BYTES = 600 * 2**20
"""Keys that are read: 20 minutes of 120 frames a second of 65 joints, turned, moved and scaled, take half of it."""
DRIVEN = ("Lcl Translation", "Lcl Rotation", "Lcl Scaling")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One number over time."""

    times: Int[np.ndarray, "k"]
    """In the file's units of time, rising."""
    values: Float[np.ndarray, "k"]
    ends: Int[np.ndarray, "r"]
    """Keys that are alike stand in runs: where each run ends."""
    ways: Int[np.ndarray, "r"]
    slopes: Float[np.ndarray, "r 2"]
    """Change a second right of a run's keys and left of the keys behind them, where the file tells."""

    def at(self, times: Float[np.ndarray, "t"], ticks: int) -> Float[np.ndarray, "t"]:
        """Values at times; before the first key and behind the last one it stands still."""
        if len(self.times) == 1:
            return np.full(len(times), self.values[0], dtype=np.float64)
        left = np.searchsorted(self.times, np.rint(times).astype(np.int64), side="right") - 1
        left = np.clip(left, 0, len(self.times) - 2)
        start, end = self.values[left].astype(np.float64), self.values[left + 1].astype(np.float64)
        span = np.maximum(self.times[left + 1] - self.times[left], 1)
        along = np.clip((times - self.times[left]) / span, 0, 1)
        value, ways = start + (end - start) * along, self.ways[self._runs(left)]
        if (ways & CUBIC).any():
            leaving, coming = (self._slopes(left + step, left, step, ticks) * span / ticks for step in (0, 1))
            value = np.where(ways & CUBIC > 0, hermite(start, end, leaving, coming, along), value)
        held = np.where(ways & NEXT > 0, end, start)
        return np.where((ways & CONSTANT > 0) & (along < HELD), held, value)

    def _runs(self, keys: Int[np.ndarray, "t"]) -> Int[np.ndarray, "t"]:
        return np.minimum(np.searchsorted(self.ends, keys, side="right"), len(self.ends) - 1)

    def _slopes(
        self, keys: Int[np.ndarray, "t"], left: Int[np.ndarray, "t"], column: int, ticks: int
    ) -> Float[np.ndarray, "t"]:
        """Change a second at keys: what the file tells with the key on the left, else what the neighbours give."""
        ways, last = self.ways[self._runs(keys)], len(self.times) - 1
        rows = np.stack([np.maximum(keys - 1, 0), keys, np.minimum(keys + 1, last)])
        spans = np.maximum(np.diff(self.times[rows], axis=0), 1) / ticks
        before, behind = np.diff(self.values[rows].astype(np.float64), axis=0) / spans
        share = spans[0] / spans.sum(0)
        across = share * before + (1 - share) * behind
        slope = np.where(ways & EVEN > 0, across, across / 2 + ((1 - share) * before + share * behind) / 2)
        least = 3 * np.minimum(np.abs(before), np.abs(behind)) * (before * behind > 0)
        slope = np.where(ways & CLAMPED > 0, np.sign(slope) * np.minimum(np.abs(slope), least), slope)
        edge = np.where(ways & CLAMPED > 0, 0.0, np.where(keys == 0, behind, before))
        slope = np.where((keys == 0) | (keys == last), edge, slope)
        return np.where(ways & TOLD > 0, self.slopes[self._runs(left), column], slope)


@dataclass(frozen=True, kw_only=True)
class Track:
    """A property of three numbers over time."""

    curves: tuple[Curve | float | None, Curve | float | None, Curve | float | None]
    """x, y, z; a number where it stands still, None where the model's own value stays."""

    def at(self, times: Float[np.ndarray, "t"], ticks: int, own: Float[np.ndarray, "3"]) -> Float[np.ndarray, "t 3"]:
        """The property at times."""
        values = np.tile(own, (len(times), 1))
        for axis, curve in enumerate(self.curves):
            if curve is not None:
                values[:, axis] = curve.at(times, ticks) if isinstance(curve, Curve) else curve
        return values


class Curves:
    """The curves of a file, each read once; arrays of times that are the same are kept once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.left = MOST_BYTES
        self.known: dict[bytes, np.ndarray] = {}

    def tracks(self, stack: int, models: Sequence[int]) -> dict[tuple[int, str], Track]:
        """Model and property -> track, of one stack; where layers share a property the first one counts."""
        scene, wanted, found = self.scene, set(models), {}
        for layer, _ in scene.connected(stack, "AnimationLayer"):
            for key, _ in scene.connected(layer, "AnimationCurveNode"):
                for model, driven in scene.above.get(key, ()):
                    if model in wanted and driven in DRIVEN and (model, driven) not in found:
                        track = self._track(key)
                        if any(isinstance(curve, Curve) for curve in track.curves):
                            found[model, driven] = track
        return found

    def _track(self, key: int) -> Track:
        own = properties_of(self.scene.objects[key])
        curves: list[Curve | float | None] = []
        for axis in "XYZ":
            values = own.get(f"d|{axis}", ())
            curves.append(float(values[0]) if values and isinstance(values[0], int | float) else None)
        for child, driven in self.scene.connected(key, "AnimationCurve"):
            if driven in ("d|X", "d|Y", "d|Z"):
                curve = self._curve(self.scene.objects[child])
                if curve is not None:
                    curves["XYZ".index(driven[-1])] = curve
        return Track(curves=(curves[0], curves[1], curves[2]))

    def _curve(self, node: Node) -> Curve | None:
        times, values = self._times(node), node.array("KeyValueFloat")
        values = values if values.dtype.kind == "f" else values.astype(np.float64)
        self.left -= values.nbytes
        if self.left < 0:
            raise ValueError(f"its keys take more than {MOST_BYTES >> 20} MiB; export a shorter part of it")
        if not len(times):
            return None
        if len(times) != len(values):
            raise ValueError(f"it is a damaged FBX file: a curve has {len(times)} times and {len(values)} values")
        if not np.isfinite(values).all() or np.abs(values).max() > 1e9:
            raise ValueError("a curve holds a number that is not finite; repair it or export it again")
        counts, ways = _whole(node, "KeyAttrRefCount"), _whole(node, "KeyAttrFlags")
        if not len(ways) or len(ways) != len(counts) or counts.min() < 0 or counts.sum() != len(times):
            counts, ways = np.array([len(times)]), np.array([LINEAR])
        told = node.array("KeyAttrDataFloat")
        slopes = np.nan_to_num(told.reshape(-1, 4)[:, :2]) if len(told) == 4 * len(ways) else np.zeros((len(ways), 2))
        return Curve(times=times, values=values, ends=np.cumsum(counts), ways=ways, slopes=slopes.astype(np.float64))

    def _times(self, node: Node) -> Int[np.ndarray, "k"]:
        found = node.child("KeyTime")
        packed = found.values[0] if found and found.values else None
        raw = bytes(packed.data) if isinstance(packed, Packed) else b""
        if raw and raw in self.known:
            times = self.known[raw]
        else:
            times = self.known[raw] = _whole(node, "KeyTime")
            self.left -= times.nbytes
            if len(times) and ((np.diff(times) < 0).any() or times[0] < -LAST or times[-1] > LAST):
                raise ValueError("it is a damaged FBX file: the times of a curve do not rise")
        return times


def _whole(node: Node, name: str) -> Int[np.ndarray, "k"]:
    """An array of whole numbers; a text may spell them otherwise."""
    found = node.array(name)
    if found.dtype.kind == "f" and not (np.abs(found) < 2**62).all():
        raise ValueError(f"it is a damaged FBX file: {name} holds what is no whole number")
    return found.astype(np.int64, copy=False)
