"""A photo as its file has it, to be changed in places and written again: its own numbers, colours, size and format."""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin

from layerpose.media.photos.colours import TRANSPARENT, from_srgb, over_white, to_srgb
from layerpose.media.photos.files import STANDARD_STREAM, opened
from layerpose.media.photos.provenance import PNG_CHUNK, TIFF_TAG, packet_of
from layerpose.runtime.cache import writing

WRITTEN = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".avif": "AVIF",
}  # fmt: skip
"""Suffix -> format in which a photo can be given back."""
QUALITY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95}, "WEBP": {"quality": 95}, "AVIF": {"quality": 90}, "TIFF": {"compression": "tiff_lzw"},
}  # fmt: skip
DESCRIPTION, SOFTWARE = 0x010E, 0x0131
"""Numbers of EXIF's tags."""


@dataclass(frozen=True, kw_only=True)
class Original:
    """An upright photo in its file's own numbers."""

    numbers: UInt8[np.ndarray, "h w c"]
    """Grey or RGB."""
    profile: bytes | None
    """What colours the numbers are; None: sRGB."""
    options: dict[str, Any] = field(default_factory=dict)
    """How a JPEG was compressed, so that it can be compressed the same again."""

    @property
    def picture(self) -> Image.Image:
        """As Pillow's picture, still in its own numbers."""
        return Image.fromarray(self.numbers[..., 0] if self.numbers.shape[2] == 1 else self.numbers)

    def tell(self, picture: Image.Image) -> UInt8[np.ndarray, "s s c"]:
        """An sRGB picture in this photo's numbers."""
        if self.numbers.shape[2] == 1:
            return np.array(picture.convert("L"))[..., None]
        return np.array(from_srgb(picture, self.profile))


def read_original(name: str | os.PathLike[str]) -> Original:
    """Read a photo for changing it. What cannot be kept (16 bits, CMYK, a palette) becomes sRGB, and that is said."""
    with opened(name) as picture:
        options: dict[str, Any] = {}
        if isinstance(picture, JpegImagePlugin.JpegImageFile) and picture.mode == "RGB":
            sampling = JpegImagePlugin.get_sampling(picture)
            options = {"qtables": picture.quantization, "subsampling": max(sampling, 0)}
        ImageOps.exif_transpose(picture, in_place=True)
        picture.load()
    if picture.mode in ("L", "RGB") and "transparency" not in picture.info:
        numbers = np.array(picture)
        profile = picture.info.get("icc_profile")
        return Original(numbers=numbers.reshape(*numbers.shape[:2], -1), profile=profile, options=options)
    if picture.mode not in TRANSPARENT and picture.mode not in ("1", "P"):
        warnings.warn(f"{name} is {picture.mode}; it is given back as RGB with 8 bits, in sRGB", stacklevel=2)
    return Original(numbers=np.array(over_white(to_srgb(picture, os.fspath(name)))), profile=None)


def write_original(original: Original, path: Path, *, comment: str) -> None:
    """Write the photo in the format of the path's suffix (PNG on standard output), whole or not at all."""
    from layerpose import __version__

    if str(path) == STANDARD_STREAM:
        content = BytesIO()
        _save(original, content, "PNG", comment, f"layerpose {__version__}")
        sys.stdout.buffer.write(content.getvalue())
        return
    with writing(path) as temporary:
        _save(original, temporary, WRITTEN[path.suffix.lower()], comment, f"layerpose {__version__}")


def _save(original: Original, target: Path | BytesIO, kind: str, comment: str, software: str) -> None:
    extra: dict[str, Any] = dict(QUALITY.get(kind, {}))
    packet = packet_of(comment, "compositeWithTrainedAlgorithmicMedia")
    if kind == "PNG":
        extra["pnginfo"] = PngImagePlugin.PngInfo()
        extra["pnginfo"].add_text("Software", software)
        extra["pnginfo"].add_text("Comment", comment)
        if packet is not None:
            extra["pnginfo"].add_itxt(PNG_CHUNK, packet)
    elif kind == "JPEG":
        extra = {**(original.options or extra), "comment": comment}
    if kind != "PNG":
        exif = Image.Exif()
        exif[DESCRIPTION], exif[SOFTWARE] = comment, software
        if packet is not None and kind == "TIFF":
            exif[TIFF_TAG] = packet.encode()
        elif packet is not None:
            extra["xmp"] = packet.encode()
        extra["exif"] = exif
    if original.profile is not None:
        extra["icc_profile"] = original.profile
    original.picture.save(target, format=kind, **extra)
