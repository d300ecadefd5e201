"""A .npz of plain arrays -> its arrays, checked; what is pickled in it is left alone."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

BROKEN = (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile, zlib.error)
"""What numpy raises over a file that is not what it says."""


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file but those that would have to be unpickled. ValueError if it is no .npz."""
    arrays: dict[str, np.ndarray] = {}
    if not path.is_file():
        raise ValueError(f"there is no file {path}; expected an .npz")
    try:
        opened = np.load(path, allow_pickle=False)
        if not isinstance(opened, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        with opened:
            for name in opened.files:
                try:
                    arrays[name] = opened[name]
                except ValueError as error:
                    if "allow_pickle" not in str(error):
                        raise
    except BROKEN as error:
        raise ValueError(f"{path} is not an .npz that can be read ({error}); export or copy it again") from error
    return arrays


def finite(value: np.ndarray, subject: str) -> np.ndarray:
    """The array as float64. ValueError if it holds no numbers, or some that are not finite."""
    if value.dtype.kind not in "fiu":
        raise ValueError(f"{subject} holds {value.dtype}; expected numbers")
    if not np.isfinite(value).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise ValueError(f"{subject} holds a number that is not finite, first at {place}; repair or cut it out")
    return value.astype(np.float64)


def number(value: np.ndarray | None, subject: str) -> float:
    """The only number of an array."""
    if value is None or value.size != 1:
        found = "missing" if value is None else f"{value.size} numbers"
        raise ValueError(f"{subject} is {found}; expected one number")
    return float(finite(value, subject).reshape(()))
