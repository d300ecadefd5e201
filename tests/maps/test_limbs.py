"""The target pose as the volume network is told about it."""

from __future__ import annotations

import torch

from layerpose.body.skeleton import BONES, KEYPOINTS
from layerpose.maps.limbs import NUM_LIMB_CHANNELS, draw_limbs

FOREARM = BONES.index(("left_elbow", "left_wrist", 3))


def keypoints() -> torch.Tensor:
    points = torch.full((len(KEYPOINTS), 3), 0.5)
    points[KEYPOINTS.index("left_elbow")] = torch.tensor([0.25, 0.5, -0.2])
    points[KEYPOINTS.index("left_wrist")] = torch.tensor([0.75, 0.5, 0.4])
    return points


def test_a_limb_is_a_line_from_joint_to_joint() -> None:
    line = draw_limbs(keypoints(), 64)[FOREARM]
    assert line[31, 16:48].min() > 0.9
    assert line[31, :8].max() < 0.05
    assert line[:20].max() < 0.01


def test_the_depth_runs_evenly_along_the_limb() -> None:
    maps = draw_limbs(keypoints(), 64)
    assert maps.shape == (NUM_LIMB_CHANNELS, 64, 64)
    depth = maps[len(BONES) + FOREARM, 31] / maps[FOREARM, 31].clamp(min=1e-6)
    assert torch.allclose(depth[[16, 31, 32, 47]], torch.tensor([-0.19, 0.09, 0.11, 0.39]), atol=0.02)


def test_a_limb_that_points_at_the_viewer_is_a_dot() -> None:
    points = keypoints()
    points[KEYPOINTS.index("left_wrist"), :2] = points[KEYPOINTS.index("left_elbow"), :2]
    line = draw_limbs(points, 64)[FOREARM]
    assert torch.isfinite(line).all()
    assert line[31, 15] > 0.8
    assert line[31, 48] < 0.01
