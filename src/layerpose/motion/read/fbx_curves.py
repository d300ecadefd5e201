"""Animation curves of an FBX file -> the value of every animated property at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from layerpose.motion.read.fbx_file import MOST_NUMBERS, Node, Packed
from layerpose.motion.read.fbx_scene import Scene, properties_of
from layerpose.motion.read.keys import HELD, hermite

CONSTANT, LINEAR, CUBIC = 2, 4, 8
"""How a key goes over into the next one: bits of its flags."""
NEXT = 0x100
"""A constant key that has the value of the next one."""
TOLD = 0x200 | 0x400
"""Slopes of a cubic key that the file tells; else they follow from the keys around it."""
EVEN, CLAMPED = 0x2000, 0x4000
"""Slopes that follow: as the line between the neighbours, however near each is; never beyond the neighbours' values."""
DRIVEN = ("Lcl Translation", "Lcl Rotation", "Lcl Scaling")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One number over time."""

    times: Int[np.ndarray, "k"]
    """In the file's units of time, rising."""
    values: Float[np.ndarray, "k"]
    ways: Int[np.ndarray, "k"]
    slopes: Float[np.ndarray, "2 k"] | None
    """Change a second left and right of a key; None: no key is cubic."""

    def at(self, times: Float[np.ndarray, "t"], ticks: int) -> Float[np.ndarray, "t"]:
        """Values at times; before the first key and behind the last one it stands still."""
        if len(self.times) == 1:
            return np.full(len(times), self.values[0], dtype=np.float64)
        left = np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, len(self.times) - 2)
        start, end = self.values[left].astype(np.float64), self.values[left + 1].astype(np.float64)
        span = np.maximum(self.times[left + 1] - self.times[left], 1)
        along = np.clip((times - self.times[left]) / span, 0, 1)
        value = start + (end - start) * along
        ways = self.ways[left]
        if self.slopes is not None:
            leaving, coming = self.slopes[1, left] * span / ticks, self.slopes[0, left + 1] * span / ticks
            value = np.where(ways & CUBIC > 0, hermite(start, end, leaving, coming, along), value)
        held = np.where(ways & NEXT > 0, end, start)
        return np.where((ways & CONSTANT > 0) & (along < HELD), held, value)


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
        self.left = MOST_NUMBERS
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
        if not len(times):
            return None
        if len(times) != len(values):
            raise ValueError(f"it is a damaged FBX file: a curve has {len(times)} times and {len(values)} values")
        if not np.isfinite(values).all() or np.abs(values).max() > 1e9:
            raise ValueError("a curve holds a number that is not finite; repair it or export it again")
        counts = node.array("KeyAttrRefCount").astype(np.int64)
        flags = node.array("KeyAttrFlags").astype(np.int64)
        if len(flags) != len(counts) or counts.min(initial=0) < 0 or counts.sum() != len(times):
            return Curve(times=times, values=values, ways=np.full(len(times), LINEAR), slopes=None)
        ways, slopes = np.repeat(flags, counts), None
        if (flags & CUBIC).any():
            told = node.array("KeyAttrDataFloat")
            told = np.nan_to_num(told.reshape(-1, 4)) if len(told) == 4 * len(flags) else np.zeros((len(flags), 4))
            slopes = _slopes(times / self.scene.ticks, values, ways, np.repeat(told[:, :2], counts, axis=0))
        return Curve(times=times, values=values, ways=ways, slopes=slopes)

    def _times(self, node: Node) -> Int[np.ndarray, "k"]:
        found = node.child("KeyTime")
        packed = found.values[0] if found and found.values else None
        raw = bytes(packed.data) if isinstance(packed, Packed) else b""
        if raw and raw in self.known:
            times = self.known[raw]
        else:
            times = self.known[raw] = node.array("KeyTime").astype(np.int64)
            if len(times) and ((np.diff(times) < 0).any() or np.abs(times).max() > 2**60):
                raise ValueError("it is a damaged FBX file: the times of a curve do not rise")
        self.left -= len(times)
        if self.left < 0:
            raise ValueError(f"it has more than {MOST_NUMBERS} keys; export a shorter part of it")
        return times


def _slopes(
    times: Float[np.ndarray, "k"],
    values: Float[np.ndarray, "k"],
    ways: Int[np.ndarray, "k"],
    told: Float[np.ndarray, "k 2"],
) -> Float[np.ndarray, "2 k"]:
    """Change a second left and right of every key: the file's, else what the neighbours give."""
    follow = _following(times, values.astype(np.float64), ways)
    right = np.where(ways & TOLD > 0, told[:, 0], follow)
    before = np.concatenate([ways[:1], ways[:-1]])
    left = np.where(before & TOLD > 0, np.concatenate([[0.0], told[:-1, 1]]), follow)
    return np.stack([left, right])


def _following(
    times: Float[np.ndarray, "k"], values: Float[np.ndarray, "k"], ways: Int[np.ndarray, "k"]
) -> Float[np.ndarray, "k"]:
    """Slopes as Autodesk's programs choose them where nobody set any."""
    if len(times) < 2:
        return np.zeros(len(times))
    spans = np.maximum(np.diff(times), 1e-9)
    steps = np.diff(values) / spans
    ends = np.where(ways[[0, -1]] & CLAMPED > 0, 0.0, steps[[0, -1]])
    before, behind = steps[:-1], steps[1:]
    share = spans[:-1] / (spans[:-1] + spans[1:])
    across = share * before + (1 - share) * behind
    inner = np.where(ways[1:-1] & EVEN > 0, across, across / 2 + ((1 - share) * before + share * behind) / 2)
    least = 3 * np.minimum(np.abs(before), np.abs(behind)) * (before * behind > 0)
    inner = np.where(ways[1:-1] & CLAMPED > 0, np.sign(inner) * np.minimum(np.abs(inner), least), inner)
    return np.concatenate([ends[:1], inner, ends[1:]])
