"""A cut-out with its labels -> what a user's photo could be: moved, lit, coloured, in some place, hidden, blurred.

Arrays as they lie on disk: 0..255, height x width x channels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from layerpose.data.backgrounds import grain
from layerpose.types import MIRRORED_CLASSES

LARGEST_ZOOM, LARGEST_TURN_DEG, LARGEST_SHIFT = 1.25, 12.0, 0.06
OCCLUDED_SHARE, FLAT_SHARE, FLIPPED_SHARE = 0.35, 0.15, 0.5
MASK_REACH_PX = 3
"""How far the mask's outline is off, at most."""
COARSER = 4
"""Light and a mask's mistakes change so many times more slowly than the grain of a surface."""
MIRROR = np.array(MIRRORED_CLASSES, dtype=np.uint8)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A person on a square canvas: colours over black, alpha, true labels, and the labels of a body fitted to it."""

    colour: UInt8[np.ndarray, "s s 3"]
    alpha: UInt8[np.ndarray, "s s"]
    labels: UInt8[np.ndarray, "s s"]
    body: UInt8[np.ndarray, "s s"]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A figure's photo and the mask that was found in it, 0..255."""

    photo: UInt8[np.ndarray, "s s 3"]
    mask: UInt8[np.ndarray, "s s"]
    labels: UInt8[np.ndarray, "s s"]
    body: UInt8[np.ndarray, "s s"]


def photograph(
    figure: Figure, background: UInt8[np.ndarray, "s s 3"], cover: UInt8[np.ndarray, "s s 3"], rng: np.random.Generator
) -> Scene:
    """One more photo of the figure; things in front of it look like `cover`."""
    figure = _light(_move(_flip(figure, rng), rng), rng)
    if rng.random() < FLAT_SHARE:
        background = np.full_like(background, 127)
    share = figure.alpha[..., None] / np.float32(255)
    photo = figure.colour * share + background * (1 - share)
    alpha, labels = figure.alpha, figure.labels
    if rng.random() < OCCLUDED_SHARE:
        thing = _thing(alpha, rng)
        photo = np.where(thing[..., None], cover, photo)
        labels = np.where(thing, 0, labels)
        alpha = np.where(thing, 0 if rng.random() < 0.5 else np.maximum(alpha, _near(alpha) * 255), alpha)
    return Scene(
        photo=_expose(photo.astype(np.float32), rng), mask=_find_mask(alpha.astype(np.uint8), rng),
        labels=labels.astype(np.uint8), body=figure.body,
    )  # fmt: skip


def _flip(figure: Figure, rng: np.random.Generator) -> Figure:
    if rng.random() > FLIPPED_SHARE:
        return figure
    return Figure(
        colour=figure.colour[:, ::-1], alpha=figure.alpha[:, ::-1],
        labels=MIRROR[figure.labels[:, ::-1]], body=MIRROR[figure.body[:, ::-1]],
    )  # fmt: skip


def _move(figure: Figure, rng: np.random.Generator) -> Figure:
    """Turned, scaled and shifted; from then on the colours are the person's own also where the alpha is soft."""
    size = len(figure.labels)
    zoom = float(LARGEST_ZOOM ** rng.uniform(-1, 0.6))
    turn = float(np.clip(rng.normal(scale=LARGEST_TURN_DEG / 2), -LARGEST_TURN_DEG, LARGEST_TURN_DEG))
    affine = cv2.getRotationMatrix2D((size / 2 - 0.5, size / 2 - 0.5), turn, zoom)
    affine[:, 2] += rng.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, size=2) * size

    def warp(values: np.ndarray, how: int) -> np.ndarray:
        return cv2.warpAffine(np.ascontiguousarray(values), affine, (size, size), flags=how)

    moved = warp(np.dstack([figure.colour, figure.alpha]).astype(np.float32), cv2.INTER_LINEAR)
    colour = moved[..., :3] * (255 / np.maximum(moved[..., 3:], 1))
    return Figure(
        colour=np.clip(colour, 0, 255).astype(np.uint8), alpha=moved[..., 3].astype(np.uint8),
        labels=warp(figure.labels, cv2.INTER_NEAREST), body=warp(figure.body, cv2.INTER_NEAREST),
    )  # fmt: skip


def _light(figure: Figure, rng: np.random.Generator) -> Figure:
    """Other colours, and light and shade that lie over the person in patches."""
    colour = figure.colour.astype(np.float32) / 255
    if rng.random() < 0.2:
        colour = colour[..., rng.permutation(3)]
    if rng.random() < 0.3:
        grey = colour.mean(-1, keepdims=True)
        colour = grey + (colour - grey) * rng.uniform(0, 1.3)
    colour = np.clip(colour, 0, 1) ** np.exp(rng.normal(scale=0.25))
    colour = colour * np.exp(rng.normal(scale=0.2) + rng.normal(scale=0.06, size=3))
    if rng.random() < 0.5:
        colour = colour * np.exp(rng.uniform(0.05, 0.3) * _patches(len(colour), rng))[..., None]
    return replace(figure, colour=np.clip(colour * 255, 0, 255).astype(np.uint8))


def _patches(size: int, rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    """Noise without its finest grains."""
    return cv2.resize(grain(size // COARSER, rng), (size, size), interpolation=cv2.INTER_LINEAR)


def _thing(alpha: UInt8[np.ndarray, "s s"], rng: np.random.Generator) -> np.ndarray:
    """Something held or in the way: where it is."""
    size = len(alpha)
    rows, columns = np.nonzero(alpha > 127)
    drawn = np.zeros((size, size), dtype=np.uint8)
    if not len(rows):
        return drawn > 0
    pick = int(rng.integers(len(rows)))
    centre = (int(columns[pick]), int(rows[pick]))
    axes = tuple(int(x) for x in rng.uniform(0.01, 0.11, size=2) * size + 1)
    turn = float(rng.uniform(0, 180))
    if rng.random() < 0.5:
        cv2.ellipse(drawn, centre, axes, turn, 0, 360, 1, -1)
    else:
        corners = cv2.boxPoints((centre, (2.0 * axes[0], 2.0 * axes[1]), turn))
        cv2.fillPoly(drawn, [corners.astype(np.int32)], 1)
    return drawn > 0


def _near(alpha: UInt8[np.ndarray, "s s"]) -> np.ndarray:
    """What a mask takes along of a thing: its part on the person and a little beside."""
    return cv2.dilate((alpha > 127).astype(np.uint8), np.ones((15, 15), np.uint8))


def _find_mask(alpha: UInt8[np.ndarray, "s s"], rng: np.random.Generator) -> UInt8[np.ndarray, "s s"]:
    """The mask as it would be found: too wide or too narrow here and there, with bites and lumps, soft."""
    if rng.random() < 0.2:
        return alpha
    off = _patches(len(alpha), rng) * rng.uniform(0, MASK_REACH_PX / 2) + rng.normal(scale=0.5)
    inside = (alpha > 127).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    mask = np.clip(distance + np.clip(off, -MASK_REACH_PX, MASK_REACH_PX) + 0.5, 0, 1)
    edge = np.argwhere(np.abs(distance) < 2)
    for _ in range(int(rng.integers(0, 4)) if len(edge) and rng.random() < 0.4 else 0):
        row, column = edge[rng.integers(len(edge))]
        axes = tuple(int(x) for x in rng.uniform(0.005, 0.05, size=2) * len(alpha) + 1)
        value = float(rng.random() < 0.6)
        cv2.ellipse(mask, (int(column), int(row)), axes, float(rng.uniform(0, 180)), 0, 360, value, -1)
    return (cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.3, 1.2)) * 255).astype(np.uint8)


def _expose(photo: Float[np.ndarray, "s s 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "s s 3"]:
    """Lens, sensor and file: blur, motion, coarse pixels, noise, JPEG."""
    size = len(photo)
    if rng.random() < 0.5:
        photo = cv2.GaussianBlur(photo, (0, 0), 0.2 + 1.6 * rng.random() ** 2)
    if rng.random() < 0.1:
        kernel = np.zeros((9, 9), dtype=np.float32)
        reach = rng.uniform(-4, 4, size=2)
        cv2.line(kernel, (4, 4), tuple(int(v) for v in np.round(4 + reach)), 1.0)
        photo = cv2.filter2D(photo, -1, kernel / kernel.sum())
    if rng.random() < 0.2:
        coarse = int(size * rng.uniform(0.35, 0.9))
        photo = cv2.resize(cv2.resize(photo, (coarse, coarse), interpolation=cv2.INTER_AREA), (size, size))
    photo = photo * np.exp(rng.normal(scale=0.12) + rng.normal(scale=0.04, size=3)) + rng.normal(scale=6)
    if rng.random() < 0.5:
        photo = photo + rng.standard_normal(photo.shape, dtype=np.float32) * rng.uniform(1, 14)
    shown = np.clip(photo, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, file = cv2.imencode(".jpg", shown, (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))))
        decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
        assert decoded is not None
        return decoded
    return shown
