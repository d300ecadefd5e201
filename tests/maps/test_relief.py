"""Normals of surfaces whose normals are known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from layerpose.maps.relief import surface_normals

SIZE, PIXEL_M = 64, 0.01


def places() -> tuple[Tensor, Tensor]:
    """Rows and columns in metres from the middle."""
    along = (torch.arange(SIZE) + 0.5 - SIZE / 2) * PIXEL_M
    down, across = torch.meshgrid(along, along, indexing="ij")
    return down, across


def test_a_tilted_plane_has_its_normal_everywhere_to_the_edge() -> None:
    down, across = places()
    found = surface_normals(0.3 * across - 0.4 * down + 1, torch.zeros(SIZE, SIZE, dtype=torch.int32), PIXEL_M)
    wanted = normalize(torch.tensor([0.3, -0.4, -1.0]), dim=0)
    assert torch.allclose(found, wanted.expand_as(found), atol=1e-4)


def test_a_ball_points_away_from_its_middle() -> None:
    down, across = places()
    radius = 0.25
    square = radius**2 - down**2 - across**2
    there = square > (0.4 * radius) ** 2
    depth = torch.where(there, -square.clamp(min=0).sqrt(), 0.0)
    found = surface_normals(depth, torch.where(there, 0, -1).int(), PIXEL_M)
    wanted = torch.stack([across, down, depth], dim=-1) / radius
    degrees = (found * wanted).sum(-1)[there].clamp(-1, 1).arccos().rad2deg()
    assert degrees.median() < 1
    assert degrees.max() < 8, "at the edge only one neighbour tells"
    assert not found[~there].any()


def test_a_step_is_not_a_slope() -> None:
    depth = torch.zeros(SIZE, SIZE)
    depth[:, SIZE // 2 :] = 0.5
    depth[SIZE // 3 :] += 0.3
    found = surface_normals(depth, torch.zeros(SIZE, SIZE, dtype=torch.int32), PIXEL_M)
    assert torch.equal(found, torch.tensor([0.0, 0.0, -1.0]).expand_as(found))


def test_a_lone_pixel_faces_the_viewer() -> None:
    part = torch.full((3, 3), -1, dtype=torch.int32)
    part[1, 1] = 2
    found = surface_normals(torch.rand(3, 3), part, PIXEL_M)
    assert found[1, 1].tolist() == [0, 0, -1]
    assert found.abs().sum() == 1
