"""Colours on hands and arms that are not theirs."""

import numpy as np

from layerpose.body.model import body_model
from layerpose.maps.foreign import find_foreign, vertices_of
from layerpose.maps.hair import hairiness, head_vertices
from layerpose.maps.joints import vertex_parts

SKIN, HAIR, RED, BLACK, WHITE = (
    np.array(colour)
    for colour in ((0.6, 0.2, 0.1), (-0.3, -0.5, -0.6), (0.8, -0.8, -0.8), (-0.9, -0.9, -0.9), (0.8,) * 3)
)
PLACES = body_model().template
SHOWN = vertex_parts() > 0


def dressed(trunk: np.ndarray = WHITE) -> np.ndarray:
    """Somebody in a sleeveless shirt: colours of all vertices."""
    colours = np.tile(SKIN, (len(PLACES), 1))
    colours[head_vertices()] = np.where(hairiness()[:, None] > 0.5, HAIR, SKIN)
    colours[vertex_parts() == 2] = trunk
    return colours + np.random.default_rng(0).normal(0, 0.05, colours.shape)


def tips(side: str) -> np.ndarray:
    """The outer half of a hand."""
    hand = vertices_of("hand", side)
    away = np.abs(PLACES[:, 0])
    return hand & (away > np.median(away[hand]))


def test_skirt_on_fingers_is_not_the_hands() -> None:
    colours = dressed()
    colours[tips("L")] = RED

    foreign = find_foreign(colours, SHOWN)

    assert (foreign == (tips("L") & SHOWN)).mean() > 0.999
    assert foreign.sum() > 50


def test_gloves_are_no_clothes_on_a_hand() -> None:
    colours = dressed()
    colours[vertices_of("hand", "L") | vertices_of("hand", "R")] = BLACK

    assert not find_foreign(colours, SHOWN).any()


def test_hair_over_an_arm_is_not_the_arms_and_a_sleeve_is() -> None:
    arm = vertices_of("upper arm", "R") & SHOWN
    inner = arm & (np.abs(PLACES[:, 0]) < np.quantile(np.abs(PLACES[arm, 0]), 0.4))
    covered, sleeved = dressed(), dressed()
    covered[inner], sleeved[arm | vertices_of("upper arm", "L")] = HAIR, HAIR

    assert (find_foreign(covered, SHOWN) == inner).mean() > 0.999
    assert inner.sum() >= 30
    assert not find_foreign(sleeved, SHOWN).any()


def test_hair_cannot_be_told_from_a_shirt_of_its_colour_unless_the_other_arm_is_bare() -> None:
    one, other = (vertices_of("upper arm", side) & SHOWN for side in "RL")
    upper = (one | other) & (np.abs(PLACES[:, 0]) < np.quantile(np.abs(PLACES[one, 0]), 0.4))
    sleeves, hair = dressed(trunk=HAIR), dressed(trunk=HAIR)
    sleeves[upper], hair[one] = HAIR, HAIR

    assert not find_foreign(sleeves, SHOWN).any()
    assert (find_foreign(hair, SHOWN) == one).mean() > 0.999


def test_nothing_is_foreign_of_somebody_whose_face_is_not_shown() -> None:
    colours = dressed()
    colours[tips("L")] = RED

    assert not find_foreign(colours, SHOWN & (vertex_parts() != 1)).any()
