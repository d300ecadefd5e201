"""The keys of an animation -> frames a second, how many frames, values between keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

USUAL = (30.0, 24.0, 25.0, 60.0, 50.0, 48.0, 100.0, 120.0, 24000 / 1001, 30000 / 1001, 60000 / 1001)
"""Rates that are tried on keys whose steps are not all alike."""
DEFAULT = 30.0
NEAR = 0.02
"""Frames by which a key may lie beside a frame."""
HELD = 1 - 1e-3
"""Part of the way to the next key up to which a value that does not change in between is held: times are rounded."""
LONGEST_S = 24 * 3600.0
LARGEST, SMALLEST = 1000.0, 10.0
"""Frames a second; faster keys belong to no body, slower ones were set by hand and are not the rate."""

MANY_KEYS = 2_000_000
"""Keys that are looked at to find the rate."""


def distinct(arrays: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Arrays of key times without those that are the same object, the longest first."""
    return sorted({id(times): times for times in arrays}.values(), key=len, reverse=True)


def rate_of(arrays: Sequence[np.ndarray], ticks: float = 1.0, told: float | None = None) -> float:
    """Frames a second of keys with these times, in units of which there are `ticks` a second."""
    kept, left = [], MANY_KEYS
    for times in arrays:
        kept.append(times[: max(left, 2)])
        left -= len(times)
    return even_rate(np.unique(np.concatenate(kept)).astype(np.float64) / ticks, told)


def even_rate(times: Float[np.ndarray, "k"], told: float | None = None) -> float:
    """The rate at which frames meet the keys (in seconds); else what the file told, else the default."""
    steps = np.diff(times)
    steps = steps[steps > 1e-9]
    if len(steps):
        step = float(np.median(steps))
        if np.abs(steps - step).max() < NEAR * step and SMALLEST <= 1 / step <= LARGEST and len(steps) > 1:
            return _round(len(steps) / float(steps.sum()))
        for rate in (told, *USUAL):
            if rate and np.abs((at := (times - times[0]) * rate) - np.round(at)).max() < NEAR:
                return rate
    return told or DEFAULT


def _round(rate: float) -> float:
    """Keys have their times rounded: 29.99998 is 30."""
    nearest = min((round(rate), *USUAL), key=lambda usual: abs(usual - rate))
    return float(nearest) if abs(nearest - rate) < 1e-3 * rate else rate


def count_frames(start: float, end: float, rate: float) -> int:
    """Frames from the first key to the last one. ValueError for a time that no motion lasts."""
    if not 0 <= end - start <= LONGEST_S:
        raise ValueError(f"its animation lasts {end - start:.0f} seconds; expected at most a day: it is damaged")
    return round((end - start) * rate) + 1


def hermite(
    start: Float[np.ndarray, "*#t"],
    end: Float[np.ndarray, "*#t"],
    leaving: Float[np.ndarray, "*#t"],
    coming: Float[np.ndarray, "*#t"],
    along: Float[np.ndarray, "*#t"],
) -> Float[np.ndarray, "*#t"]:
    """The cubic from one value to another that leaves and comes with these changes over the whole step."""
    rest = 1 - along
    return (
        start * (1 + 2 * along) * rest**2 + leaving * along * rest**2
        + end * along**2 * (3 - 2 * along) - coming * along**2 * rest
    )  # fmt: skip
