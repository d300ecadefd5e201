"""A file of named arrays (.npz) -> the arrays; and what is raised over zips and arrays that are not what they say."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from io import BufferedIOBase
from pathlib import Path

import numpy as np

BROKEN_ZIP = (
    OSError, ValueError, EOFError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error,
    struct.error,
)  # fmt: skip
"""By the standard library, over a zip."""
BROKEN_ARRAY = (
    ValueError,
    EOFError,
    TypeError,
    KeyError,
    SyntaxError,
    MemoryError,
    RecursionError,
    tokenize.TokenError,
)
"""By NumPy, over an array."""
LARGEST = 1 << 30
"""Bytes that all arrays of a file may have together."""


def read_arrays(file: Path | BufferedIOBase, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays, or those of these names that the file has.

    ValueError says why they cannot be read: the file is damaged, holds objects, or swells to more than `LARGEST`. A
    file that is not there is an OSError.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return read_arrays(opened, names)
    try:
        with np.load(file, allow_pickle=False) as stored:
            if sum(member.file_size for member in stored.zip.infolist()) > LARGEST:
                raise ValueError(f"its arrays have more than {LARGEST >> 20} MB")
            return {name: stored[name] for name in stored.files if names is None or name in names}
    except (*BROKEN_ZIP, *BROKEN_ARRAY, AttributeError) as error:
        raise ValueError(f"no arrays, or damaged: {error!s:.120}") from error
