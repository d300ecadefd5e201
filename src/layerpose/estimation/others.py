"""Photo + landmarks of further people in it -> how far each covers the photo, and how near each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from layerpose.estimation.canvas import canvas_around
from layerpose.estimation.detectors import between_centres
from layerpose.estimation.landmarks import Landmarks
from layerpose.estimation.matte import WORKING_SIZE, refine

FEET = slice(27, 33)
"""Landmarks from the ankles down."""


@dataclass(frozen=True, kw_only=True)
class Other:
    """Somebody else in the photo."""

    number: int
    """From left to right, with the person who is meant, counted from 1."""
    cover: UInt8[np.ndarray, "h w"]
    """How much of each pixel of the photo is that person, 0..255."""
    floor: float
    """Where the feet stand, in pixels from the top: who stands lower is nearer."""


def see_others(pixels: UInt8[np.ndarray, "h w 3"], others: Sequence[Landmarks], number: int) -> tuple[Other, ...]:
    """Everybody's soft mask and floor; `others` are from left to right, without the person of that number."""
    numbers = [other for other in range(1, len(others) + 2) if other != number]
    return tuple(
        Other(number=own, cover=_cover(pixels, other), floor=floor_of(other))
        for own, other in zip(numbers, others, strict=True)
    )


def floor_of(landmarks: Landmarks) -> float:
    """The lower foot, in pixels from the top; beyond the photo by guess."""
    return float(landmarks.image[FEET, 1].max())


def _cover(pixels: UInt8[np.ndarray, "h w 3"], landmarks: Landmarks) -> UInt8[np.ndarray, "h w"]:
    canvas = canvas_around(landmarks, WORKING_SIZE)
    mask = np.clip(canvas.cut(landmarks.mask, outside=None), 0, 1)
    alpha = (refine(canvas.picture(pixels, outside=None), mask) * 255).round().astype(np.uint8)
    affine = between_centres(canvas.canvas_to_photo)
    return cv2.warpAffine(alpha, affine, pixels.shape[1::-1], flags=cv2.INTER_LINEAR).astype(np.uint8)
