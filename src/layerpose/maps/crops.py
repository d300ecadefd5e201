"""Canvas <-> part crops: square boxes around complete parts, cut and pasted with affine grids.

A box is (left, top, side) in canvas units; it may reach over the edge of the canvas.
"""

from __future__ import annotations

import math
from types import EllipsisType

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from layerpose.maps.render import DrawnBody, mesh
from layerpose.types import PARTS

MARGIN = 0.15
"""Room on every side of the complete part, as a share of its longer extent."""
SMALLEST = 1 / 16
"""The side of the smallest box, for parts seen end-on."""


def part_box(drawn: DrawnBody, part: str, *, margin: float = MARGIN) -> Float[Tensor, "3"]:
    """The square around a complete part, `margin` wider on each side."""
    places = drawn.vertices[mesh(drawn.vertices.device).part_vertices[PARTS.index(part)], :2]
    low, high = places.amin(0), places.amax(0)
    side = ((high - low).max() * (1 + 2 * margin)).clamp(min=SMALLEST)
    return torch.cat([(low + high - side) / 2, side[None]])


def cut(
    image: Float[Tensor, "b c h w"], boxes: Float[Tensor, "b 3"], size: int, *, outside: float = 0.0
) -> Float[Tensor, "b c s s"]:
    """Resample one box of each canvas to `size` pixels; beyond the canvas everything is `outside`.

    A box much larger than its crop is averaged down first, so that nothing aliases.
    """
    crops = []
    for canvas, box in zip(image.split(1), boxes, strict=True):
        factor = int(float(box[2]) * image.shape[-1] / size + 0.25)
        fine = avg_pool2d(canvas, factor) if factor > 1 and image.shape[-1] % factor == 0 else canvas
        grid = _grid(box[None, :2], box[None, 2:], size).to(image.dtype)
        crops.append(grid_sample(fine - outside, grid, padding_mode="zeros", align_corners=False) + outside)
    return torch.cat(crops)


def paste(crop: Float[Tensor, "b c s s"], boxes: Float[Tensor, "b 3"], size: int) -> Float[Tensor, "b c h w"]:
    """Put crops back on empty canvases of `size` pixels; 0 outside their boxes, where nothing is computed."""
    pasted = crop.new_zeros(*crop.shape[:2], size, size)
    piece, within = paste_piece(crop, boxes, size)
    pasted[within] = piece
    return pasted


def paste_piece(
    crop: Float[Tensor, "b c s s"], boxes: Float[Tensor, "b 3"], size: int
) -> tuple[Float[Tensor, "b c h w"], tuple[EllipsisType, slice, slice]]:
    """The part of such canvases on which the crops lie, and where that is."""
    grid = _grid(-boxes[:, :2] / boxes[:, 2:], 1 / boxes[:, 2:], size).to(crop.dtype)
    low = boxes[:, :2].amin(0) * size - 1
    high = (boxes[:, :2] + boxes[:, 2:]).amax(0) * size + 1
    left, top, right, bottom = (min(max(round(place), 0), size) for place in (*low.tolist(), *high.tolist()))
    rows, columns = slice(top, max(bottom, top)), slice(left, max(right, left))
    grid = grid[:, rows, columns]
    if 0 in grid.shape:
        return crop.new_zeros(*crop.shape[:2], *grid.shape[1:3]), (..., rows, columns)
    return grid_sample(crop, grid, padding_mode="zeros", align_corners=False), (..., rows, columns)


def _grid(origin: Float[Tensor, "b 2"], side: Float[Tensor, "b 1"], size: int) -> Float[Tensor, "b s s 2"]:
    """Sampling positions (-1..1) of `size` pixel centres over the squares at `origin`."""
    centres = (torch.arange(size, device=origin.device, dtype=torch.float32) + 0.5) / size
    across = (centres * side + origin[:, :1]) * 2 - 1
    down = (centres * side + origin[:, 1:]) * 2 - 1
    shape = (len(origin), size, size)
    return torch.stack([across[:, None, :].expand(shape), down[:, :, None].expand(shape)], dim=-1)


def window_around(covered: Bool[Tensor, "h w"], margin: int = 0) -> tuple[slice, slice]:
    """The smallest rows and columns around what is covered, `margin` wider: the rest need not be computed."""
    found = []
    for axis, length in zip((1, 0), covered.shape, strict=True):
        there = torch.nonzero(covered.any(axis)).flatten()
        first, last = (int(there[0]), int(there[-1])) if len(there) else (0, 0)
        found.append(slice(max(first - margin, 0), min(last + 1 + margin, length)))
    return found[0], found[1]


def widen(window: tuple[slice, slice], step: int, size: int) -> tuple[slice, slice]:
    """The same rows and columns and a few more, so that their numbers are multiples of `step`, as `size` is.

    There are two steps of each at least, as far as there is room: of a single number no norm can be taken.
    """
    found, least = [], min(2 * step, size)
    for span in window:
        length = max(math.ceil((span.stop - span.start) / step) * step, least)
        start = min(span.start, size - length)
        found.append(slice(start, start + length))
    return found[0], found[1]
