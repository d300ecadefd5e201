"""Several people in a file, each seen in some frames -> the one that is meant, in every frame from first to last."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation, Slerp

from layerpose.motion.read.numbers import finite

MOST_NAMED = 12
"""People that a message lists."""
MOST_LETTERS = 30
LONGEST_GAP = 1000
"""Frames that are made up between two that are seen, at most."""


def label(who: Any) -> str:
    """A person's id, or another name in a file, as it can stand in a line."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(who)[:MOST_LETTERS])


def choose_person(lengths: Mapping[str, int], person: str | None, name: str) -> str:
    """The person's id. Without one the longest track, which is said if there are several."""
    told = ", ".join(f"{who} ({frames} frames)" for who, frames in list(lengths.items())[:MOST_NAMED])
    told += " ..." if len(lengths) > MOST_NAMED else ""
    if not lengths:
        raise ValueError(f"{name} holds nobody; expected at least one person")
    if person is not None and person not in lengths:
        raise ValueError(f"{name} has no person {person!r:.20}; it has {told}")
    chosen = person if person is not None else max(lengths, key=lambda who: lengths[who])
    if person is None and len(lengths) > 1:
        warnings.warn(f"{name} has several people: {told}; {chosen} is taken, {name}#PERSON:N another", stacklevel=2)
    return chosen


def frame_numbers(value: Any, count: int, name: str) -> Int[np.ndarray, "n"]:
    """The numbers of the video's frames in which a person is seen, in order. ValueError if they are not."""
    numbers = finite(value, f"{name}: its frame numbers").reshape(-1)
    if len(numbers) != count:
        raise ValueError(f"{name} has {len(numbers)} frame numbers for {count} frames; expected one for each")
    numbers = numbers.astype(np.int64)
    steps = np.diff(numbers)
    if (steps <= 0).any():
        at = int(np.flatnonzero(steps <= 0)[0])
        raise ValueError(f"{name}: frame {numbers[at + 1]} follows {numbers[at]}; expected frames in their order")
    if (steps > LONGEST_GAP).any():
        at = int(np.flatnonzero(steps > LONGEST_GAP)[0])
        raise ValueError(
            f"{name}: nobody is seen from frame {numbers[at]} to {numbers[at + 1]}; at most {LONGEST_GAP} are bridged"
        )
    return numbers


def bridge(
    numbers: Int[np.ndarray, "n"], turned: Float[np.ndarray, "n j 3"], places: Float[np.ndarray, "n 3"], name: str
) -> tuple[Float[np.ndarray, "t j 3"], Float[np.ndarray, "t 3"]]:
    """Fill the frames in which the person is not seen: rotations by slerp, places in straight lines; said in a line."""
    every = np.arange(numbers[0], numbers[-1] + 1)
    missing = np.setdiff1d(every, numbers)
    if len(missing) == 0:
        return turned, places
    shown = ", ".join(str(frame) for frame in missing[:MOST_NAMED]) + (" ..." if len(missing) > MOST_NAMED else "")
    warnings.warn(f"{name}: {len(missing)} of {len(every)} frames are not in it and are bridged: {shown}", stacklevel=2)
    rows, gaps = numbers - numbers[0], missing - numbers[0]
    filled = np.empty((len(every), *turned.shape[1:]), dtype=turned.dtype)
    filled[rows] = turned
    for joint in np.flatnonzero(turned.any((0, 2))):
        filled[gaps, joint] = Slerp(numbers, Rotation.from_rotvec(turned[:, joint].astype(np.float64)))(
            missing
        ).as_rotvec()
    for joint in np.flatnonzero(~turned.any((0, 2))):
        filled[gaps, joint] = 0
    return filled, np.stack([np.interp(every, numbers, places[:, axis]) for axis in range(3)], axis=1)
