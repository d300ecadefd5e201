"""Picture files -> upright RGB pictures, and back: where photos are opened and results are written; nowhere else."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError
from torch import Tensor

from layerpose.cache import writing

MAX_PIXELS = 100_000_000
"""A photo with more pixels than this is refused before any of it is unpacked."""
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
EXPECTED = "JPEG, PNG, WebP, TIFF, BMP or GIF"
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
"""What Pillow's decoders raise over a file that is not what it says."""
MIN_SIDE = 64
"""A photo with a side shorter than this shows no person that could be fitted."""


def read_photo(path: str | os.PathLike[str]) -> Image.Image:
    """Open a photo as an upright 8-bit RGB picture; transparent pixels become white. ValueError if it is none."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; expected a photo ({EXPECTED}); name one of the files in it")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty (0 bytes); expected a photo ({EXPECTED}); export or copy it again")
    with path.open("rb") as file:
        with _explaining(path):
            opened = Image.open(file, formats=FORMATS)
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise ValueError(f"{path} has {width} x {height} pixels; at most {MAX_PIXELS:,} are read; make it smaller")
        if min(width, height) < MIN_SIDE:
            raise ValueError(
                f"{path} has {width} x {height} pixels; expected {MIN_SIDE} a side or more; use a larger one"
            )
        with _explaining(path):
            return _to_rgb(ImageOps.exif_transpose(opened))


def write_png(picture: Image.Image, path: Path, *, comment: str, effort: int = 6) -> None:
    """Write a picture as PNG, whole or not at all, with text chunks that say what it is; effort 0..9 makes it small."""
    from layerpose import __version__

    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", f"layerpose {__version__}")
    chunks.add_text("Comment", comment)
    with writing(path) as temporary:
        picture.save(temporary, format="PNG", pnginfo=chunks, compress_level=effort)


def picture_to_image(picture: Image.Image) -> Float[Tensor, "1 3 h w"]:
    """8-bit RGB -> float in [-1, 1]."""
    values = torch.from_numpy(np.array(picture.convert("RGB"), dtype=np.float32))
    return (values / 127.5 - 1).permute(2, 0, 1)[None]


def image_to_picture(image: Float[Tensor, "1 3 h w"]) -> Image.Image:
    """Float in [-1, 1] -> 8-bit RGB; what lies outside is clipped."""
    values = ((image[0].detach().float().cpu() + 1) * 127.5).round().clamp(0, 255)
    return Image.fromarray(values.byte().permute(1, 2, 0).numpy())


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Turn what Pillow raises over a bad file into a ValueError that says what to do."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path} is too large to read: at most {MAX_PIXELS:,} pixels; make it smaller") from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{path} is not a picture that can be read; expected {EXPECTED}") from error
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path} is damaged or cut short ({error}); export or copy it again") from error


def _to_rgb(picture: Image.Image) -> Image.Image:
    """Any mode -> RGB: 16-bit and float greys are scaled to 8 bits, transparency is laid over white."""
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture, dtype=np.float64)
        top = 65535 if picture.mode.startswith("I") else max(float(np.nanmax(values)), 1e-9)
        picture = Image.fromarray((values.clip(0, top) * (255 / top)).round().astype(np.uint8))
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")
