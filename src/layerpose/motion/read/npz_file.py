"""A .npz of plain arrays -> its arrays, checked; what is pickled in it is left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layerpose.motion.read.npy_array import holds_objects, read_npy
from layerpose.motion.read.zip_file import zip_members


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file but those that would have to be unpickled. ValueError if it is no .npz."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}; expected an .npz")
    arrays: dict[str, np.ndarray] = {}
    for member, data in zip_members(path):
        name = member.removesuffix(".npy")
        if name != member and not holds_objects(data):
            arrays[name] = read_npy(data, f"{path}: {name}")
    return arrays
