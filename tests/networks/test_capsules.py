"""Capsules lie where their skeleton says, as thick as they are told, and learn."""

from __future__ import annotations

import pytest
import torch

from layerpose.networks.capsules import FLOOR, UNIT, Capsules, Skeleton

RADIUS_M, SCALE, SLICES = 0.1, 0.5, 40


@pytest.fixture
def capsules() -> Capsules:
    """An arm (label 1) across the canvas and a leg (label 2) towards the viewer; a metre is half the canvas."""
    return Capsules([1, 2], [(RADIUS_M, RADIUS_M)] * 2, num_labels=3, num_slices=SLICES, depth_range_m=1.0)


@pytest.fixture
def skeleton() -> Skeleton:
    arm = [[0.3, 0.5, 0.1], [0.7, 0.5, 0.1]]
    leg = [[0.5, 0.8, -0.3], [0.5, 0.8, 0.3]]
    return Skeleton(axes=torch.tensor([[arm, leg]]), scale=torch.tensor([SCALE]))


def labels(capsules: Capsules, skeleton: Skeleton, *places: tuple[float, float], growth: float = 0.0) -> torch.Tensor:
    """Of one column for each place."""
    at = torch.tensor([places])
    with torch.no_grad():
        return capsules(skeleton, at, torch.full((1, 2, len(places)), growth))[0].argmax(0).T


def depths_m(column: torch.Tensor, label: int) -> tuple[float, float]:
    """From where to where a column is of a label."""
    there = torch.nonzero(column == label).flatten()
    return float(there[0]) / SLICES * 2 - 1, float(there[-1] + 1) / SLICES * 2 - 1


def test_a_capsule_is_a_tube_around_its_axis(capsules: Capsules, skeleton: Skeleton) -> None:
    through, beside, beyond = labels(capsules, skeleton, (0.5, 0.5), (0.5, 0.56), (0.78, 0.5))
    assert depths_m(through, 1) == pytest.approx((0.1, 0.3), abs=2 / SLICES)
    assert not beside.any()
    assert not beyond.any()
    end = labels(capsules, skeleton, (0.74, 0.5))[0]
    assert end.any(), "the end is round"
    assert (end > 0).sum() < (through > 0).sum()


def test_towards_the_viewer_it_is_as_deep_as_it_is_long(capsules: Capsules, skeleton: Skeleton) -> None:
    column = labels(capsules, skeleton, (0.5, 0.8))[0]
    assert depths_m(column, 2) == pytest.approx((-0.7, 0.7), abs=2 / SLICES)


def test_growth_makes_it_thicker_there(capsules: Capsules, skeleton: Skeleton) -> None:
    beside = (0.5, 0.56)
    assert not labels(capsules, skeleton, beside).any()
    assert labels(capsules, skeleton, beside, growth=0.02 / UNIT).any()


def test_far_from_everything_the_parts_are_unlikely_but_not_impossible(capsules: Capsules, skeleton: Skeleton) -> None:
    logits = capsules(skeleton, torch.tensor([[[0.05, 0.05]]]), torch.zeros(1, 2, 1))
    assert (logits[:, 0] == 0).all()
    assert (logits[:, 1:] == FLOOR).all()


def test_radii_and_growth_learn_from_the_voxels(capsules: Capsules, skeleton: Skeleton) -> None:
    """A column of the arm that should be empty makes the arm thinner, there and everywhere."""
    growth = torch.zeros(1, 2, 1, requires_grad=True)
    logits = capsules(skeleton, torch.tensor([[[0.5, 0.5]]]), growth)
    torch.nn.functional.cross_entropy(logits, torch.zeros(1, SLICES, 1, dtype=torch.long)).backward()
    assert growth.grad is not None
    assert capsules.radii_m.grad is not None
    assert growth.grad[0, 0, 0] > 0 == growth.grad[0, 1, 0]
    assert (capsules.radii_m.grad[0] > 0).all()
    assert (capsules.radii_m.grad[1] == 0).all()
