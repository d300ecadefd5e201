"""Photo + landmarks and mask put right by hand -> Estimate: what a person says is not doubted, all else follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from layerpose.estimation.canvas import Canvas, canvas_around
from layerpose.estimation.doubts import lighten
from layerpose.estimation.estimate import Estimate, estimate_on, own_cut_out, read_pixels
from layerpose.estimation.finding import choose, find_everybody, find_person, take_apart
from layerpose.estimation.fit import fit_body
from layerpose.estimation.landmarks import ENLARGE, JOINTS, Landmarks, Region, look_in
from layerpose.estimation.targets import POINTS

OUTSIDE = 0.5
"""Landmarks may be put so far beyond the photo, as a share of its longer side."""

Shape = Float[np.ndarray, "6"]
LEAST_PX = 16
"""Sides of a box in which somebody is looked for."""


@dataclass(frozen=True, kw_only=True)
class Mending:
    """What was put right by hand."""

    landmarks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Names of `targets.POINTS` and their places in pixels of the photo."""
    mask: Float[np.ndarray, "s s"] | None = None
    """How much of each pixel of the canvas is person, 0..1."""
    canvas: Canvas | None = None
    """On which the mask lies; without it, that of the photo as it was found."""
    person: str | None = None
    """Who is meant, if that is not clear: a number from left to right, or a box around the person (`parse_box`)."""


def mend(photo: Image.Image, mending: Mending, size: int = 1024) -> Estimate:
    """The person of a photo, fitted anew. ValueError says what is wrong."""
    photo, pixels = read_pixels(photo)
    found = look_for(lighten(pixels), mending.person)
    mended = move_landmarks(found, mending.landmarks)
    if mending.mask is None:
        canvas, own = canvas_around(mended, size), own_cut_out(photo, found)
        return _better(found, lambda shape: estimate_on(canvas, pixels, mended, own, shape))
    mask = _to_photo(mending.mask, mending.canvas or canvas_around(found, size), found.mask.shape)
    mended = replace(mended, mask=mask)
    canvas = canvas_around(mended, size)
    return _better(
        replace(found, mask=mask), lambda shape: estimate_on(canvas, pixels, mended, None, shape, painted=True)
    )


def _better(found: Landmarks, fit: Callable[[Shape | None], Estimate]) -> Estimate:
    """Of two fits the one whose outline agrees better: with a shape of its own, and with the one from before mending.

    A landmark that is held a little off pulls at the shape, too: somebody sitting would grow for the sake of a toe.
    """
    try:
        before = fit_body(found).body.phenotype.double().numpy()
    except ValueError:  # what was wrong is put right now
        return fit(None)
    tried, problems = [], []
    for shape in (None, before):
        try:
            tried.append(fit(shape))
        except ValueError as error:
            problems.append(error)
    if not tried:
        raise problems[0]
    return max(tried, key=lambda seen: seen.overlap)


def look_for(photo: UInt8[np.ndarray, "h w 3"], person: str | None) -> Landmarks:
    """Whoever is meant, however little the photo shows of them. ValueError if it is nobody."""
    if person is None:
        return find_person(photo).person
    if (box := parse_box(person)) is not None:
        return look_in_box(photo, box)
    people = find_everybody(photo)
    if not people:
        raise ValueError(f"there is no person {person} in the photo; draw a box around whoever is meant")
    return take_apart(people, choose(people, person)).person


def parse_box(person: str) -> tuple[float, float, float, float] | None:
    """``left,top,right,bottom`` in pixels of the photo; None for what is no box. ValueError for an empty one."""
    if person.count(",") != 3:
        return None
    try:
        left, top, right, bottom = (float(part) for part in person.split(","))
    except ValueError:
        return None
    if not (right - left >= LEAST_PX and bottom - top >= LEAST_PX):
        raise ValueError(f"the box {person} holds nothing; expected left,top,right,bottom, {LEAST_PX} pixels apart")
    return left, top, right, bottom


def look_in_box(photo: UInt8[np.ndarray, "h w 3"], box: tuple[float, float, float, float]) -> Landmarks:
    """The landmarks of whoever is in a box, standing, lying or head down: the way round that the network is surest of.

    ValueError if the box lies outside the photo.
    """
    height, width = photo.shape[:2]
    left, top, right, bottom = box
    if not (left < width and top < height and right > 0 and bottom > 0):
        raise ValueError(f"the box lies outside of the photo, which has {width} x {height} pixels")
    centre, side = np.array([left + right, top + bottom]) / 2, max(right - left, bottom - top) * ENLARGE
    regions = (Region(centre=centre, side=side, rotation=turn * np.pi / 2) for turn in (0, 1, 2, 3))
    return max((look_in(photo, region) for region in regions), key=lambda found: found.score)


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
