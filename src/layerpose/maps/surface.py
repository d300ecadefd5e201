"""Two drawn bodies -> where each target pixel's body point lies in the source, and pictures of their surfaces."""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.maps.raster import interpolate
from layerpose.maps.render import DrawnBody, mesh
from layerpose.maps.source import DEPTH_TOLERANCE_M

NOWHERE = -2.0
"""The flow where the source does not show the body point, or where there is no body: outside of any grid."""


def draw_flow(source: DrawnBody, target: DrawnBody) -> Float[Tensor, "1 h w 2"]:
    """For each target pixel the place of its body point in the source, as `grid_sample` takes it (corners not aligned).

    Only the meshes decide what is visible; the pictures are not looked at.
    """
    hit, seen = target.nearest, source.nearest
    place = interpolate(hit.triangle, target.vertices_px, mesh(hit.part.device).faces, source.vertices)
    pixel = (place[..., :2] * source.size).floor().long()
    inside = ((pixel >= 0) & (pixel < source.size)).all(-1)
    column, row = pixel.clamp(0, source.size - 1).unbind(-1)
    near = (place[..., 2] <= seen.depth[row, column] + DEPTH_TOLERANCE_M) & (seen.part[row, column] >= 0)
    visible = inside & near & (hit.part >= 0)
    return torch.where(visible[..., None], place[..., :2] * 2 - 1, NOWHERE)[None]


def draw_surface(drawn: DrawnBody) -> Float[Tensor, "1 3 h w"]:
    """The texture coordinates of each pixel's triangle (0..1), and 1 where there is no body."""
    triangle = drawn.nearest.triangle.long()
    coordinates = _triangle_coordinates().to(triangle.device)[triangle.clamp(min=0)]
    empty = (triangle < 0)[..., None]
    return torch.cat([coordinates * ~empty, empty.float()], dim=-1).permute(2, 0, 1)[None]


@lru_cache(maxsize=1)
def _triangle_coordinates() -> Float[Tensor, "f 2"]:
    model = body_model()
    return torch.as_tensor(model.uv[model.uv_faces].mean(1)).float()
