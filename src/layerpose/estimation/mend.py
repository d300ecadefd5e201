"""Photo + landmarks and mask put right by hand -> Estimate: what a person says is not doubted, all else follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from jaxtyping import Float
from PIL import Image

from layerpose.estimation.canvas import Canvas, canvas_around
from layerpose.estimation.doubts import lighten
from layerpose.estimation.estimate import Estimate, estimate_on, own_cut_out, read_pixels
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.landmarks import JOINTS, Landmarks
from layerpose.estimation.targets import POINTS

OUTSIDE = 0.5
"""Landmarks may be put so far beyond the photo, as a share of its longer side."""


@dataclass(frozen=True, kw_only=True)
class Mending:
    """What was put right by hand."""

    landmarks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Names of `targets.POINTS` and their places in pixels of the photo."""
    mask: Float[np.ndarray, "s s"] | None = None
    """How much of each pixel of the canvas is person, 0..1; the canvas is that of the photo as it was found."""


def mend(photo: Image.Image, mending: Mending, size: int = 1024) -> Estimate:
    """The person of a photo, fitted anew. ValueError says what is wrong."""
    photo, pixels = read_pixels(photo)
    found = find_landmarks(lighten(pixels), whole=False)
    mended = move_landmarks(found, mending.landmarks)
    if mending.mask is None:
        return estimate_on(canvas_around(mended, size), pixels, mended, own_cut_out(photo, found))
    mask = _to_photo(mending.mask, canvas_around(found, size), found.mask.shape)
    mended = replace(mended, mask=mask)
    return estimate_on(canvas_around(mended, size), pixels, mended, painted=True)


def move_landmarks(found: Landmarks, places: Mapping[str, tuple[float, float]]) -> Landmarks:
    """Landmarks at other places in the picture, and with them in space; those are held from now on."""
    rows = {point.name: point.landmark for point in POINTS}
    height, width = found.mask.shape
    room = OUTSIDE * max(height, width)
    image, world, visibility, held = (x.copy() for x in (found.image, found.world, found.visibility, found.held))
    metres = metres_per_pixel(found)
    for name, (x, y) in places.items():
        if name not in rows:
            raise ValueError(f"there is no landmark {name[:40]!r}; expected one of {', '.join(rows)}")
        if not (-room <= x <= width + room and -room <= y <= height + room):
            raise ValueError(f"{name} is at {x:.0f}, {y:.0f}, far off the photo of {width} x {height} pixels")
        row = rows[name]
        world[row, :2] += (np.array([x, y]) - image[row, :2]) * metres
        image[row, :2] = x, y
        visibility[row], held[row] = 1.0, True
    return replace(found, image=image, world=world, visibility=visibility, held=held)


def metres_per_pixel(found: Landmarks) -> float:
    """Size of a pixel at the person, by the landmarks in the picture and in space."""
    rows = list(JOINTS.values())
    flat, space = (places[rows, :2] - places[rows, :2].mean(0) for places in (found.image, found.world))
    return float(np.linalg.norm(space) / max(np.linalg.norm(flat), 1e-9))


def _to_photo(matte: Float[np.ndarray, "s s"], canvas: Canvas, shape: tuple[int, ...]) -> Float[np.ndarray, "h w"]:
    """A mask on the canvas -> in the photo."""
    affine = canvas.canvas_to_photo.copy()
    affine[:, 2] += affine.diagonal()[:2] / 2 - 0.5  # OpenCV puts the centre of pixel 0 at 0, we at 0.5
    flags = cv2.INTER_AREA if canvas.side < canvas.size else cv2.INTER_LINEAR
    return cv2.warpAffine(matte.astype(np.float64), affine, shape[::-1], flags=flags)
