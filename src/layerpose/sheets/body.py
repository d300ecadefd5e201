"""Drawn body -> a picture for people: shaded, its parts, its depth, its skeleton, side by side."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from layerpose.body.skeleton import BONES, KEYPOINTS
from layerpose.maps.render import DrawnBody, render_maps
from layerpose.sheets.transfer import PALETTE, depth_to_picture, grid, parsing_to_picture
from layerpose.types import Maps

LIGHT = (-0.35, -0.55, -0.76)
"""Where the light is, in camera axes (from above left, beside the viewer)."""
AMBIENT = 0.25
CLAY = (226, 214, 200)
STEEPEST = 0.25
"""A step in depth of more than so many metres from one pixel to the next is an outline, not a slope."""
FADED = 0.25
"""What is left of the parts' colours behind the skeleton."""


def draw_body_sheet(drawn: DrawnBody) -> Image.Image:
    """Four cells at the drawing's size."""
    maps = render_maps(drawn)
    cells = [
        ("body", shade_body(drawn)),
        ("parts S", parsing_to_picture(maps.parsing)),
        ("depth D", depth_to_picture(maps.depth)),
        ("skeleton", _draw_skeleton(drawn, maps)),
    ]
    return grid(cells, len(cells), drawn.size)


def shade_body(drawn: DrawnBody) -> Image.Image:
    """Diffuse light on the surface that the depth map describes."""
    depth = drawn.nearest.depth.cpu().double().numpy()
    inside = (drawn.nearest.part >= 0).cpu().numpy()
    pixel_m = 1 / (drawn.scale * len(depth))
    normal = np.stack([_slope(depth, inside, 1) / pixel_m, _slope(depth, inside, 0) / pixel_m, -np.ones_like(depth)])
    light = np.tensordot(np.array(LIGHT) / np.linalg.norm(LIGHT), normal / np.linalg.norm(normal, axis=0), 1)
    brightness = AMBIENT + (1 - AMBIENT) * light.clip(0, 1)
    colours = np.where(inside[..., None], brightness[..., None] * np.array(CLAY), np.array(PALETTE[0]))
    return Image.fromarray(colours.round().astype(np.uint8))


def _slope(depth: np.ndarray, inside: np.ndarray, axis: int) -> np.ndarray:
    """Change of depth a pixel: mean of the steps to both neighbours, those over an outline left out."""
    step, joined = np.diff(depth, axis=axis), np.minimum(*_neighbours(inside, axis))
    good = joined & (np.abs(step) < STEEPEST)
    step = np.where(good, step, 0)
    total, count = np.zeros_like(depth), np.zeros_like(depth)
    for side in _neighbours(np.arange(depth.size).reshape(depth.shape), axis):
        total.ravel()[side.ravel()] += step.ravel()
        count.ravel()[side.ravel()] += good.ravel()
    return total / count.clip(1)


def _neighbours(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """All but the last and all but the first along an axis."""
    size = values.shape[axis]
    return values.take(range(size - 1), axis), values.take(range(1, size), axis)


def _draw_skeleton(drawn: DrawnBody, maps: Maps) -> Image.Image:
    colours = torch.tensor(PALETTE) * FADED
    picture = Image.fromarray(colours[maps.parsing[0].argmax(0).cpu()].byte().numpy())
    pen, width = ImageDraw.Draw(picture), max(drawn.size // 100, 2)
    places: dict[str, tuple[float, float]] = dict(zip(KEYPOINTS, _to_pixels(drawn.keypoints, drawn.size), strict=True))
    for start, end, part in BONES:
        pen.line([places[start], places[end]], fill=PALETTE[part], width=width)
    for x, y in places.values():
        pen.ellipse((x - width, y - width, x + width, y + width), fill="white")
    return picture


def _to_pixels(keypoints: Float[Tensor, "18 3"], size: int) -> list[tuple[float, float]]:
    return [(x * size, y * size) for x, y, _ in keypoints.tolist()]
