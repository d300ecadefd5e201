"""Something drawn on a canvas -> laid into a photo of any size; every pixel that it does not cover stays as it was."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from layerpose.estimation.canvas import Canvas

BAND = 256
"""Rows of the photo that are worked on at a time, so that a hundred megapixels need no memory of their own."""


def lay(
    photo: UInt8[np.ndarray, "h w c"],
    canvas: Canvas,
    colour: Float[np.ndarray, "s s c"],
    cover: Float[np.ndarray, "s s"],
) -> None:
    """Lay colours (0..255) over the photo, in place, as far as they cover it (0..1); `canvas` is in its pixels."""
    drawn = np.concatenate([colour * cover[..., None], cover[..., None]], axis=2).astype(np.float32)
    if canvas.side < canvas.size:
        drawn = cv2.resize(drawn, (canvas.side, canvas.side), interpolation=cv2.INTER_AREA)
    zoom = canvas.side / len(drawn)
    height, width = photo.shape[:2]
    left, right = max(canvas.left, 0), min(canvas.left + canvas.side, width)
    bottom = min(canvas.top + canvas.side, height)
    for top in range(max(canvas.top, 0), bottom, BAND):
        band = photo[top : min(top + BAND, bottom), left:right]
        if band.size:
            band[:] = _over(band, _stretch(drawn, zoom, canvas.left - left, canvas.top - top, band.shape[:2]))


def _stretch(
    drawn: Float[np.ndarray, "s s _"], zoom: float, left: int, top: int, shape: tuple[int, ...]
) -> Float[np.ndarray, "h w _"]:
    """The part of the drawing that lies in a band of the photo, in the photo's pixels."""
    # OpenCV puts the centre of pixel 0 at 0, we at 0.5.
    affine = np.array([[zoom, 0, left + zoom / 2 - 0.5], [0, zoom, top + zoom / 2 - 0.5]])
    flags = cv2.INTER_LINEAR if zoom == 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(drawn, affine, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _over(band: UInt8[np.ndarray, "h w c"], drawn: Float[np.ndarray, "h w _"]) -> UInt8[np.ndarray, "h w c"]:
    cover = drawn[..., -1:].clip(0, 1)
    colour = drawn[..., :-1] / np.maximum(drawn[..., -1:], 1)  # where the cubic overshoots, cover and colour alike
    return (band * (1 - cover) + colour * (cover > 0)).round().clip(0, 255).astype(np.uint8)
