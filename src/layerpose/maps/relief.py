"""Depth map -> how the surface faces the viewer: its slopes, in a Warp kernel, one source for CPU and CUDA."""

from __future__ import annotations

import torch
import warp as wp
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from layerpose.maps.raster import launch

STEP_M = wp.constant(0.02)
"""Neighbours so much farther apart in depth than a slope would have them lie on two surfaces."""


@wp.func
def to_next(depth: wp.array2d(dtype=wp.float32), part: wp.array2d(dtype=wp.int32), row: int, column: int, down: int):
    """How much deeper the surface lies a pixel further, to the right or below; 0 where no neighbour tells."""
    right = 1 - down
    behind = depth[row, column] - depth[row - down, column - right]
    ahead = depth[row + down, column + right] - depth[row, column]
    none_behind = part[row - down, column - right] < 0
    none_ahead = part[row + down, column + right] < 0
    if none_behind and none_ahead:
        return 0.0
    if none_behind:
        return ahead
    if none_ahead:
        return behind
    if wp.abs(ahead - behind) < STEP_M:
        return 0.5 * (ahead + behind)
    if wp.abs(ahead) < wp.abs(behind):
        return ahead
    return behind


@wp.kernel
def find_normals(
    depth: wp.array2d(dtype=wp.float32),
    part: wp.array2d(dtype=wp.int32),
    pixel_m: float,
    normals: wp.array3d(dtype=wp.float32),
):
    """One thread a pixel: the normal that its two slopes make. Depth and part have a rim of one pixel more."""
    row, column = wp.tid()
    if part[row + 1, column + 1] < 0:
        return
    across = to_next(depth, part, row + 1, column + 1, 0)
    down = to_next(depth, part, row + 1, column + 1, 1)
    normal = wp.normalize(wp.vec3(across, down, -pixel_m))
    for axis in range(3):
        normals[row, column, axis] = normal[axis]


def surface_normals(depth: Float[Tensor, "h w"], part: Int[Tensor, "h w"], pixel_m: float) -> Float[Tensor, "h w 3"]:
    """Unit normals towards the viewer, in camera axes; 0 where `part` is -1. `pixel_m`: a pixel's side in metres."""
    normals = torch.zeros(*depth.shape, 3, device=depth.device)
    launch(find_normals, depth.shape, [pad(depth, (1,) * 4), pad(part, (1,) * 4, value=-1), pixel_m], [normals])
    return normals
