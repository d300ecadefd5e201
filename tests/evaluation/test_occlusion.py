"""Occlusion states of bodies whose prediction is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.evaluation.landing import compare_stances, stance_of
from layerpose.evaluation.occlusion import (
    invented_share,
    occlusion_state,
    occlusion_state_accuracy,
    vertices_to_parts,
)
from layerpose.maps.render import pose_body
from layerpose.motion.library import library_pose
from layerpose.types import PARTS, Body, Camera, Pose


def turn(body: Body, bone: str, angle: float) -> Body:
    """One bone turned about the body's left-right axis: forwards or backwards."""
    cos, sin = np.cos(angle), np.sin(angle)
    rotations = body.pose.rotations.clone()
    matrix = torch.tensor([[1, 0, 0], [0, cos, -sin], [0, sin, cos]], dtype=rotations.dtype)
    rotations[body_model().bone(bone)] = matrix @ rotations[body_model().bone(bone)]
    return replace(body, pose=Pose(rotations=rotations))


def standing() -> Body:
    pose = library_pose("stand")
    body = Body(phenotype=torch.full((6,), 0.5), pose=pose, camera=Camera(scale=1.0, translation=(0.0, 0.0)))
    return replace(body, camera=frame(torch.as_tensor(pose_body(body).vertices[body_model().skin])))


def test_a_body_agrees_with_itself() -> None:
    body = standing()
    assert occlusion_state_accuracy(occlusion_state(body), occlusion_state(body)) == 1.0
    found = compare_stances(stance_of(body), stance_of(body))
    assert (found.osa, found.pck, found.part_iou) == (1.0, 1.0, 1.0)


def test_half_of_a_body_is_in_front() -> None:
    share = occlusion_state(standing()).mean()
    assert 0.35 < share < 0.65


def test_what_the_other_side_shows_has_to_be_invented() -> None:
    front = standing()
    rotations = front.pose.rotations.clone()
    rotations[0] = torch.diag(torch.tensor([-1.0, -1.0, 1.0])).to(rotations) @ rotations[0]
    back = replace(front, pose=Pose(rotations=rotations))
    assert invented_share(front, front) < 0.03
    assert invented_share(front, back) > 0.85
    shown = replace(front, camera=replace(front.camera, translation=(front.camera.translation[0], 0.9)))
    assert invented_share(shown, front) > invented_share(front, front) + 0.2, "what lies below the picture is not seen"


def test_every_part_has_vertices() -> None:
    parts = vertices_to_parts()
    assert len(parts) == len(body_model().skin)
    assert set(parts.tolist()) == set(range(len(PARTS)))


def test_an_arm_moved_from_front_to_back_is_noticed() -> None:
    front, back = (occlusion_state(turn(standing(), "upperarm01.L", angle)) for angle in (-0.7, 0.7))
    assert occlusion_state_accuracy(front, back) < 0.97
    assert occlusion_state_accuracy(front, front) == 1.0
