"""The target pose as the volume network is told about it."""

from __future__ import annotations

import torch

from layerpose.body.skeleton import mirrored
from layerpose.inputs.bodies import framed_body
from layerpose.maps.limbs import KNUCKLES, LIMBS, NUM_LIMB_CHANNELS, POINTS, draw_limbs, limb_points
from layerpose.maps.render import draw_body
from layerpose.motion.library import library_pose

FOREARM = LIMBS.index(("left_elbow", "left_wrist"))


def keypoints() -> torch.Tensor:
    points = torch.full((len(POINTS), 3), 0.5)
    points[POINTS.index("left_elbow")] = torch.tensor([0.25, 0.5, -0.2])
    points[POINTS.index("left_wrist")] = torch.tensor([0.75, 0.5, 0.4])
    return points


def test_a_limb_is_a_line_from_joint_to_joint() -> None:
    line = draw_limbs(keypoints(), 64)[FOREARM]
    assert line[31, 16:48].min() > 0.9
    assert line[31, :8].max() < 0.05
    assert line[:20].max() < 0.01


def test_the_depth_runs_evenly_along_the_limb() -> None:
    maps = draw_limbs(keypoints(), 64)
    assert maps.shape == (NUM_LIMB_CHANNELS, 64, 64)
    depth = maps[len(LIMBS) + FOREARM, 31] / maps[FOREARM, 31].clamp(min=1e-6)
    assert torch.allclose(depth[[16, 31, 32, 47]], torch.tensor([-0.19, 0.09, 0.11, 0.39]), atol=0.02)


def test_a_limb_that_points_at_the_viewer_is_a_dot() -> None:
    points = keypoints()
    points[POINTS.index("left_wrist"), :2] = points[POINTS.index("left_elbow"), :2]
    line = draw_limbs(points, 64)[FOREARM]
    assert torch.isfinite(line).all()
    assert line[31, 15] > 0.8
    assert line[31, 48] < 0.01


def test_hands_and_feet_point_where_the_body_s_do() -> None:
    points = dict(zip(POINTS, limb_points(draw_body(framed_body(library_pose("stand")), 64)), strict=True))
    for side, sign in (("left", 1), ("right", -1)):
        wrist, hand, ankle, toe = (points[f"{side}_{name}"] for name in ("wrist", "fingertip", "ankle", "toe"))
        assert 0.05 < (hand - wrist)[:2].norm() < 0.12
        assert hand[1] > wrist[1]
        assert toe[2] < ankle[2] - 0.1
        assert sign * (toe[0] - points[mirrored(f"{side}_toe")][0]) > 0


def test_fingers_begin_at_their_knuckles_and_end_at_their_tips() -> None:
    drawn = draw_body(framed_body(library_pose("stand")), 64)
    metres = limb_points(drawn) / torch.tensor([drawn.scale, drawn.scale, 1])
    points = dict(zip(POINTS, metres, strict=True))
    for side in ("left", "right"):
        wrist, thumb = points[f"{side}_wrist"], points[f"{side}_thumb_tip"]
        knuckles, tips = ([points[f"{side}_{finger}_{end}"] for finger in KNUCKLES] for end in ("knuckle", "tip"))
        assert 0.03 < (knuckles[0] - knuckles[1]).norm() < 0.10
        for knuckle, tip in zip(knuckles, tips, strict=True):
            assert 0.05 < (knuckle - wrist).norm() < (tip - wrist).norm() < 0.22
        assert (thumb - tips[0]).norm() < (thumb - tips[1]).norm()
