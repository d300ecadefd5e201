"""Clothes: what an outline shows of them is found again, and seen in other views; nothing is put on a bare body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from jaxtyping import Float
from scipy.spatial import ConvexHull

from layerpose.body.model import body_model
from layerpose.maps.clothing import CAUTION, _pieces, dress, lend_clothes, measure_clothes
from layerpose.maps.parsing import parse_source
from layerpose.maps.projection import project_bare_volume
from layerpose.maps.render import DrawnBody, PlacedBody, draw_placed, mesh
from layerpose.maps.source import SourceView, join_views, view_source
from layerpose.maps.voxels import voxelise

Painted = Callable[[float], tuple]
OFF_M = 0.03


@pytest.fixture(scope="module")
def covered() -> np.ndarray:
    """Vertices of the skin of trunk, arms and legs."""
    model = body_model()
    bones = np.array([name.startswith(("spine", "upper", "lower", "shoulder")) for name in model.bone_names])
    return bones[model.weights.argmax(1)] & np.isin(np.arange(len(model.template)), model.skin)


@pytest.fixture(scope="module")
def coat(covered: np.ndarray) -> Float[np.ndarray, "v"]:
    """Three centimetres on trunk, arms and legs."""
    return np.where(covered, OFF_M, 0).astype(np.float32)


def wear(drawn: DrawnBody, clothes: Float[np.ndarray, "v"]) -> DrawnBody:
    return draw_placed(dress(drawn, clothes), drawn.size)


def person(drawn: DrawnBody) -> torch.Tensor:
    return drawn.nearest.part >= 0


def overlap(ours: DrawnBody, theirs: DrawnBody) -> float:
    a, b = person(ours), person(theirs)
    return float((a & b).sum() / (a | b).sum())


def test_a_coat_is_found_by_its_outline(painted: Painted, coat: Float[np.ndarray, "v"], covered: np.ndarray) -> None:
    drawn, *_ = painted(0.0)
    found = measure_clothes(drawn, person(wear(drawn, coat)))
    assert np.median(found[covered]) == pytest.approx(CAUTION * OFF_M, rel=0.2)
    assert np.percentile(np.abs(found), 99) < 2 * OFF_M


@pytest.mark.parametrize("turn", [0.8, np.pi / 2, np.pi])
def test_it_is_worn_in_views_that_the_photo_does_not_show(
    painted: Painted, coat: Float[np.ndarray, "v"], turn: float
) -> None:
    drawn, *_ = painted(0.0)
    other, *_ = painted(turn)
    found = measure_clothes(drawn, person(wear(drawn, coat)))
    truth = wear(other, coat)
    assert overlap(wear(other, found), truth) > 0.93
    assert 1 - overlap(wear(other, found), truth) < 0.6 * (1 - overlap(other, truth))


def test_a_bare_body_stays_bare(painted: Painted) -> None:
    drawn, *_ = painted(0.4)
    found = measure_clothes(drawn, person(drawn))
    assert np.abs(found).mean() < 0.004
    assert overlap(wear(drawn, found), drawn) > 0.97


def test_where_nobody_is_nothing_is_worn(painted: Painted) -> None:
    drawn, *_ = painted(0.0)
    found = measure_clothes(drawn, torch.zeros(drawn.size, drawn.size, dtype=torch.bool))
    assert found.max() <= 0
    assert found.min() > -0.02


def test_fingers_and_toes_do_not_turn_inside_out(painted: Painted) -> None:
    drawn, *_ = painted(0.4)
    model = body_model()
    thin = np.array([name.startswith(("finger", "toe")) for name in model.bone_names])[model.weights.argmax(1)]
    narrow = -torch.nn.functional.max_pool2d(-person(drawn).float()[None, None], 3, stride=1, padding=1)
    found = measure_clothes(drawn, narrow[0, 0] > 0.5)
    assert found.min() < -0.002, "the person is narrower than the body"
    assert found[thin].min() >= 0


@pytest.mark.parametrize(("off_m", "toes"), [(0.0, True), (0.001, True), (0.004, False), (0.012, False)])
def test_shoes_have_no_toes_and_bare_feet_have(painted: Painted, off_m: float, toes: bool) -> None:
    drawn, *_ = painted(0.5)
    model = body_model()
    bones = np.array(model.bone_names)[model.weights.argmax(1)]
    foot = model.skin[[bone.startswith(("foot", "toe")) and bone.endswith("L") for bone in bones[model.skin]]]
    worn = dress(drawn, np.full(len(model.template), off_m, dtype=np.float32))
    places = (worn.vertices / worn.vertices.new_tensor([worn.scale, worn.scale, 1])).numpy()[foot]
    hull = ConvexHull(places)
    deep = -(places @ hull.equations[:, :3].T + hull.equations[:, 3]).max(1)
    between = deep[[bone.startswith(("toe2", "toe3", "toe4")) for bone in bones[foot]]]
    assert (between.max() > 0.01) == toes


def test_what_lies_beside_the_person_is_no_cloth(painted: Painted) -> None:
    """A mask that does not end within reach says nothing."""
    drawn, *_ = painted(0.0)
    assert not measure_clothes(drawn, torch.ones(drawn.size, drawn.size, dtype=torch.bool)).any()


def test_eyes_move_as_a_whole_with_the_skin_around_them(painted: Painted) -> None:
    drawn, *_ = painted(np.pi / 2)
    moved = dress(drawn, np.full(len(body_model().template), OFF_M, dtype=np.float32)).vertices - drawn.vertices
    piece, skin = _pieces()
    apart = [piece == number for number in np.unique(piece[body_model().skin]) if number != skin]
    assert len(apart) >= 2, "two eyes at least"
    for one in apart:
        steps = moved[torch.as_tensor(one)]
        assert torch.allclose(steps, steps[:1].expand_as(steps), atol=1e-6)
        assert float(steps[0, :2].norm()) < OFF_M * drawn.scale


def test_a_bare_hand_before_a_coat_stays_before_it(painted: Painted, coat: Float[np.ndarray, "v"]) -> None:
    drawn, *_ = painted(0.0)
    skin = torch.as_tensor(body_model().skin)
    assert torch.equal(wear(drawn, coat).vertices[skin, 2], drawn.vertices[skin, 2])


def test_another_body_in_its_place_can_wear_them(painted: Painted, coat: Float[np.ndarray, "v"]) -> None:
    drawn, *_ = painted(0.0)
    dressed = replace(wear(drawn, coat), bare=drawn)
    skin = torch.as_tensor(body_model().skin)
    worn = lend_clothes(dressed)
    assert worn is not None
    assert torch.allclose(worn(drawn.vertices[skin]), dressed.vertices[skin], atol=1e-4)
    assert lend_clothes(drawn) is None


def test_a_bare_volume_in_its_place_wears_them(painted: Painted, coat: Float[np.ndarray, "v"]) -> None:
    drawn, *_ = painted(0.0)
    topology = mesh(drawn.vertices.device)
    volume = voxelise(drawn.vertices, topology.faces, topology.parts, scale=drawn.scale)
    dressed = replace(wear(drawn, coat), bare=drawn)
    assert overlap(project_bare_volume(volume, dressed), dressed) > 0.97
    assert overlap(project_bare_volume(volume, dressed), dressed) > overlap(drawn, dressed) + 0.1
    assert overlap(project_bare_volume(volume, wear(drawn, coat)), drawn) > 0.97, "no word of a bare body: as it is"


def test_a_view_knows_the_clothes_and_several_views_their_mean(painted: Painted, coat: Float[np.ndarray, "v"]) -> None:
    def see(turn: float, clothes: Float[np.ndarray, "v"], *, dressed: bool = True) -> SourceView:
        drawn, posed, image, _ = painted(turn)
        mask = person(wear(drawn, clothes)).float()[None, None]
        return view_source(image, parse_source(drawn, mask), drawn, posed, dressed=dressed)

    bare = see(0.0, coat, dressed=False)
    assert bare.clothes is None
    front, back = see(0.0, coat), see(np.pi, 0 * coat)
    assert overlap(front.drawn, wear(painted(0.0)[0], coat)) > 0.95
    both = join_views(front, [back])
    assert both.clothes is not None
    assert front.clothes is not None
    assert back.clothes is not None
    assert np.allclose(both.clothes, (front.clothes + back.clothes) / 2)
    assert join_views(bare, [replace(bare)]).clothes is None


def test_normals_point_outwards(painted: Painted) -> None:
    drawn: PlacedBody = painted(0.0)[0]
    nose = body_model().keypoint_weights[0].argmax()
    assert drawn.normals[nose, 2] < 0, "towards the viewer"
    assert torch.allclose(drawn.normals[body_model().skin].norm(dim=1), torch.tensor(1.0), atol=1e-4)
