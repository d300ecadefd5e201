"""The bytes of a .npy -> its array; one of objects, as `np.save` makes of a dict, is read without running any of it."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

from layerpose.pickles.makers import checked_shape, to_array
from layerpose.pickles.reader import unpickle
from layerpose.runtime.arrays import BROKEN_ARRAY

MAGIC = b"\x93NUMPY"


def read_npy(data: bytes, subject: str) -> Any:
    """The array, or the one object of an array without dimensions. ValueError if it is damaged."""
    try:
        shape, fortran, kind, start = _read_header(data)
        if not kind.hasobject:
            return to_array(memoryview(data)[start:], kind, shape, fortran=fortran)
    except BROKEN_ARRAY as error:
        raise ValueError(f"{subject} is a damaged array ({error!s:.120}); export or copy it again") from error
    held = unpickle(data[start:], subject)
    return held.reshape(())[()] if isinstance(held, np.ndarray) and held.shape == () else held


def holds_objects(data: bytes) -> bool:
    """It would have to be unpickled."""
    try:
        return _read_header(data)[2].hasobject
    except BROKEN_ARRAY:
        return False


def _read_header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape, fortran, kind = read(file)
    if kind.names is not None or kind.subdtype is not None or kind.kind == "V":
        raise ValueError(f"it holds {kind}, not plain numbers")
    return checked_shape(shape), fortran, kind, file.tell()
