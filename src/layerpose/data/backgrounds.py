"""Seed -> pictures of nothing in particular, to put behind people: walls, floors, stripes, clutter, out of focus."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

MOST_SHAPES = 30
LARGEST_BLUR = 0.015
"""Standard deviation as a share of the side."""


def paint_backgrounds(count: int, size: int, rng: np.random.Generator) -> UInt8[np.ndarray, "n s s 3"]:
    """So many pictures, none like another."""
    return np.stack([paint_background(size, rng) for _ in range(count)])


def paint_background(size: int, rng: np.random.Generator) -> UInt8[np.ndarray, "s s 3"]:
    """Two surfaces that meet at a horizon, each with its grain; shapes in front; a lens."""
    picture = _surface(size, rng)
    horizon = int(size * rng.uniform(0.35, 1.0))
    picture[horizon:] = _surface(size, rng)[horizon:]
    for _ in range(int(MOST_SHAPES * rng.random() ** 2)):
        _add_shape(picture, rng)
    if rng.random() < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.3 + LARGEST_BLUR * size * rng.random() ** 2)
    return np.clip(picture * 255, 0, 255).astype(np.uint8)


def grain(size: int, rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    """Noise of every scale, the coarse ones stronger; mean 0, standard deviation 1."""
    total, slope = np.zeros((size, size), dtype=np.float32), rng.uniform(0.4, 1.0)
    cells, strength = 3, 1.0
    while cells < size:
        waves = rng.standard_normal((cells, cells), dtype=np.float32)
        total += strength * cv2.resize(waves, (size, size), interpolation=cv2.INTER_CUBIC)
        cells, strength = cells * 2, strength * slope
    return (total - total.mean()) / total.std()


def _surface(size: int, rng: np.random.Generator) -> Float[np.ndarray, "s s 3"]:
    light = np.linspace(rng.uniform(0.6, 1.2), rng.uniform(0.6, 1.2), size, dtype=np.float32)
    colour = _colour(rng) + rng.normal(scale=0.12) * grain(size, rng)[..., None] * rng.uniform(0.5, 1.5, size=3)
    picture = colour * (light[:, None, None] if rng.random() < 0.5 else light[None, :, None])
    if rng.random() < 0.3:
        picture = picture + rng.normal(scale=0.2) * _stripes(size, rng)[..., None]
    return picture.astype(np.float32)


def _stripes(size: int, rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    """Planks, bricks, blinds: a square wave in one direction, now and then in two."""
    places, period = np.arange(size), size / rng.uniform(3, 40)
    wave = (((places + rng.uniform(0, period)) % period) < period * rng.uniform(0.1, 0.9)).astype(np.float32)
    if rng.random() < 0.3:
        return np.maximum(wave[None], wave[:, None])
    return np.broadcast_to(wave[None] if rng.random() < 0.5 else wave[:, None], (size, size))


def _add_shape(picture: Float[np.ndarray, "s s 3"], rng: np.random.Generator) -> None:
    size = len(picture)
    colour = tuple(float(x) for x in _colour(rng))
    points = (rng.uniform(0, size, 2) + rng.normal(scale=rng.uniform(0.03, 0.25) * size, size=(4, 2))).astype(np.int32)
    kind = rng.integers(4)
    if kind == 0:
        cv2.rectangle(picture, points[0].tolist(), points[1].tolist(), colour, -1)
    elif kind == 1:
        axes = np.abs(points[1] - points[0]) + 1
        cv2.ellipse(picture, points[0].tolist(), axes.tolist(), float(rng.uniform(0, 180)), 0, 360, colour, -1)
    elif kind == 2:
        cv2.fillPoly(picture, [points], colour)
    else:
        cv2.polylines(picture, [points], False, colour, int(rng.integers(1, max(size // 25, 2) + 1)), cv2.LINE_AA)


def _colour(rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    """More often dull than loud."""
    grey = rng.uniform(0.05, 0.95)
    return np.clip(grey + rng.normal(scale=0.05 + 0.25 * rng.random() ** 2, size=3), 0, 1).astype(np.float32)
