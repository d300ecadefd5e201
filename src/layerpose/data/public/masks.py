"""Human3.6M's masks of the person + the number of a frame -> the mask; a MATLAB file (HDF5) or a video."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from layerpose.data.film import read_frame

VARIABLE = "Masks"
"""A cell for each frame, each a matrix of zeros and ones, columns first as MATLAB keeps them."""


def read_mask(path: Path, number: int) -> UInt8[np.ndarray, "h w"]:
    """The mask of frame `number`, 0 or 255. ValueError if there is none."""
    if path.suffix == ".mp4":
        return np.where(read_frame(path, number)[..., 1] > 127, 255, 0).astype(np.uint8)
    import h5py

    try:
        with h5py.File(path) as file:
            references: Any = file[VARIABLE]
            cells = np.ravel(references)
            if number >= len(cells):
                raise ValueError(f"{path} has {len(cells)} masks; there is none for frame {number}")
            return np.where(np.asarray(file[cells[number]]).T > 0, 255, 0).astype(np.uint8)
    except (OSError, KeyError) as error:
        raise ValueError(f"{path} holds no {VARIABLE} that can be read ({error}); copy it again") from error


def check_reader(path: Path) -> None:
    """ValueError if the file needs a package that is not installed."""
    if path.suffix == ".mat" and find_spec("h5py") is None:
        raise ValueError(f"{path} is read with h5py; install it: pip install 'layerpose[human36m]'")
