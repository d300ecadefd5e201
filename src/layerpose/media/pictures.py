"""Photos -> upright RGB pictures, and back: where photos are read and results are written; nowhere else."""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageOps, PngImagePlugin
from torch import Tensor

from layerpose.media.photos.colours import over_white, to_srgb
from layerpose.media.photos.files import STANDARD_STREAM, opened
from layerpose.media.photos.provenance import PNG_CHUNK, packet_of
from layerpose.runtime.cache import writing

REDUCIBLE = ("L", "RGB", "RGBA", "CMYK", "LA", "I", "F")
"""Modes that Pillow can average down before the colours are converted."""


def read_photo(name: str | os.PathLike[str], *, with_alpha: bool = False, longest: int | None = None) -> Image.Image:
    """Open a photo as an upright 8-bit picture in sRGB. ValueError if it is none.

    Transparent pixels become white; `with_alpha` a file with transparency comes as RGBA, in straight colours. `longest`
    is for large photos: they may come smaller, but not with a longer side below it.
    """
    with opened(name) as picture:
        if longest is not None:
            picture.draft(None, (longest, longest))
        ImageOps.exif_transpose(picture, in_place=True)
        picture.load()
        factor = 1 if longest is None else max(picture.size) // longest
        if factor > 1 and picture.mode in REDUCIBLE:
            picture, info = picture.reduce(factor), picture.info
            picture.info = info
    found = to_srgb(picture, os.fspath(name))
    if found.mode == "RGBA" and found.getchannel("A").getextrema()[0] == 255:
        return found.convert("RGB")
    return found if with_alpha else over_white(found)


def write_png(picture: Image.Image, path: Path, *, comment: str, effort: int = 6) -> None:
    """Write a picture as PNG, whole or not at all (``-``: to standard output), with text chunks that say what it is.

    More effort, 0..9, makes it smaller.
    """
    from layerpose import __version__

    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", f"layerpose {__version__}")
    chunks.add_text("Comment", comment)
    if packet := packet_of(comment):
        chunks.add_itxt(PNG_CHUNK, packet)
    if str(path) == STANDARD_STREAM:
        content = BytesIO()
        picture.save(content, format="PNG", pnginfo=chunks, compress_level=effort)
        sys.stdout.buffer.write(content.getvalue())
        return
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
