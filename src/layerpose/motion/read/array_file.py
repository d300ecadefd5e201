"""A file of arrays (.npz, .npy, .pkl, joblib, .pt) -> dicts, lists and numpy arrays; told apart by its first bytes."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

from layerpose.motion.read.npy_array import MAGIC, read_npy
from layerpose.motion.read.npz_file import read_npz
from layerpose.motion.read.torch_file import read_torch
from layerpose.motion.read.zip_file import LARGEST, most_bytes
from layerpose.pickles.reader import unpickle
from layerpose.runtime.arrays import BROKEN_ZIP

OLD_TORCH = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"
"""How a torch file of before 2020 goes on after the pickle's first two bytes."""
COMPRESSED = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b")
"""First bytes of zlib and gzip, which joblib packs with."""


def read_stored(path: Path) -> Any:
    """The data. ValueError if the file is damaged, is none of these, or wants to run code."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}; expected an .npz, .npy, .pkl or .pt")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} has {path.stat().st_size >> 20} MB; at most {LARGEST >> 20} are read; cut it")
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"PK"):
        return read_torch(path) if _has_pickle(path) else read_npz(path)
    if start.startswith(MAGIC):
        return read_npy(path.read_bytes(), str(path))
    if start[2:].startswith(OLD_TORCH):
        raise ValueError(f"{path} was saved by a torch of before 1.6; load and save it again with a newer one")
    data = path.read_bytes()
    return unpickle(_decompress(data, path) if start.startswith(COMPRESSED) else data, str(path))


def _has_pickle(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as opened:
            return any(name.endswith("/data.pkl") for name in opened.namelist())
    except BROKEN_ZIP:
        return path.suffix.lower() in (".pt", ".pth")


def _decompress(data: bytes, path: Path) -> bytes:
    """Unpack what joblib packed, as long as it does not swell."""
    most = most_bytes(len(data))
    try:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
        plain = unpacker.decompress(data, most)
    except zlib.error as error:
        raise ValueError(f"{path} cannot be unpacked ({error}); export or copy it again") from error
    if unpacker.unconsumed_tail:
        raise ValueError(f"{path} unpacks to more than {most >> 20} MB; expected a file of poses")
    return plain
