"""A zip (.npz, a torch .pt) -> its members' bytes, which may not swell beyond what the file can be meant to hold."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from layerpose.runtime.arrays import BROKEN_ZIP

LARGEST = 512 << 20
"""Bytes that all members together may have; a 20-minute clip at 120 frames a second has 180 MB."""
SMALL = 32 << 20
"""So much may come out of any file ..."""
MOST_TIMES = 60
"""... and so many times its own size out of a larger one; motions shrink to a half or a third."""

MOST_MEMBERS = 5_000
"""Arrays of a file."""


def most_bytes(size: int) -> int:
    """What a file of this size may hold when it is unpacked."""
    return min(LARGEST, max(SMALL, MOST_TIMES * size))


def zip_members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every member. ValueError for a damaged zip or one that swells."""
    try:
        with zipfile.ZipFile(path) as opened:
            left = most_bytes(path.stat().st_size)
            if len(opened.infolist()) > MOST_MEMBERS:
                raise ValueError(f"it has {len(opened.infolist())} members; at most {MOST_MEMBERS} are read")
            for member in opened.infolist():
                with opened.open(member) as file:
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise ValueError(f"it unpacks to more than {most_bytes(path.stat().st_size) >> 20} MB")
                yield member.filename, data
    except BROKEN_ZIP as error:
        raise ValueError(f"{path} cannot be unpacked ({error!s:.120}); export or copy it again") from error
