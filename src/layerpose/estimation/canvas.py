"""Photo <-> canvas: the square that is cut around the person, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float, Shaped, UInt8

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

    def cut(self, picture: Shaped[np.ndarray, "h w *c"], *, outside: float) -> Float[np.ndarray, "s s *c"]:
        """The square, resampled; beyond the photo everything is `outside`."""
        height, width = picture.shape[:2]
        right, bottom = self.left + self.side, self.top + self.side
        inside = picture[max(self.top, 0) : max(bottom, 0), max(self.left, 0) : max(right, 0)].astype(np.float32)
        pad = (max(-self.top, 0), max(bottom - height, 0), max(-self.left, 0), max(right - width, 0))
        value = (outside,) * 4
        square = cv2.copyMakeBorder(inside, *pad, cv2.BORDER_CONSTANT, value=value)
        how = cv2.INTER_AREA if self.side > self.size else cv2.INTER_CUBIC
        return cv2.resize(square, (self.size, self.size), interpolation=how)

    def picture(self, photo: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "s s 3"]:
        """The square of a photo, colours in 0..1; beyond the photo everything is grey."""
        return np.clip(self.cut(photo, outside=GREY) / 255, 0, 1)

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
    """The square centred on the person: everything that the mask and the landmarks cover."""
    rows, columns = np.nonzero(landmarks.mask > 0.5)
    clear = landmarks.image[landmarks.visibility > 0.5, :2]
    points = np.concatenate([np.column_stack([columns, rows]), np.column_stack([columns, rows]) + 1, clear])
    low, high = points.min(0), points.max(0)
    side = int(np.ceil((high - low).max() / (1 - 2 * MARGIN)))
    left, top = np.round((low + high - side) / 2).astype(int)
    return Canvas(left=int(left), top=int(top), side=side, size=size)
