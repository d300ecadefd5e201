"""Which part a pixel belongs to, told by its colour where the fit is a few pixels off."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import Bool, Float, Integer

from layerpose.estimation.part_colours import weigh_by_colour
from layerpose.types import CLASSES

SIZE = 128
TORSO, LEFT_ARM, LEFT_LEG, RIGHT_LEG = (CLASSES.index(name) for name in ("torso", "left_arm", "left_leg", "right_leg"))
SHIRT, SKIN, TROUSERS = (0.2, 0.3, 0.8), (0.8, 0.6, 0.5), (0.1, 0.1, 0.12)
OFF = 3
"""Pixels by which the fit is beside the picture."""


def stripes(names: tuple[int, ...], edges: tuple[int, ...]) -> Integer[np.ndarray, "s s"]:
    """Upright stripes of labels between the edges; nobody beyond the last."""
    columns = np.zeros(SIZE, dtype=np.int64)
    for name, left, right in zip(names, edges, edges[1:], strict=False):
        columns[left:right] = name
    return np.tile(columns, (SIZE, 1))


def painted(
    true: Integer[np.ndarray, "s s"], colours: dict[int, tuple[float, ...]], seed: int = 0
) -> Float[np.ndarray, "s s 3"]:
    picture = np.full((SIZE, SIZE, 3), 0.5)
    for name, colour in colours.items():
        picture[true == name] = colour
    return np.clip(picture + np.random.default_rng(seed).normal(scale=0.02, size=picture.shape), 0, 1)


def apart(size: int = SIZE) -> Bool[np.ndarray, "s s 7"]:
    """No joint anywhere."""
    return np.zeros((size, size, len(CLASSES)), dtype=bool)


@pytest.mark.parametrize("off", [-OFF, OFF])
def test_an_arm_beside_its_place_keeps_its_skin_and_the_shirt_its_cloth(off: int) -> None:
    true = stripes((TORSO, LEFT_ARM), (10, 60, 110))
    fitted = stripes((TORSO, LEFT_ARM), (10, 60 + off, 110))
    found = weigh_by_colour(painted(true, {TORSO: SHIRT, LEFT_ARM: SKIN}), fitted, fitted, apart()).argmax(-1)
    assert (fitted == true).mean() < 0.98
    assert (found == true).mean() > 0.995


def test_parts_of_one_colour_stay_as_the_fit_has_them() -> None:
    fitted = stripes((TORSO, LEFT_ARM), (10, 60, 110))
    picture = painted(fitted, {TORSO: SHIRT, LEFT_ARM: SHIRT})
    assert (weigh_by_colour(picture, fitted, fitted, apart()).argmax(-1) == fitted).mean() > 0.99


def test_a_leg_in_the_shade_stays_the_leg_it_is() -> None:
    """Both legs wear the same; what is darker on one of them is no reason to give it to the other."""
    fitted = stripes((LEFT_LEG, RIGHT_LEG), (10, 60, 110))
    picture = painted(fitted, {LEFT_LEG: TROUSERS, RIGHT_LEG: TROUSERS})
    picture[:, 40:60] += 0.25
    picture[:, 80:110] += 0.25
    assert (weigh_by_colour(picture, fitted, fitted, apart()).argmax(-1) == fitted).mean() > 0.97


def test_at_a_joint_the_fit_decides() -> None:
    """A shirt that hangs over the hips does not make them torso."""
    true, fitted = (stripes((TORSO, LEFT_LEG), (10, edge, 110)) for edge in (64, 60))
    picture, joined = painted(true, {TORSO: SHIRT, LEFT_LEG: TROUSERS}), apart()
    joined[..., [TORSO, LEFT_LEG]] = True
    assert (weigh_by_colour(picture, fitted, fitted, joined).argmax(-1) == fitted).all()


def test_nobody_is_where_there_is_no_label_and_chances_add_up() -> None:
    fitted = stripes((TORSO, LEFT_ARM), (10, 60, 110))
    chances = weigh_by_colour(painted(fitted, {TORSO: SHIRT, LEFT_ARM: SKIN}), fitted, fitted, apart())
    assert (chances[fitted == 0] == np.eye(len(CLASSES))[0]).all()
    assert np.allclose(chances.sum(-1), 1, atol=1e-5)


def test_a_part_of_a_few_pixels_is_no_reason_to_fail() -> None:
    fitted = stripes((TORSO, LEFT_ARM), (10, 60, 110))
    body = np.where(fitted == LEFT_ARM, 0, fitted)
    picture = painted(fitted, {TORSO: SHIRT, LEFT_ARM: SKIN})
    assert (weigh_by_colour(picture, fitted, body, apart()).argmax(-1) == fitted).mean() > 0.99
