"""What a user named as a photo -> an opened picture: a file, one frame of it, or standard input; nowhere else."""

from __future__ import annotations

import os
import re
import struct
import sys
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from io import BufferedIOBase, BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from layerpose.runtime.saying import one_line

MAX_PIXELS = 110_000_000
"""A photo with more pixels than this (a 108-megapixel camera's has fewer) is refused before any of it is unpacked."""
MIN_SIDE = 32
"""A photo with a side shorter than this shows no person that could be fitted."""
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000")
EXPECTED = "JPEG, PNG, WebP, AVIF, HEIC, TIFF, JPEG 2000, BMP or GIF"
SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif", ".jp2", ".j2k",
    ".jpx", ".jxl", ".mpo",
)  # fmt: skip
"""What the names of photos end in."""
NAMED = 5
"""Files that are left out are named up to so many."""
STANDARD_STREAM = "-"
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, IndexError, OverflowError, RuntimeError)
"""What decoders raise over a file that is not what it says."""
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
FRAME = re.compile(r"(?P<name>.+)#(?P<frame>[^#/\\]*)")
HEAD = 64
"""Bytes by which a format is told."""


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A package that teaches Pillow a format."""

    format: str
    module: str
    advice: str
    """What to install."""


HEIC = Plugin(format="HEIF", module="pillow_heif", advice="pip install 'layerpose[heic]'")
JXL = Plugin(format="JXL", module="pillow_jxl", advice="pip install pillow-jxl-plugin")


@contextmanager
def opened(name: str | os.PathLike[str]) -> Iterator[Image.Image]:
    """A photo whose size is known and allowed, not yet unpacked; ``photo.gif#12`` is frame 12, ``-`` standard input.

    What decoders raise inside the block becomes a ValueError that says what to do.
    """
    path, frame = split_frame(name)
    with _bytes_of(path) as file, explaining(str(name)):
        picture = _open(file, str(path))
        _check_size(picture, str(path))
        if frame is not None:
            _seek(picture, str(path), frame)
        yield picture


def split_frame(name: str | os.PathLike[str]) -> tuple[Path, int | None]:
    """``photo.gif#12`` -> file and frame, unless a file has that very name."""
    path, found = Path(name), FRAME.fullmatch(os.fspath(name))
    if found is None or path.exists() or not Path(found["name"]).is_file():
        return path, None
    if not found["frame"].isdecimal():
        raise ValueError(
            f"the frame in {os.fspath(name)!r} is {found['frame']!r}; expected a whole number from 0, "
            f"like {found['name']}#12"
        )
    return Path(found["name"]), int(found["frame"])


def photos_in(folder: Path) -> list[Path]:
    """The photos of a folder, by name."""
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def warn_of_others(folder: Path) -> None:
    """Warn of the files that are no photos by their names: that a raw photo or a video is left out should be known."""
    photos = set(photos_in(folder))
    others = sorted(path.name for path in folder.iterdir() if path not in photos and not path.name.startswith("."))
    if others:
        named = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if len(others) > NAMED else "")
        warnings.warn(f"left out of {folder}, because their names are not those of photos: {named}", stacklevel=3)


@contextmanager
def explaining(name: str) -> Iterator[None]:
    """Turn what Pillow raises over a bad file into a ValueError that says what to do."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", module=r"PIL\..*|pillow_.*")
            yield
    except PhotoRefusedError:
        raise
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name} is too large to read: at most {MAX_PIXELS:,} pixels; make it smaller") from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} is not a picture that can be read; expected {EXPECTED}") from error
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{name} is damaged or cut short ({one_line(error)}); export or copy it again") from error


class PhotoRefusedError(ValueError):
    """The message says already what is wrong and what to do."""


@contextmanager
def _bytes_of(path: Path) -> Iterator[BufferedIOBase]:
    if str(path) == STANDARD_STREAM:
        content = _read_once(sys.stdin.buffer)
        if not content:
            raise ValueError(f"nothing came on standard input; expected a photo ({EXPECTED})")
        yield BytesIO(content)
        return
    if path.is_dir():
        raise ValueError(f"{path} is a folder; expected a photo ({EXPECTED}); name one of the files in it")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty (0 bytes); expected a photo ({EXPECTED}); export or copy it again")
    with path.open("rb") as file:
        yield file


@lru_cache(maxsize=1)
def _read_once(stream: BufferedIOBase) -> bytes:
    """Kept, because a photo that is given back is read twice."""
    return stream.read()


def _open(file: BufferedIOBase, name: str) -> Image.Image:
    head = file.read(HEAD)
    file.seek(0)
    plugin = _needed(head)
    if plugin is None:
        return Image.open(file, formats=FORMATS)  # pyright: ignore[reportArgumentType]
    try:
        module = import_module(plugin.module)
    except ImportError as error:
        kind = {"HEIF": "HEIC", "JXL": "JPEG XL"}[plugin.format]
        raise PhotoRefusedError(
            f"{name} is a {kind} file, for which a package is missing: {plugin.advice}; or export the photo as JPEG"
        ) from error
    if plugin is HEIC:
        module.register_heif_opener()
    return Image.open(file, formats=(plugin.format,))  # pyright: ignore[reportArgumentType]


def _needed(head: bytes) -> Plugin | None:
    """The plugin for a file that begins like this, where Pillow does not know the format by itself."""
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")):
        return JXL
    if head[4:8] != b"ftyp":
        return None
    brands = {head[start : start + 4] for start in range(8, min(int.from_bytes(head[:4], "big"), HEAD), 4)}
    return HEIC if brands & HEIC_BRANDS else None


def _check_size(picture: Image.Image, name: str) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PhotoRefusedError(
            f"{name} has {width} x {height} pixels; at most {MAX_PIXELS:,} are read; make it smaller"
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoRefusedError(
            f"{name} has {width} x {height} pixels; expected {MIN_SIDE} a side or more; use a larger one"
        )


def _seek(picture: Image.Image, name: str, frame: int) -> None:
    try:
        picture.seek(frame)
    except EOFError as error:
        count = getattr(picture, "n_frames", 1)
        raise PhotoRefusedError(f"{name} has {count} frames (0 to {count - 1}); {frame} is not one") from error
