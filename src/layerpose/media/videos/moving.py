"""An animated GIF, WebP or PNG -> its frames and their times; transparent pixels become white."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageSequence

from layerpose.media.photos.colours import over_white, to_srgb
from layerpose.media.photos.files import explaining

LEAST_MS, USUAL_MS = 20, 100
"""A frame that is shown for less time is shown for 100 ms, as browsers have it."""
MAX_PIXELS = 16_000_000
FORMATS = ("GIF", "WEBP", "PNG")


def is_animation(path: Path) -> bool:
    """Whether a file is one of these, with more than one frame."""
    with path.open("rb") as file:
        start = file.read(12)
    if not (start.startswith((b"GIF8", b"\x89PNG")) or (start[:4] == b"RIFF" and start[8:] == b"WEBP")):
        return False
    with explaining(str(path)), Image.open(path, formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError(f"{path} has {picture.width} x {picture.height} pixels; at most {MAX_PIXELS:,} are read")
        return getattr(picture, "is_animated", False)


def read_times(path: Path) -> Float[np.ndarray, "t"]:
    """When each frame appears, in seconds."""
    durations: list[float] = []
    with explaining(str(path)), Image.open(path, formats=FORMATS) as picture:
        for frame in ImageSequence.Iterator(picture):
            frame.load()
            told = float(frame.info.get("duration") or 0)
            durations.append(told if told >= LEAST_MS else USUAL_MS)
    return (np.cumsum(durations) - durations) / 1000


def read_frames(path: Path) -> Iterator[tuple[float, Callable[[], UInt8[np.ndarray, "h w 3"]]]]:
    """Frames, to be converted when they are wanted, with their times."""
    times = read_times(path)
    with explaining(str(path)), Image.open(path, formats=FORMATS) as picture:
        for time, frame in zip(times.tolist(), ImageSequence.Iterator(picture), strict=True):
            yield time, partial(_to_pixels, frame, str(path))


def _to_pixels(frame: Image.Image, name: str) -> UInt8[np.ndarray, "h w 3"]:
    return np.array(over_white(to_srgb(frame, name)))
