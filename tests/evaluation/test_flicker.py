"""What the body's motion explains is no flicker; light that comes and goes is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.evaluation.flicker import LUMINANCE, Filmed, carry, measure_flicker
from layerpose.evaluation.lpips import Lpips
from layerpose.maps.raster import interpolate
from layerpose.maps.render import draw_body, mesh, pose_body
from layerpose.motion.library import library_pose
from layerpose.types import Body, Pose

SIZE = 256
PHENOTYPE = torch.full((6,), 0.5)


def distance(image: Tensor, other: Tensor) -> Tensor:
    """Stands in for LPIPS, whose weights are not bundled."""
    return (image - other).abs().mean((1, 2, 3))


def painted(pose: Pose, turn: float = 0.0, light: float = 1.0) -> Filmed:
    """A body whose skin has colours of its own, turned about the vertical, over flat grey."""
    rotations = pose.rotations.clone()
    rotations[0] = torch.from_numpy(Rotation.from_euler("z", turn).as_matrix()).to(rotations) @ rotations[0]
    body = Body(phenotype=PHENOTYPE, pose=Pose(rotations=rotations), camera=CAMERA)
    drawn = draw_body(body, SIZE)
    colours = torch.as_tensor(np.sin(body_model().template * 20) / 2 + 0.5).float()
    rgb = interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(torch.device("cpu")).faces, colours)
    image = (rgb * 2 * light - 1) * (drawn.nearest.part >= 0)[..., None]
    return Filmed(image=image.permute(2, 0, 1)[None], drawn=drawn)


STAND = library_pose("stand")
CAMERA = frame(
    torch.as_tensor(
        pose_body(
            Body(phenotype=PHENOTYPE, pose=STAND, camera=frame(torch.eye(3, dtype=torch.float64)))
        ).vertices[body_model().skin]
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def turning() -> list[Filmed]:
    return [painted(STAND, 0.08 * step) for step in range(5)]


def test_a_still_video_does_not_flicker() -> None:
    still = painted(STAND)
    found = measure_flicker([still] * 4, distance)
    assert found.luminance.max() < 1e-5
    assert found.lpips.max() < 1e-4
    assert found.common.min() > 0.99


def test_a_person_who_turns_without_changing_colour_hardly_flickers(turning: list[Filmed]) -> None:
    found = measure_flicker(turning, distance)
    unexplained = np.mean([float(distance(a.image, b.image)) for a, b in pairwise(turning)])
    assert found.luminance.max() < 0.004
    assert found.common.min() > 0.85
    assert found.lpips.mean() < 0.5 * unexplained


def test_the_frame_that_is_a_tenth_darker_is_the_worst(turning: list[Filmed]) -> None:
    calm = measure_flicker(turning, distance)
    dark = [*turning[:2], painted(STAND, 0.08 * 2, light=0.9), *turning[3:]]
    found = measure_flicker(dark, distance)
    person = turning[2].image[:, :, turning[2].drawn.nearest.part >= 0]
    loss = 0.1 * float(((person[0].mean(1) + 1) / 2) @ torch.tensor(LUMINANCE))
    assert found.worst == 2
    assert found.luminance[[1, 2]] == pytest.approx([loss, loss], rel=0.1)
    assert found.luminance[[1, 2]].min() > 8 * calm.luminance.max()
    assert found.summary.endswith("worst frame 2")


def test_a_body_point_that_was_hidden_is_not_compared() -> None:
    front, back = painted(STAND), painted(STAND, np.pi)
    _, seen = carry(front, back)
    body = back.drawn.nearest.part >= 0
    assert seen.sum() < 0.15 * body.sum()


def test_a_patch_that_flashes_is_found(turning: list[Filmed]) -> None:
    image = turning[3].image.clone()
    body = turning[3].drawn.nearest.part >= 0
    rows, columns = torch.nonzero(body).float().mean(0).long().tolist()
    image[..., rows - 15 : rows + 15, columns - 15 : columns + 15] *= 0.5
    frames = [*turning[:3], replace(turning[3], image=image), turning[4]]
    assert measure_flicker(frames, distance).worst == 3


def test_lpips_of_a_still_video_is_zero(shared: Path) -> None:
    still = painted(STAND)
    lpips = Lpips(shared / "weights" / "lpips_alex_v01.pt")
    assert measure_flicker([still, still], lpips).lpips.max() < 1e-4


def test_one_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="two frames or more"):
        measure_flicker([painted(STAND)], distance)
