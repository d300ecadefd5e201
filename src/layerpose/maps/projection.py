"""Volume or another model's mesh -> z-buffers in the place of the body's own.

They say where each part is; which point of the body a pixel shows, they do not say. That is lent by a drawing of the
body in the same pose: a pixel of a part takes the nearest triangle that this drawing shows of the part. Everything that
reads a `DrawnBody` (maps, crops, correspondence) then takes them unchanged.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from layerpose.maps.nearest import nearest_pixels
from layerpose.maps.raster import EMPTY, ZBuffers, pack_keys
from layerpose.maps.render import DrawnBody, draw_placed
from layerpose.types import DEPTH_RANGE_M, NUM_SLICES, PARTS, Volume

SLICE_M = 2 * DEPTH_RANGE_M / NUM_SLICES
SMOOTHINGS = 2
REACH = 2
"""Voxels on every side over which the steps between slices are smoothed, twice."""


def project_volume(volume: Volume, lender: DrawnBody) -> DrawnBody:
    """A volume drawn in the place of the body from whose drawing the triangles are lent."""
    return _lend(_surfaces(volume, lender), lender)


def project_bare_volume(volume: Volume, lender: DrawnBody) -> DrawnBody:
    """The same for the volume of a bare body: it wears what the lender wears, where this reaches beyond its skin."""
    surfaces = _surfaces(volume, lender)
    if lender.bare is None:
        return _lend(surfaces, lender)
    skin, worn = draw_placed(lender.bare, lender.size).buffers, []
    for part, (covered, depth) in enumerate(surfaces):
        cloth = lender.buffers.of_part(part)
        beyond = (cloth.part >= 0) & (skin.of_part(part).part < 0) & ~covered
        worn.append((covered | beyond, torch.where(beyond, cloth.depth, depth)))
    return _lend(worn, lender)


def _surfaces(volume: Volume, lender: DrawnBody) -> list[tuple[Bool[Tensor, "h w"], Float[Tensor, "h w"]]]:
    return [_enlarge(*part_surface(volume, part), lender.size) for part in range(len(PARTS))]


def stand_in(drawn: DrawnBody, lender: DrawnBody) -> DrawnBody:
    """Another model's drawing in the place of the body's, the triangles lent; both of one size."""
    hits = [drawn.buffers.of_part(part) for part in range(len(PARTS))]
    return _lend([(hit.part >= 0, hit.depth) for hit in hits], lender)


def _lend(surfaces: list[tuple[Bool[Tensor, "h w"], Float[Tensor, "h w"]]], lender: DrawnBody) -> DrawnBody:
    """What covers each part and how deep it lies, as z-buffers with the lender's triangles.

    A part that the lender does not show at all stays away: nothing is known of what it is made of.
    """
    size = lender.size
    keys = torch.full((len(surfaces), size, size), EMPTY, dtype=torch.int64, device=lender.vertices.device)
    for part, (covered, depth) in enumerate(surfaces):
        hit = lender.buffers.of_part(part)
        if (hit.part >= 0).any():
            triangle = _spread(hit.triangle, hit.part >= 0, covered)
            keys[part] = torch.where(covered, pack_keys(depth, triangle), EMPTY)
    return replace(lender, buffers=ZBuffers(keys=keys, area=(0, 0, size, size), canvas=(size, size)))


def part_surface(volume: Volume, part: int) -> tuple[Bool[Tensor, "h w"], Float[Tensor, "h w"]]:
    """Where the viewer would see a part alone, and its depth in metres, finer than the slices (0 elsewhere)."""
    own = volume.labels == part + 1
    covered = own.any(0)
    surface = torch.zeros(covered.shape, device=covered.device)
    rows, columns = (torch.nonzero(covered.any(axis)).flatten() for axis in (1, 0))
    if len(rows):
        window = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        inside = covered[window]
        # The surface lies somewhere in the slice before the first centre inside: on average half a slice before it.
        depth = own[:, *window].to(torch.uint8).argmax(0) * SLICE_M - DEPTH_RANGE_M
        for _ in range(SMOOTHINGS):
            depth = _smooth(depth, inside)
        surface[window] = torch.where(inside, depth, 0.0)
    return covered, surface


def _smooth(depth: Float[Tensor, "h w"], covered: Bool[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """Mean over the neighbours of the same sheet: those that are at most a slice and a half nearer or farther."""
    side = 2 * REACH + 1
    padded = torch.nn.functional.pad(torch.stack([depth, covered.to(depth)]), (REACH,) * 4)
    windows = padded.unfold(1, side, 1).unfold(2, side, 1).flatten(3)
    near = windows[1] * ((windows[0] - depth[..., None]).abs() < 1.5 * SLICE_M)
    return (windows[0] * near).sum(-1) / near.sum(-1).clamp(min=1)


def _enlarge(
    covered: Bool[Tensor, "h w"], depth: Float[Tensor, "h w"], size: int
) -> tuple[Bool[Tensor, "s s"], Float[Tensor, "s s"]]:
    """From the volume's grid to the canvas, outlines rounded."""
    if size == covered.shape[-1]:
        return covered, depth
    if size < covered.shape[-1]:
        factor = covered.shape[-1] // size
        weight = avg_pool2d(covered.float()[None, None], factor)
        total = avg_pool2d(depth[None, None], factor)
    else:
        both = torch.stack([covered.float(), depth])[None]
        weight, total = interpolate(both, size=(size, size), mode="bilinear", align_corners=False).split(1, dim=1)
    inside = weight[0, 0] >= 0.5
    return inside, torch.where(inside, total[0, 0] / weight[0, 0].clamp(min=1e-6), 0.0)


def _spread(
    triangle: Int[Tensor, "h w"], known: Bool[Tensor, "h w"], wanted: Bool[Tensor, "h w"]
) -> Int[Tensor, "h w"]:
    """The triangle of each wanted pixel: its own, or that of the nearest pixel that has one."""
    if not (wanted & ~known).any():
        return triangle
    nearest = torch.as_tensor(nearest_pixels(known.cpu().numpy()), device=triangle.device)
    return triangle.flatten()[nearest]
