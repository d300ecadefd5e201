"""Photo + the person found in it -> the shadow on the floor; another pose -> the shadow that goes with it.

Light from far away maps each point of a body onto the floor by an affine map: so much to the side and so much down the
picture for each unit that the point lies above the floor. The map is found by trying: of all silhouettes that a light
could draw, the right one covers what is darker than the floor around it. Right below what touches the floor it is dark
in any light; how dark, the photo tells too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from scipy.optimize import minimize
from torch import Tensor

from layerpose.estimation.matte import disc
from layerpose.maps.render import PlacedBody, draw_placed, place_body
from layerpose.types import Body

LOOKED = 192
"""Side at which a shadow is looked for."""
ACROSS, ALONG, PITCH = (-2.0, 2.0), (-0.8, 0.6), (0.0, 0.6)
"""To the right and down the picture for each unit of height; and how far down the floor comes for each unit that it
comes nearer."""
TRIED = tuple(
    (a, b, 0.25) for a, b in product(np.linspace(-1.8, 1.8, 13).tolist(), np.linspace(-0.6, 0.45, 8).tolist())
)
MENDED = 4
"""So many of the best are made better."""
SHORTEST = 0.2
"""Shorter ones lie below the feet."""
RING, GROWN, FURTHER = 0.04, 0.02, 0.12
"""Width of the floor beside a shadow that it is compared with, of the soft edge that goes with it, and how far the dark
may go on from it, as shares of the canvas."""
LEAST_AREA, LEAST_SHOWN = 0.004, 0.5
"""It has to cover so much of the canvas, and the photo to show so much of it."""
LEAST_DARK, LEAST_ALIKE = 0.25, 0.6
"""How much darker (of the logarithm) it has to be, and the correlation of silhouette and darkness."""
TOUCHING, BELOW = 0.012, 0.05
"""What is so little above the lowest point touches the floor, which is looked at so far around it, of the canvas."""
MOST_CONTACT = 0.5
LEAST_SLOPE, LEAST_CONTACT_ALIKE = 0.01, 0.3
"""Less of the soft shadow, or less correlation with it, tells nothing."""
JUMP, JUMP_STEP = 12, 3
"""Frames before and after one in which whoever jumps touches the floor, and how many of them are looked at."""
SOFT, SOFT_CONTACT = 0.006, 0.008
"""Standard deviations of their edges, of the canvas."""
CORE = 30
"""This percentile of a shadow's brightness is that of its inside, and not of its soft edge."""
Mask = Bool[np.ndarray, "s s"]
Bright = Float[np.ndarray, "s s"]


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """How a person shades the floor."""

    fall: tuple[float, float, float] = (0.0, 0.0, 0.25)
    """To the right and down the picture for each unit of height, and down the picture for each unit nearer."""
    strength: float = 0.0
    """How much of the floor's brightness it takes, 0..1; 0: no shadow is seen."""
    contact: float = 0.0
    """The same right below what touches the floor."""

    def cast(self, body: PlacedBody, size: int, floor: float | None = None) -> Float[np.ndarray, "s s"]:
        """How much of each pixel's brightness a body on the canvas takes, where the floor is.

        `floor`: where it is (canvas units, from the top); without it, at the body's lowest point.
        """
        floor, dark = lowest(body) if floor is None else floor, np.zeros((size, size), np.float32)
        if self.strength:
            dark = self.strength * _blur(silhouette(body, self.fall, size, floor), SOFT * size)
        if self.contact:
            dark = np.maximum(dark, self.contact * _blur(touching(body, size, floor), SOFT_CONTACT * size))
        return dark

    def place(self, body: PlacedBody, scene: UInt8[np.ndarray, "s s 3"], known: Mask) -> Mask:
        """Where a photo shows it, soft edge and all; also what is as dark and goes on from it, such as a ball's."""
        size = len(scene)
        place = touching(body, size, lowest(body)) if self.contact else np.zeros((size, size), dtype=bool)
        if self.strength:
            shape = silhouette(body, self.fall, size, lowest(body))
            bright = cv2.GaussianBlur(_brightness(scene), (0, 0), SOFT * size)
            near, ring = _grow(shape, FURTHER) & known, _grow(shape, RING) & known & ~shape
            limit = (np.median(bright[shape & known]) + np.median(bright[ring])) / 2
            dark = (shape | (near & (bright < limit))).astype(np.uint8)
            _, parts = cv2.connectedComponents(dark)
            place = place | np.isin(parts, np.unique(parts[shape]))
        return _grow(place, GROWN)


def find_shadow(scene: UInt8[np.ndarray, "s s 3"], person: Mask, floor: Mask, body: PlacedBody) -> Shadow:
    """The shadow that a photo shows of a body; `floor`: where neither somebody else nor the photo's end is."""
    small = [
        cv2.resize(m.astype(np.uint8), (LOOKED, LOOKED), interpolation=cv2.INTER_AREA) > 0 for m in (person, ~floor)
    ]
    known = ~_grow(small[0], 1 / LOOKED) & ~small[1]
    bright = _brightness(cv2.resize(scene, (LOOKED, LOOKED), interpolation=cv2.INTER_AREA))
    judge = _Judge(bright=bright, known=known, body=body)
    return replace(judge.find(), contact=_find_contact(bright, known, body))


def _round(across: float, along: float, pitch: float) -> tuple[float, float, float]:
    """To what one sees: what a fit with another number of threads moves is less."""
    return round(across, 2), round(along, 2), round(pitch, 2)


def lowest(body: PlacedBody) -> float:
    """Its lowest point, in canvas units from the top."""
    return float(body.vertices[:, 1].max())


@dataclass(frozen=True)
class Floor:
    """The floor below whoever moves in a film: who jumps comes down again soon."""

    num_frames: int
    body: Callable[[int], Body]
    _lowest: dict[int, float] = field(default_factory=dict, repr=False, compare=False)
    """Of the frames that were asked for: a body is posed once, not for each of its neighbours."""

    def at(self, frame: int) -> float:
        """Where it is in a frame, in canvas units from the top."""
        nearby = range(max(frame - JUMP, 0), min(frame + JUMP + 1, self.num_frames), JUMP_STEP)
        return max(map(self._lowest_of, {*nearby, frame}))

    def _lowest_of(self, frame: int) -> float:
        if frame not in self._lowest:
            self._lowest[frame] = lowest(place_body(self.body(frame)))
        return self._lowest[frame]


@dataclass(frozen=True, kw_only=True)
class _Judge:
    """Which of all falls of light explains what is dark."""

    bright: Bright
    known: Mask
    body: PlacedBody
    roughly: bool = True
    """Silhouettes are drawn in a tenth of the time, as the places of their vertices."""

    def find(self) -> Shadow:
        """The best one, or none if it is not good enough."""
        first = sorted(TRIED, key=self.alike, reverse=True)[:MENDED]
        if self.alike(first[0]) == 0:
            return Shadow()
        careful = replace(self, roughly=False)
        best = careful.mend(max((self.mend(fall) for fall in first), key=self.alike))
        dark = careful.darkness(best)
        if careful.alike(best) < LEAST_ALIKE or dark < LEAST_DARK:
            return Shadow()
        return Shadow(fall=_round(*best), strength=round(1 - float(np.exp(-dark)), 2))

    def outline(self, fall: Sequence[float]) -> Mask:
        """What the light draws on the floor."""
        size = len(self.bright)
        if not self.roughly:
            return silhouette(self.body, fall, size, lowest(self.body))
        fallen = (_fall(self.body, fall, lowest(self.body))[:, :2].numpy() * size).astype(int)
        return cv2.morphologyEx(_mark(fallen, size), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0

    def alike(self, fall: Sequence[float]) -> float:
        """Correlation of silhouette and darkness, in it and around it; 0 where little of it is seen."""
        for value, (low, high) in zip(fall, (ACROSS, ALONG, PITCH), strict=True):
            if not low <= value <= high:
                return 0.0
        whole = self.outline(fall)
        shape, near = whole & self.known, _grow(whole, RING) & self.known
        least = max(LEAST_AREA * whole.size, LEAST_SHOWN * whole.sum())
        if math.hypot(*fall[:2]) < SHORTEST or shape.sum() < least or (near & ~whole).sum() < least / 4:
            return 0.0
        return float(np.nan_to_num(np.corrcoef(whole[near], -self.bright[near])[0, 1]))

    def mend(self, fall: tuple[float, float, float]) -> tuple[float, float, float]:
        """A better one near by."""
        corners = [fall, *(np.add(fall, step) for step in np.diag([0.1, 0.05, -0.12]))]
        options = {"initial_simplex": np.array(corners), "maxiter": 40, "xatol": 0.01, "fatol": 0.005}
        found = minimize(lambda f: -self.alike(f.tolist()), fall, method="Nelder-Mead", options=options).x
        across, along, pitch = found.tolist()
        return across, along, pitch

    def darkness(self, fall: tuple[float, float, float]) -> float:
        """By how much (of the logarithm) it is darker than the floor above and below it; the lesser counts."""
        whole, size = self.outline(fall), len(self.bright)
        reach, inner = round(RING * size), self.bright[whole & self.known]
        beside = []
        for shift in (reach, -reach):
            edge = np.roll(whole, shift, axis=0) & ~whole & self.known
            edge[:reach] &= shift < 0  # what left the picture at the other side
            edge[-reach:] &= shift > 0
            beside.append(np.median(self.bright[edge]) if edge.sum() > len(inner) / 8 else -np.inf)
        return float(min(beside) - np.percentile(inner, CORE)) if len(inner) else -np.inf


def silhouette(body: PlacedBody, fall: Sequence[float], size: int, floor: float) -> Mask:
    """What the light draws on the floor."""
    fallen = replace(body, vertices=_fall(body, fall, floor))
    return (draw_placed(fallen, size).nearest.part >= 0).numpy()


def touching(body: PlacedBody, size: int, floor: float) -> Mask:
    """The floor right below what of a body touches it."""
    vertices = body.vertices[:, :2].numpy()
    low = (vertices[vertices[:, 1] > floor - TOUCHING] * size).round().astype(int)
    return cv2.morphologyEx(_mark(low, size), cv2.MORPH_CLOSE, disc(max(round(0.01 * size), 1))) > 0


def _fall(body: PlacedBody, fall: Sequence[float], floor: float) -> Float[Tensor, "v 3"]:
    """Where the light puts each vertex."""
    across, along, pitch = fall
    x, y, z = body.vertices.unbind(1)
    height, nearer = floor - y, (z.median() - z) * body.scale
    return torch.stack([x + across * height, floor + pitch * nearer + along * height, z], 1)


def _mark(places: Int[np.ndarray, "n 2"], size: int) -> UInt8[np.ndarray, "s s"]:
    """1 at each of the places that lie in the picture."""
    inside = places[((places >= 0) & (places < size)).all(1)]
    marked = np.zeros((size, size), np.uint8)
    marked[inside[:, 1], inside[:, 0]] = 1
    return marked


def _find_contact(bright: Bright, known: Mask, body: PlacedBody) -> float:
    """How much darker the floor gets towards what touches it: the slope over the soft shadow of strength 1."""
    size = len(bright)
    feet = touching(body, size, lowest(body))
    soft = _blur(feet, SOFT_CONTACT * size)
    below = np.arange(size)[:, None] >= np.nonzero(feet.any(1))[0].min(initial=size)
    floor = _grow(feet, BELOW) & known & below
    if floor.sum() < size / 10 or soft[floor].std() < LEAST_SLOPE or bright[floor].std() == 0:
        return 0.0
    alike = np.corrcoef(soft[floor], -bright[floor])[0, 1]
    slope = float(alike * bright[floor].std() / soft[floor].std())
    return round(min(1 - math.exp(-slope), MOST_CONTACT), 2) if alike > LEAST_CONTACT_ALIKE else 0.0


def _brightness(scene: UInt8[np.ndarray, "s s 3"]) -> Bright:
    return np.log1p(scene.astype(np.float32).mean(2))


def _blur(mask: Mask, sigma: float) -> Float[np.ndarray, "s s"]:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)


def _grow(mask: Mask, reach: float) -> Mask:
    """By a share of the picture's side."""
    return cv2.dilate(mask.astype(np.uint8), disc(max(round(reach * len(mask)), 1))) > 0
