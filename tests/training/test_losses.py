"""The losses against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from layerpose.networks.perceptual import TAP_WEIGHTS
from layerpose.training import losses


def test_completeness_losses_by_hand() -> None:
    assert float(losses.completeness_loss(torch.zeros(3, 1))) == pytest.approx(math.log(2))
    assert float(losses.completeness_loss(torch.full((1, 1), 20.0))) < 1e-6
    both = losses.completeness_discriminator_loss(torch.zeros(2, 1), torch.zeros(2, 1))
    assert float(both) == pytest.approx(2 * math.log(2))


def test_masked_perceptual_loss_counts_the_visible_region_only() -> None:
    found = [torch.zeros(1, 2, 4, 4)]
    wanted = [torch.zeros(1, 2, 4, 4)]
    wanted[0][..., :2] = 3.0
    wanted[0][..., 2:] = 100.0
    visible = torch.zeros(1, 1, 4, 4)
    visible[..., :2] = 1
    assert float(losses.masked_perceptual_loss(found, wanted, visible)) == pytest.approx(3.0 * TAP_WEIGHTS["1_2"])
    everywhere = losses.perceptual_loss(found, wanted)
    assert float(everywhere) == pytest.approx(51.5 * TAP_WEIGHTS["1_2"])


def test_nothing_visible_costs_nothing() -> None:
    nothing = losses.masked_perceptual_loss(
        [torch.zeros(1, 1, 2, 2)], [torch.ones(1, 1, 2, 2)], torch.zeros(1, 1, 2, 2)
    )
    assert float(nothing) == 0


def test_patch_losses_by_hand() -> None:
    real = [[torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.5)]]
    made = [[torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), -1.0)]]
    assert float(losses.patch_adversarial_loss(made)) == pytest.approx(4.0)
    assert float(losses.patch_discriminator_loss(real, made)) == pytest.approx(0.25 / 2 + 1.0 / 2)
    assert float(losses.feature_matching_loss(real, made)) == pytest.approx(1.0)


def test_colour_loss_weighs_the_foreground() -> None:
    image, target = torch.zeros(1, 3, 1, 2), torch.tensor([1.0, 3.0]).expand(1, 3, 1, 2)
    weight = torch.tensor([3.0, 1.0]).view(1, 1, 1, 2)
    assert float(losses.colour_loss(image, target)) == pytest.approx(2.0)
    assert float(losses.colour_loss(image, target, weight)) == pytest.approx((1 * 3 + 3 * 1) / 4)
