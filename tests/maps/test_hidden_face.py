"""Faces that a photo hides."""

import numpy as np

from layerpose.body.model import body_model
from layerpose.maps.hidden_face import HAIR, SKIN, hairiness, head_vertices, paint_hidden_face
from layerpose.maps.usual import bundled_usual

BLONDE, PINK = np.array([0.4, 0.2, -0.4]), np.array([0.7, 0.3, 0.2])


def seen_from_behind_the_left_ear():
    """Colours as of a person whose hair, neck and left temple alone are seen, and which vertices those are."""
    usual, places = hairiness(), body_model().template[head_vertices()]
    known = (usual > HAIR) | (places[:, 0] > 0.055)
    return np.where(usual[:, None] < 0.5, PINK, BLONDE), known


def test_hidden_face_is_skin_though_what_is_shown_is_mostly_hair():
    colours, known = seen_from_behind_the_left_ear()
    patchy = np.where(known[:, None], colours, BLONDE)

    made = paint_hidden_face(patchy, known, known)

    face = (bundled_usual().face[head_vertices()] != 0).any(1) & (hairiness() < SKIN) & ~known
    assert face.sum() > 500
    assert np.abs(made[face] - PINK).max() < 0.05
    assert (made[~face] == patchy[~face]).all(), "hair, neck and all that is seen stays"


def test_head_of_one_colour_stays_as_it_is():
    colours, known = np.tile(PINK, (len(head_vertices()), 1)), seen_from_behind_the_left_ear()[1]

    assert (paint_hidden_face(colours, known, known) == colours).all()


def test_hair_is_usual_on_the_crown_and_not_on_nose_and_cheeks():
    usual, places = hairiness(), body_model().template[head_vertices()]
    crown, nose = places[:, 2].argmax(), places[:, 1].argmin()

    assert usual[crown] > 0.95
    assert usual[nose] < 0.05
