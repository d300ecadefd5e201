"""What a file holds under a name -> finite numbers of the shape that is meant, or a line that says why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

LARGEST = 1e6
"""A place (m) or a number of a shape of this size is a mistake."""
MOST_TURNS = 50.0
"""Radians; a rotation vector that is longer is in degrees."""


def finite(value: Any, subject: str) -> Float[np.ndarray, "..."]:
    """The array as floats. ValueError if it holds no numbers, or some that are not finite."""
    try:
        value = np.asarray(value) if isinstance(value, np.ndarray | list | tuple | int | float) else np.asarray(None)
    except ValueError as error:
        raise ValueError(f"{subject} holds lists of unequal length; expected numbers") from error
    if value.dtype.kind not in "fiu":
        raise ValueError(f"{subject} holds {value.dtype}; expected numbers")
    largest = max(float(value.max()), -float(value.min())) if value.size else 0.0
    if not np.isfinite(largest):
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise ValueError(f"{subject} holds a number that is not finite, first at {place}; repair or cut it out")
    if largest > LARGEST:
        raise ValueError(f"{subject} holds {largest:.3g}; expected numbers below {LARGEST:g}")
    return value if value.dtype in (np.float32, np.float64) else value.astype(np.float64)


def rows(value: Any, widths: Sequence[int], subject: str) -> Float[np.ndarray, "t w"]:
    """A row of numbers for each frame, of one of the widths; a single row counts as one frame."""
    array = finite(value, subject)
    if array.size in widths:
        array = array.reshape(1, -1)
    if array.ndim < 2 or len(array) == 0 or array.size // len(array) not in widths:
        known = " or ".join(str(width) for width in widths)
        raise ValueError(f"{subject} is {array.shape}; expected frames of {known} numbers")
    return array.reshape(len(array), -1)


def vectors(value: Any, counts: Sequence[int], subject: str) -> Float[np.ndarray, "t n 3"]:
    """Rotation vectors in radians for each frame, of one of the counts of joints."""
    turned = rows(value, [3 * count for count in counts], subject)
    turned = turned.reshape(len(turned), -1, 3)
    longest = float(np.abs(turned).max())
    if longest > MOST_TURNS:
        raise ValueError(f"{subject} turns by {longest:.4g}; expected radians (a full turn is 6.28)")
    return turned


def matrices(value: Any, count: int, subject: str) -> Float[np.ndarray, "t n 3 3"]:
    """Rotation matrices for each frame."""
    turned = rows(value, [9 * count], subject).reshape(-1, count, 3, 3)
    off = np.abs(turned @ turned.swapaxes(-1, -2) - np.eye(3)).max()
    if off > 0.1 or (np.linalg.det(turned) < 0).any():
        raise ValueError(f"{subject} holds matrices that are no rotations (off by {off:.2g})")
    return turned


def number(value: Any, subject: str) -> float:
    """The only number of an array."""
    array = finite(value, subject)
    if array.size != 1:
        raise ValueError(f"{subject} is {array.size} numbers; expected one number")
    return float(array.reshape(()))


def first_of(record: Mapping[Any, Any], names: Sequence[str]) -> str | None:
    """The first of the names that the record has."""
    return next((name for name in names if record.get(name) is not None), None)
