"""A torch .pt (the zip that `torch.save` writes) -> dicts and numpy arrays, without torch's own unpickler.

The pickle in it names storages by number; each is a member of the zip.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layerpose.motion.read.zip_file import zip_members
from layerpose.pickles.makers import KNOWN, Maker, checked_shape, to_array
from layerpose.pickles.reader import PlainReader, unpickle
from layerpose.pickles.source import Source

STORAGES = {
    "FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "LongStorage": "i8", "IntStorage": "i4",
    "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
"""Torch's names of the kinds of elements, and numpy's."""


MOST_REPEATED = 10_000_000
"""Numbers of a tensor that repeats those of its storage."""


class _Storage:
    """The kind of elements of a storage; called, it gives nothing away."""

    def __init__(self, kind: str) -> None:
        self.kind = np.dtype(kind)

    def __call__(self, *_: Any) -> None:
        raise ValueError("it makes a storage instead of naming one")


def _rebuild(storage: np.ndarray, offset: int, size: Any, stride: Any, *_: Any) -> np.ndarray:
    """A tensor is a view of a storage; it has to lie inside."""
    size, stride = checked_shape(size), checked_shape(stride)
    if not isinstance(storage, np.ndarray) or type(offset) is not int or offset < 0 or len(size) != len(stride):
        raise ValueError("a tensor is not described as torch does")
    last = offset + sum((count - 1) * step for count, step in zip(size, stride, strict=True))
    if 0 in size:
        return np.zeros(size, dtype=storage.dtype)
    if last >= len(storage) or (0 in stride and math.prod(size) > MOST_REPEATED):
        raise ValueError(f"a tensor of {size} does not lie in its storage of {len(storage)} numbers")
    steps = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps, writeable=False)


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


TORCH: dict[tuple[str, str], Maker] = {
    **KNOWN,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    **{("torch", name): _Storage(kind) for name, kind in STORAGES.items()},
}


class _TorchReader(PlainReader):
    """Finds the storages among the zip's members."""

    def __init__(self, source: Source, members: Mapping[str, bytes]) -> None:
        super().__init__(source, TORCH)
        self._members = members

    def persistent_load(self, told: Any) -> np.ndarray:
        """The numbers of a storage."""
        word, storage, key, *_ = told
        if word != "storage" or not isinstance(storage, _Storage) or f"data/{key}" not in self._members:
            raise pickle.UnpicklingError(f"it asks for {told!r:.60}, which is no storage of the file")
        raw = self._members[f"data/{key}"]
        return to_array(raw, storage.kind, (len(raw) // storage.kind.itemsize,), fortran=False)


def read_torch(path: Path) -> Any:
    """What was saved. ValueError if it is damaged or holds more than plain data and tensors."""
    members = {name.partition("/")[2]: data for name, data in zip_members(path)}
    if "data.pkl" not in members:
        raise ValueError(f"{path} is no file of torch: it lacks data.pkl; expected what torch.save wrote")
    return unpickle(members["data.pkl"], str(path), lambda source: _TorchReader(source, members))
