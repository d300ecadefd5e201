"""Skirts: seen where the photo shows cloth between the legs, and hung between them in any pose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.inputs.bodies import framed_body
from layerpose.maps.clothing import draw_dressed
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import DrawnBody, draw_placed, mesh, pose_body
from layerpose.maps.skirt import measure_skirt
from layerpose.maps.source import SourceView, view_source
from layerpose.motion.library import library_pose
from layerpose.types import PARTS, Body

Painted = Callable[[float], tuple]
HEM_M = -0.3
"""On the template: above the knees."""
LEGS = (PARTS.index("left_leg"), PARTS.index("right_leg"))
CLOTH, WALL = (0.6, -0.5, -0.5), (-0.6, 0.8, 0.7)


def skirted(drawn: DrawnBody, hem_m: float) -> Bool[Tensor, "h w"]:
    """The body's pixels, and all those between its legs from the hips to the hem."""
    part = drawn.nearest.part
    skirt = body_model().skirt
    row = int(np.abs(skirt.heights_m - hem_m).argmin())
    hem = float(drawn.vertices[skirt.vertices[skirt.rows == row], 1].mean()) * drawn.size
    top = float(drawn.vertices[skirt.vertices[skirt.rows == 0], 1].mean()) * drawn.size
    person = part >= 0
    for line in range(int(top), int(hem)):
        columns = torch.nonzero((part[line] == LEGS[0]) | (part[line] == LEGS[1]))
        if len(columns):
            person[line, int(columns.min()) : int(columns.max()) + 1] = True
    return person


def paint(person: Bool[Tensor, "h w"], body: Bool[Tensor, "h w"], gap: tuple[float, ...]) -> Float[Tensor, "1 3 h w"]:
    """Cloth on the body, and something between its legs."""
    image = torch.zeros(1, 3, *person.shape)
    image[0, :, body] = torch.tensor(CLOTH)[:, None]
    image[0, :, person & ~body] = torch.tensor(gap)[:, None]
    return image


def worn_rows(drawn: DrawnBody, person: Bool[Tensor, "h w"], gap: tuple[float, ...] = CLOTH) -> Float[np.ndarray, "s"]:
    clothes = np.zeros(len(body_model().template), dtype=np.float32)
    measure_skirt(drawn, paint(person, drawn.nearest.part >= 0, gap), person, clothes)
    return clothes[body_model().skirt.vertices]


@pytest.fixture(scope="module")
def seen(painted: Painted) -> SourceView:
    """A person in a skirt, from the front."""
    drawn, posed, *_ = painted(0.0)
    person = skirted(drawn, HEM_M)
    parsing = parse_source(drawn, person[None, None].float())
    return view_source(paint(person, drawn.nearest.part >= 0, CLOTH), parsing, drawn, posed, dressed=True)


def test_its_hem_is_where_the_gap_between_the_legs_opens(painted: Painted) -> None:
    drawn, *_ = painted(0.0)
    worn, skirt = worn_rows(drawn, skirted(drawn, HEM_M)), body_model().skirt
    assert abs(skirt.heights_m[skirt.rows[worn > 0]].min() - HEM_M) < 0.03
    assert (worn[skirt.rows == 0] == 1).all()


@pytest.mark.parametrize("azimuth", [np.pi / 2, -1.4])
def test_there_is_none_from_the_side(painted: Painted, azimuth: float) -> None:
    drawn, *_ = painted(azimuth)
    assert not worn_rows(drawn, skirted(drawn, HEM_M)).any()


def test_trousers_are_none(painted: Painted) -> None:
    drawn, *_ = painted(0.0)
    assert not worn_rows(drawn, drawn.nearest.part >= 0).any()


def test_a_crotch_that_hangs_low_is_none(painted: Painted) -> None:
    drawn, *_ = painted(0.0)
    assert not worn_rows(drawn, skirted(drawn, -0.13)).any()


def test_a_wall_between_the_legs_is_none(painted: Painted) -> None:
    drawn, *_ = painted(0.0)
    assert worn_rows(drawn, skirted(drawn, HEM_M), CLOTH).any()
    assert not worn_rows(drawn, skirted(drawn, HEM_M), WALL).any()


def test_it_covers_the_gap_in_the_photo_and_has_its_colours(seen: SourceView) -> None:
    skirt = torch.as_tensor(body_model().skirt.vertices)
    assert (seen.quality[skirt] > 0).float().mean() > 0.1
    worn = seen.clothes is not None and seen.clothes[body_model().skirt.vertices] > 0
    assert torch.allclose(seen.colours[skirt[torch.as_tensor(worn)]], torch.tensor(CLOTH), atol=0.1)


def test_it_hangs_between_the_legs_in_another_pose_and_the_halves_go_with_their_legs(seen: SourceView) -> None:
    body: Body = framed_body(library_pose("t-pose"))
    posed = pose_body(body)
    bare, dressed = (
        draw_dressed(posed, body.camera, 256, clothes, device=torch.device("cpu"))
        for clothes in (np.zeros_like(seen.clothes), seen.clothes)
    )
    gained = dressed.nearest.part[bare.nearest.part < 0]
    left, right = (int((gained == leg).sum()) for leg in LEGS)
    assert left > 50
    assert abs(left - right) < 0.2 * left


def test_a_body_without_one_shows_nothing_of_it(painted: Painted) -> None:
    for azimuth in (0.0, 0.7, np.pi / 2):
        drawn, *_ = painted(azimuth)
        assert int(drawn.nearest.triangle.max()) < len(body_model().faces)
        again = draw_placed(drawn, drawn.size)
        assert torch.equal(again.nearest.triangle, drawn.nearest.triangle)


def test_its_vertices_belong_to_no_skin_and_mirror_each_other() -> None:
    skirt, topology = body_model().skirt, mesh(torch.device("cpu"))
    assert not np.isin(skirt.vertices, body_model().skin).any()
    points, mirror = topology.points.numpy(), topology.mirror.numpy()
    assert np.allclose(points[mirror[skirt.vertices]] * [-1, 1, 1], points[skirt.vertices], atol=2e-3)
