"""A decoded frame -> 8-bit sRGB: matrix, range, primaries and transfer obeyed, HLG and PQ mapped to a usual screen.

Diffuse white of HDR (203 nits, ITU-R BT.2408) becomes white; what is brighter is compressed into the last tenth.
"""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from jaxtyping import Float, UInt8, UInt16

MATRICES = {
    1: Colorspace.ITU709, 4: Colorspace.FCC, 5: Colorspace.ITU601, 6: Colorspace.ITU601, 7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020, 10: Colorspace.BT2020,
}  # fmt: skip
"""Code of ITU-T H.273 -> swscale's matrix."""
BT2020 = (9, 10)
PRIMARIES_2020 = 9
PQ, HLG = 16, 18
"""Transfer characteristics of H.273."""
HD_WIDTH, HD_HEIGHT = 1280, 576
"""An untagged video that is as wide as this, or higher, is BT.709; a smaller one BT.601, as players have it."""
FULL_RANGE = 2
WHITE_NITS = 203.0
HLG_NITS, HLG_GAMMA = 1000.0, 1.2
"""Peak of the screen for which HLG is shown, and its system gamma (BT.2100)."""
KNEE = 0.7
"""Linear light from which on HDR is compressed."""
LUMINANCE_2020 = np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)
TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)
"""Linear BT.2020 -> linear BT.709 (BT.2087)."""


def to_srgb(frame: av.VideoFrame, width: int, height: int) -> UInt8[np.ndarray, "h w 3"]:
    """The frame's picture, scaled to a size."""
    wide = frame.color_primaries == PRIMARIES_2020 or frame.colorspace in BT2020
    if frame.color_trc not in (PQ, HLG) and not wide:
        return np.ascontiguousarray(_to_rgb(frame, width, height, "rgb24"))
    return _to_screen(_to_rgb(frame, width, height, "rgb48le"), frame.color_trc)


def _to_rgb(frame: av.VideoFrame, width: int, height: int, layout: str) -> np.ndarray:
    """The signal as RGB; nothing is known here of primaries and transfer."""
    if frame.format.is_rgb:
        return frame.to_ndarray(format=layout, width=width, height=height)
    untagged = Colorspace.ITU709 if frame.width >= HD_WIDTH or frame.height > HD_HEIGHT else Colorspace.ITU601
    matrix = MATRICES.get(frame.colorspace, untagged)
    full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
    return frame.to_ndarray(
        format=layout, width=width, height=height, src_colorspace=matrix, dst_colorspace=matrix,
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG, dst_color_range=ColorRange.JPEG,
    )  # fmt: skip


def _to_screen(signal: UInt16[np.ndarray, "h w 3"], transfer: int) -> UInt8[np.ndarray, "h w 3"]:
    light = np.take(_light(transfer), signal)
    if transfer == HLG:
        luminance = np.maximum(light @ LUMINANCE_2020, 1e-6)
        light *= (luminance ** np.float32(HLG_GAMMA - 1) * np.float32(HLG_NITS / WHITE_NITS))[..., None]
    light = np.maximum(light @ TO_709.T, 0)
    if transfer in (PQ, HLG):
        light *= _compression(light.max(-1))[..., None]
    return np.take(_codes(), np.minimum(light * 65535 + 0.5, 65535).astype(np.uint16))


def _compression(brightest: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """By what each pixel is darkened, so that its hue stays; nothing below the knee."""
    over = np.maximum(brightest - KNEE, 0)
    return (np.minimum(brightest, KNEE) + (1 - KNEE) * -np.expm1(-over / (1 - KNEE))) / np.maximum(brightest, 1e-6)


@lru_cache(maxsize=3)
def _light(transfer: int) -> Float[np.ndarray, "65536"]:
    """Signal -> linear light: of the scene in HLG, of the screen otherwise, where 1 is white."""
    code = np.arange(65536) / 65535
    if transfer == PQ:
        root = code ** (1 / 78.84375)
        light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
        light *= 10000 / WHITE_NITS
    elif transfer == HLG:
        bright = (np.exp((np.maximum(code, 0.5) - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = np.where(code <= 0.5, code**2 / 3, bright)
    else:
        light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


@lru_cache(maxsize=1)
def _codes() -> UInt8[np.ndarray, "65536"]:
    """Linear light -> sRGB."""
    light = np.arange(65536) / 65535
    code = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (code * 255).round().astype(np.uint8)
