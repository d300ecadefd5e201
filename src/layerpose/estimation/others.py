"""Photo + landmarks of further people in it -> how far each covers the photo, and how near each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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
    pixels: UInt8[np.ndarray, "h w 3"]
    """Of the photo."""
    landmarks: Landmarks

    @cached_property
    def cover(self) -> UInt8[np.ndarray, "h w"]:
        """How much of each pixel of the photo is that person, 0..255."""
        canvas = canvas_around(self.landmarks, WORKING_SIZE)
        mask = np.clip(canvas.cut(self.landmarks.mask, outside=None), 0, 1)
        alpha = (refine(canvas.picture(self.pixels, outside=None), mask) * 255).round().astype(np.uint8)
        affine = between_centres(canvas.canvas_to_photo)
        return cv2.warpAffine(alpha, affine, self.pixels.shape[1::-1], flags=cv2.INTER_LINEAR).astype(np.uint8)

    @property
    def floor(self) -> float:
        """Where the feet stand, in pixels from the top: who stands lower is nearer."""
        return floor_of(self.landmarks)


def see_others(pixels: UInt8[np.ndarray, "h w 3"], others: Sequence[Landmarks], number: int) -> tuple[Other, ...]:
    """Everybody but the person of that number; `others` are from left to right."""
    numbers = [other for other in range(1, len(others) + 2) if other != number]
    return tuple(Other(number=own, pixels=pixels, landmarks=other) for own, other in zip(numbers, others, strict=True))


def floor_of(landmarks: Landmarks) -> float:
    """The lower foot, in pixels from the top; beyond the photo by guess."""
    return float(landmarks.image[FEET, 1].max())
