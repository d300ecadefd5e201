"""The camera against a pinhole worked out by hand."""

from __future__ import annotations

import math

import torch

from layerpose.body.camera import foreshorten, in_pixels, project
from layerpose.types import Camera


def test_a_distance_makes_it_a_pinhole_camera():
    """A point x to the side and z away lies at f x / (d + z), and f = scale d keeps the pelvis's plane as large."""
    points = torch.tensor([[0.3, -0.5, 0.7], [0.3, 0.0, 0.7], [-0.2, 0.8, -0.9]], dtype=torch.float64)
    seen = project(points, Camera(scale=0.4, translation=(0.5, 0.6), distance_m=3.0))
    focal = 0.4 * 3.0
    for (left, back, up), (column, row, depth) in zip(points.tolist(), seen.tolist(), strict=True):
        assert math.isclose(column, 0.5 + focal * left / (3.0 + back))
        assert math.isclose(row, 0.6 - focal * up / (3.0 + back))
        assert math.isclose(depth, back)


def test_without_a_distance_nearness_does_not_matter():
    points = torch.tensor([[0.3, -0.5, 0.7], [0.3, 0.5, 0.7]])
    near, far = project(points, Camera(scale=0.4, translation=(0.5, 0.6)))
    assert torch.equal(near[:2], far[:2])


def test_a_point_behind_the_camera_does_not_turn_over():
    behind = foreshorten(torch.tensor([[0.1, -5.0, 0.2]]), 3.0)
    assert torch.allclose(behind, torch.tensor([[1.0, -5.0, 2.0]]))


def test_pixels_keep_the_distance():
    assert in_pixels(Camera(scale=0.5, translation=(0.5, 0.25), distance_m=4.0), 512) == Camera(
        scale=256.0, translation=(256.0, 128.0), distance_m=4.0
    )
