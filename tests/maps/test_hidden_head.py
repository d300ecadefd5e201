"""Heads of which a photo hides a part."""

import numpy as np
import pytest

from layerpose.body.model import body_model
from layerpose.maps.hair import HAIR, SKIN, hairiness, head_vertices, tell_hair
from layerpose.maps.hidden_head import paint_hidden_head
from layerpose.maps.usual import bundled_usual

BLONDE, PINK = np.array([0.4, 0.2, -0.4]), np.array([0.7, 0.3, 0.2])
PLACES = body_model().template[head_vertices()]
EARS = -0.07
"""Where they begin, in metres from the front to the back."""


def seen_from_behind_the_left_ear():
    """Colours as of a person whose hair, neck and left temple alone are seen, and which vertices those are."""
    usual = hairiness()
    known = (usual > HAIR) | (PLACES[:, 0] > 0.055)
    return np.where(usual[:, None] < 0.5, PINK, BLONDE), known


def seen_in_front():
    """Colours as of a person who is seen in front, and which vertices are seen."""
    return np.where(hairiness()[:, None] < 0.5, PINK, BLONDE), PLACES[:, 1] < EARS


def test_hidden_face_is_skin_though_what_is_shown_is_mostly_hair():
    colours, known = seen_from_behind_the_left_ear()
    patchy = np.where(known[:, None], colours, BLONDE)

    made = paint_hidden_head(patchy, known, known)

    face = (bundled_usual().face[head_vertices()] != 0).any(1) & (hairiness() < SKIN) & ~known
    assert face.sum() > 500
    assert np.abs(made[face] - PINK).max() < 0.05
    assert (made[known] == patchy[known]).all(), "all that is seen stays"


def test_back_of_a_head_is_hair_down_to_the_neck_though_only_its_face_is_seen():
    colours, known = seen_in_front()
    patchy = np.where(known[:, None], colours, np.where(PLACES[:, :1] > 0, PINK, BLONDE))

    made = paint_hidden_head(patchy, known, known)

    hidden = ~known
    scalp, neck = hidden & (hairiness() > HAIR), hidden & (hairiness() < 0.2) & (PLACES[:, 2] < 0.65)
    assert scalp.sum() > 150
    assert neck.sum() > 50
    assert np.abs(made[scalp] - BLONDE).max() < 0.05
    assert np.abs(made[neck] - PINK).max() < 0.05


@pytest.mark.parametrize("lower", [True, False])
def test_hairline_is_this_persons(lower: bool):
    colours, known = seen_in_front()
    temples = (np.abs(PLACES[:, 0]) > 0.05) & (hairiness() < 0.6) & (PLACES[:, 2] > 0.7)
    colours[temples] = BLONDE if lower else PINK
    beside = temples & ~known & (PLACES[:, 1] < EARS + 0.015)

    made = paint_hidden_head(np.where(known[:, None], colours, 0.0), known, known)

    assert beside.sum() > 20
    off = [np.linalg.norm(made[beside] - stuff, axis=1) for stuff in (BLONDE, PINK)]
    assert ((off[0] < off[1]) == lower).mean() > 0.8


def test_head_of_one_colour_stays_as_it_is():
    colours, known = np.tile(PINK, (len(head_vertices()), 1)), seen_from_behind_the_left_ear()[1]

    assert (paint_hidden_head(colours, known, known) == colours).all()


def test_fringe_and_hair_before_the_ears_are_told_by_their_colour():
    colours, known = seen_in_front()
    fringe = known & (hairiness() < 0.1) & ((PLACES[:, 2] > np.quantile(PLACES[:, 2], 0.8)) | (PLACES[:, 0] > 0.06))
    colours[fringe] = BLONDE

    told = tell_hair(colours + np.random.default_rng(0).normal(0, 0.03, colours.shape), known)

    assert told is not None
    assert fringe.sum() > 20
    chances = told.chances[fringe[known]]
    assert (chances > 0.5).mean() > 0.9


def test_hair_is_usual_on_the_crown_and_not_on_nose_and_cheeks():
    usual = hairiness()
    crown, nose = PLACES[:, 2].argmax(), PLACES[:, 1].argmin()

    assert usual[crown] > 0.95
    assert usual[nose] < 0.05
