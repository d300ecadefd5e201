"""A picture in the colours of its file -> sRGB, 8 bits a channel; and a piece of sRGB -> the colours of a file."""

from __future__ import annotations

import warnings
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""A profile's colour space -> Pillow's mode."""
TRANSPARENT = ("RGBA", "LA", "PA", "La", "RGBa")
INTENT, FLAGS = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION


def to_srgb(picture: Image.Image, name: str) -> Image.Image:
    """Any mode -> RGB, or RGBA where the file has transparency, by the file's own colour profile.

    A profile that is broken or of another kind of picture is left out; the warning calls the file `name`.
    """
    profile = picture.info.get("icc_profile")
    picture = _to_bytes(picture)
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    if picture.mode == "LAB":
        colours = ImageCms.profileToProfile(picture, ImageCms.createProfile("LAB"), _srgb(), INTENT, "RGB")
        assert colours is not None
    else:
        colours = _by_profile(picture, profile, name) if profile else _as(picture, "RGB")
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def from_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB -> the same colours in the numbers of an RGB profile; as it is without one that can be used."""
    if profile is None:
        return picture
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        made = ImageCms.profileToProfile(picture, _srgb(), own, INTENT, "RGB", flags=FLAGS)
        return picture if made is None else made
    except (ImageCms.PyCMSError, OSError):
        return picture


def over_white(picture: Image.Image) -> Image.Image:
    """RGBA laid over white -> RGB; RGB passes through."""
    if picture.mode != "RGBA":
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _to_bytes(picture: Image.Image) -> Image.Image:
    """8 bits a channel, in one of the modes L, RGB, RGBA, CMYK, LAB."""
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) / np.float32(257)).round().astype(np.uint8))
    if picture.mode in ("I", "F"):
        values = np.asarray(picture, dtype=np.float32)
        top = 65535 if picture.mode == "I" else max(float(np.nanmax(values)), 1e-9)
        values = np.nan_to_num(values).clip(0, top) * np.float32(255 / top)
        return Image.fromarray(values.round().astype(np.uint8))
    if "transparency" in picture.info or picture.mode in TRANSPARENT:
        return picture.convert("RGBA")
    if picture.mode in ("L", "1"):
        return picture.convert("L")
    return picture if picture.mode in ("CMYK", "LAB") else _as(picture, "RGB")


def _by_profile(picture: Image.Image, profile: bytes, name: str) -> Image.Image:
    """The colours without the transparency, converted."""
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        space = own.profile.xcolor_space.strip()
        mode = MODES.get(space)
        if mode is None or (mode == "CMYK") != (picture.mode == "CMYK") or (mode == "L") > (picture.mode == "L"):
            raise ImageCms.PyCMSError(f"it is for {space}, the picture is {picture.mode}")
        numbers = _as(picture, mode)
        transform = ImageCms.buildTransform(own, _srgb(), mode, "RGB", INTENT, FLAGS)
        made = ImageCms.applyTransform(numbers, transform, inPlace=mode == "RGB")
        return numbers if made is None else made
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        warnings.warn(
            f"{name}: its colour profile cannot be used ({error}); its colours are taken for sRGB", stacklevel=4
        )
        return _as(picture, "RGB")


def _as(picture: Image.Image, mode: str) -> Image.Image:
    """Converted, but no second copy of what is in this mode already."""
    return picture if picture.mode == mode else picture.convert(mode)


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
