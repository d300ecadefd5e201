"""Holes filled with what the picture shows elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from layerpose.scene.filling import fill_hole
from layerpose.scene.patches import complete
from layerpose.scene.poisson import solve, sum_steps

SIDE = 96
BLUE, RED = (40, 90, 200), (250, 0, 0)


def hole_in_the_middle() -> np.ndarray:
    hole = np.zeros((SIDE, SIDE), dtype=bool)
    hole[24:72, 36:60] = True
    return hole


def bricks() -> np.ndarray:
    """Rows of six pixels, each row moved: no two columns are the same."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    joint = (rows % 6 == 0) | ((columns + 5 * (rows // 6)) % 12 == 0)
    return np.where(joint[..., None], 60, (190, 110, 80)).astype(np.uint8)


def test_a_wall_goes_on_through_the_hole_with_its_joints() -> None:
    wall, hole = bricks(), hole_in_the_middle()
    filled = complete(np.where(hole[..., None], RED, wall).astype(np.uint8), hole, ~hole)
    assert filled is not None
    inside = filled[hole].mean(1)
    truth = wall[hole].astype(float).mean(1)
    assert abs(inside.mean() - truth.mean()) < 6
    assert 0.7 < inside.std() / truth.std() < 1.2, "the joints are there, and sharp"
    rows = filled[24:72, 36:60].mean((1, 2))
    assert np.corrcoef(rows, wall[24:72, 36:60].mean((1, 2)))[0, 1] > 0.9, "at the height of those beside them"


def test_what_the_picture_shows_stays_and_what_is_not_known_is_never_copied() -> None:
    """Red may be seen beside the hole and nowhere else: neither hole nor known, as another person is."""
    wall, hole = bricks(), hole_in_the_middle()
    wall[:, 62:] = RED
    filled = complete(wall, hole, ~hole & (np.arange(SIDE) < 61))
    assert filled is not None
    assert np.array_equal(filled[~hole], wall[~hole])
    assert filled[hole][:, 1].min() > 40, "none of it is red"


def test_light_that_fades_across_a_wall_fades_across_the_hole() -> None:
    light = np.linspace(60, 220, SIDE)
    wall = np.repeat(np.repeat(light[None, :, None], SIDE, axis=0), 3, axis=2).astype(np.uint8)
    hole = hole_in_the_middle()
    filled = complete(np.where(hole[..., None], 0, wall).astype(np.uint8), hole, ~hole)
    assert filled is not None
    assert np.abs(filled[hole] - wall[hole]).mean() < 5
    assert np.diff(filled[48, 30:66].mean(1)).max() < 8, "without a step"


def test_the_same_hole_is_filled_in_the_same_way() -> None:
    wall, hole = bricks(), hole_in_the_middle()
    first, again = (complete(wall, hole, ~hole) for _ in range(2))
    assert first is not None
    assert np.array_equal(first, again)


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_where_next_to_nothing_is_known_the_hole_takes_the_colour_of_it(shape: tuple[int, ...]) -> None:
    scene = np.zeros((SIDE, SIDE, *shape), dtype=np.uint8)
    hole = np.ones((SIDE, SIDE), dtype=bool)
    hole[:4] = False
    scene[:4] = 120
    filled = fill_hole(scene, hole, ~hole)
    assert filled.shape == scene.shape
    assert np.abs(filled[hole] - 120).mean() < 8


def test_grey_photos_are_filled_grey() -> None:
    wall, hole = bricks()[..., 0], hole_in_the_middle()
    filled = fill_hole(wall, hole, ~hole)
    assert filled.shape == wall.shape
    assert 0.6 < filled[hole].std() / wall[hole].std() < 1.2


@pytest.mark.parametrize("edge", [0, 20])
def test_steps_lead_from_what_is_known_to_the_picture_whose_steps_they_are(edge: int) -> None:
    """A hole in the middle, or one that reaches the picture's edge, beyond which nothing is known."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(64, 80, 3)).cumsum(0).cumsum(1).astype(np.float32)
    hole = np.zeros((64, 80), dtype=bool)
    hole[edge:50, 20:60] = True
    start = np.where(hole[..., None], 0, truth)
    counts = np.ones(hole.shape, np.float32)
    wrong = sum_steps(start, counts, (np.diff(truth, axis=0), np.diff(truth, axis=1)))
    found, left = start.copy(), wrong
    for _ in range(12):
        found = found + solve(left * hole[..., None], hole, counts, 0.0)
        left = sum_steps(found, counts, (np.diff(truth, axis=0), np.diff(truth, axis=1)))
    assert np.abs(found - truth).max() < 0.02 * truth.std()
