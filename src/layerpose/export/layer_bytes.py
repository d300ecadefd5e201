"""Bytes <-> an opaque picture whose colours they are: what a paint program does not paint on, it keeps."""

from __future__ import annotations

import zlib

import numpy as np
from PIL import Image

MAGIC = b"LPB1"
HEADER = len(MAGIC) + 8
WIDTH = 1024
CHANNELS = 3


def bytes_to_picture(content: bytes) -> Image.Image:
    """Three bytes a pixel, row by row; length and checksum first."""
    head = MAGIC + len(content).to_bytes(4, "big") + zlib.crc32(content).to_bytes(4, "big")
    rows = -(-(HEADER + len(content)) // (WIDTH * CHANNELS))
    padded = (head + content).ljust(rows * WIDTH * CHANNELS, b"\0")
    return Image.fromarray(np.frombuffer(padded, np.uint8).reshape(rows, WIDTH, CHANNELS)).convert("RGBA")


def picture_to_bytes(picture: Image.Image) -> bytes | None:
    """The bytes; None if the picture is not whole any more."""
    content = np.asarray(picture.convert("RGB")).tobytes()
    length = int.from_bytes(content[len(MAGIC) : len(MAGIC) + 4], "big")
    found = content[HEADER : HEADER + length]
    whole = content.startswith(MAGIC) and len(found) == length
    return found if whole and zlib.crc32(found) == int.from_bytes(content[HEADER - 4 : HEADER], "big") else None
