"""Photo <-> canvas: the square that is cut around the person, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float, Shaped, UInt8

from layerpose.estimation.frame import SIDES, believe, cut_sides
from layerpose.estimation.landmarks import Landmarks
from layerpose.types import Camera

MARGIN = 0.08
"""Free space on each side of the person, as a share of the canvas."""
GREY = 127.5


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """A square of the photo in whole pixels, drawn at `size`; it may reach beyond the photo."""

    left: int
    top: int
    side: int
    size: int

    @property
    def canvas_to_photo(self) -> Float[np.ndarray, "2 3"]:
        """Affine map from canvas pixels to photo pixels (both with centres at +0.5)."""
        zoom = self.side / self.size
        return np.array([[zoom, 0, self.left], [0, zoom, self.top]])

    def cut(self, picture: Shaped[np.ndarray, "h w *c"], *, outside: float | None) -> Float[np.ndarray, "s s *c"]:
        """The square, resampled; beyond the photo everything is `outside`, or else what its edge shows goes on."""
        height, width = picture.shape[:2]
        right, bottom = self.left + self.side, self.top + self.side
        inside = picture[max(self.top, 0) : max(bottom, 0), max(self.left, 0) : max(right, 0)].astype(np.float32)
        pad = (max(-self.top, 0), max(bottom - height, 0), max(-self.left, 0), max(right - width, 0))
        border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
        square = cv2.copyMakeBorder(inside, *pad, border, value=(outside or 0.0,) * 4)
        how = cv2.INTER_AREA if self.side > self.size else cv2.INTER_CUBIC
        return cv2.resize(square, (self.size, self.size), interpolation=how)

    def picture(self, photo: UInt8[np.ndarray, "h w 3"], *, outside: float | None = GREY) -> Float[np.ndarray, "s s 3"]:
        """The square of a photo, colours in 0..1; beyond the photo everything is grey, or its edge goes on."""
        return np.clip(self.cut(photo, outside=outside) / 255, 0, 1)

    def scaled(self, zoom: float) -> Canvas:
        """The same square in a photo that is so many times as large, in whole pixels."""
        if zoom == 1:
            return self
        left, top, side = (round(value * zoom) for value in (self.left, self.top, self.side))
        return replace(self, left=left, top=top, side=max(side, 1))

    def place(self, camera: Camera) -> Camera:
        """A camera in photo pixels -> the same in canvas units."""
        x, y = camera.translation
        return replace(
            camera,
            scale=camera.scale / self.side,
            translation=((x - self.left) / self.side, (y - self.top) / self.side),
        )


def canvas_around(landmarks: Landmarks, size: int) -> Canvas:
    """The square centred on what the photo shows of the person: everything that the mask and the landmarks cover.

    Where the photo's edge cuts the person, the square ends there.
    """
    rows, columns = np.nonzero(landmarks.mask > 0.5)
    clear = landmarks.image[believe(landmarks) > 0.5, :2]
    points = np.concatenate([np.column_stack([columns, rows]), np.column_stack([columns, rows]) + 1, clear])
    low, high, cut = points.min(0), points.max(0), cut_sides(landmarks)
    first, last = (np.array([side in cut for side in pair]) for pair in (SIDES[:2], SIDES[2:]))
    edge = np.array(landmarks.mask.shape[::-1])
    low, high = np.where(first, 0, low), np.where(last, edge, high)
    side = int(np.ceil(((high - low) / (1 - MARGIN * (2.0 - first - last))).max()))
    centred = np.round((low + high - side) / 2)
    left, top = np.where(first == last, centred, np.where(first, 0, edge - side)).astype(int)
    return Canvas(left=int(left), top=int(top), side=side, size=size)
