"""Left and right stay what they are, whatever a single frame says."""

from __future__ import annotations

import numpy as np
import pytest

from layerpose.estimation.sides import PAIRS, find_sides

STANDING = {11: (0.18, -0.5), 13: (0.22, -0.2), 15: (0.25, 0.05), 23: (0.1, 0.0), 25: (0.1, 0.45), 27: (0.1, 0.88)}
"""Left joints of someone who faces the camera: x to the person's left and y down, in metres."""


@pytest.fixture
def world() -> np.ndarray:
    """20 frames in which someone turns slowly."""
    points = np.zeros((33, 3))
    for left, (x, y) in STANDING.items():
        points[left], points[left + 1] = (x, y, 0.0), (-x, y, 0.0)
    yaws = np.linspace(0, 1.2, 20)
    turned = np.stack([points] * 20)
    turned[..., 0], turned[..., 2] = points[:, 0] * np.cos(yaws)[:, None], points[:, 0] * np.sin(yaws)[:, None]
    return turned


def exchange(world: np.ndarray, frames: slice, first: int) -> None:
    order = np.arange(33)
    for left, right in PAIRS:
        if left >= first:
            order[[left, right]] = right, left
    world[frames] = world[frames][:, order]


@pytest.mark.parametrize(("first", "arms"), [(0, True), (23, False)])
def test_sides_that_are_exchanged_for_some_frames_are_put_right(world: np.ndarray, first: int, arms: bool) -> None:
    wrong = world.copy()
    exchange(wrong, slice(6, 12), first)
    sides = find_sides(wrong)
    expected = np.isin(np.arange(20), range(6, 12))
    assert (sides.legs == expected).all()
    assert (sides.arms == (expected & arms)).all()
    assert sides.put_right(wrong) == pytest.approx(world)


def test_someone_seen_from_behind_all_the_time_is_not_turned_round(world: np.ndarray) -> None:
    behind = world * [-1, 1, -1]
    sides = find_sides(behind)
    assert not sides.arms.any()
    assert not sides.legs.any()
