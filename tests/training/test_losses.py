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


def test_texture_counts_how_strong_features_are_but_not_where() -> None:
    """Two taps; a feature of 8 in one of 256 pixels has a root mean square of 8 / 16 = 0.5."""
    found = [torch.zeros(1, 1, 16, 32), torch.zeros(1, 1, 8, 16)]
    elsewhere, gone = ([features.clone() for features in found] for _ in range(2))
    found[0][..., 3, 5], elsewhere[0][..., 12, 1] = 8.0, 8.0
    assert float(losses.texture_loss(found, elsewhere)) == 0
    faint = losses.FAINT
    by_hand = (math.sqrt(0.25 + faint) - math.sqrt(faint)) / 2 / 2  # in one of two cells, of one of two taps
    assert float(losses.texture_loss(found, gone)) == pytest.approx(by_hand)
    found[1][..., 0, 9] = 3.0
    elsewhere[1][..., 0, 3] = 3.0  # in another cell
    by_hand = (math.sqrt(9 / 64 + faint) - math.sqrt(faint)) / 2  # in both cells, of one of two taps
    assert float(losses.texture_loss(found, elsewhere)) == pytest.approx(by_hand)


def test_of_a_texture_only_what_is_visible_counts() -> None:
    """One tap, two cells; the second one's right half is hidden, and so is the grain there."""
    made, wanted, visible = torch.zeros(1, 1, 16, 32), torch.zeros(1, 1, 16, 32), torch.ones(1, 1, 16, 32)
    visible[..., 24:] = 0
    made[..., 3, 30] = 5.0
    assert float(losses.masked_texture_loss([made], [wanted], visible)) == 0
    made[..., 3, 20] = 8.0
    strength = math.sqrt(64 / 128 + losses.FAINT) - math.sqrt(losses.FAINT)
    by_hand = 0.5 * strength / 1.5  # half of a cell, of one and a half
    assert float(losses.masked_texture_loss([made], [wanted], visible)) == pytest.approx(by_hand)
    assert float(losses.masked_texture_loss([made], [wanted], torch.zeros_like(visible))) == 0


def test_colour_loss_weighs_the_foreground() -> None:
    image, target = torch.zeros(1, 3, 1, 2), torch.tensor([1.0, 3.0]).expand(1, 3, 1, 2)
    weight = torch.tensor([3.0, 1.0]).view(1, 1, 1, 2)
    assert float(losses.colour_loss(image, target)) == pytest.approx(2.0)
    assert float(losses.colour_loss(image, target, weight)) == pytest.approx((1 * 3 + 3 * 1) / 4)


def test_a_batch_costs_the_mean_of_what_its_samples_cost() -> None:
    """Also where one sample shows much and another little: processes that share a batch depend on it."""
    torch.manual_seed(0)
    image, target = torch.rand(3, 3, 8, 8), torch.rand(3, 3, 8, 8)
    mask = torch.zeros(3, 1, 8, 8)
    mask[0, :, :1], mask[1] = 1, 1
    scores, other = torch.randn(3, 1), torch.randn(3, 1)
    made = [[torch.randn(3, 2, 4, 4), torch.randn(3, 1, 4, 4)] for _ in range(2)]
    real = [[torch.randn(3, 2, 4, 4), torch.randn(3, 1, 4, 4)] for _ in range(2)]
    costs = {
        "colour": lambda n: losses.colour_loss(image[n], target[n], 1 + 4 * mask[n]),
        "seen": lambda n: losses.colour_loss(image[n], target[n], mask[n]),
        "perceptual": lambda n: losses.masked_perceptual_loss([image[n]], [target[n]], mask[n]),
        "texture": lambda n: losses.texture_loss([image[n].repeat(1, 1, 4, 4)], [target[n].repeat(1, 1, 4, 4)]),
        "texture seen": lambda n: losses.masked_texture_loss(
            [image[n].repeat(1, 1, 4, 4)], [target[n].repeat(1, 1, 4, 4)], mask[n].repeat(1, 1, 4, 4)
        ),
        "completeness": lambda n: losses.completeness_loss(scores[n]),
        "judge layer": lambda n: losses.completeness_discriminator_loss(scores[n], other[n]),
        "adversarial": lambda n: losses.patch_adversarial_loss(cut(made, n)),
        "judge": lambda n: losses.patch_discriminator_loss(cut(real, n), cut(made, n)),
        "hinge": lambda n: losses.hinge_adversarial_loss(cut(made, n)),
        "hinge judge": lambda n: losses.hinge_discriminator_loss(cut(real, n), cut(made, n)),
        "matching": lambda n: losses.feature_matching_loss(cut(real, n), cut(made, n)),
    }
    for name, cost in costs.items():
        alone = sum(float(cost(slice(n, n + 1))) for n in range(3)) / 3
        assert float(cost(slice(None))) == pytest.approx(alone, rel=1e-5), name


def cut(scales: list[list[torch.Tensor]], part: slice) -> list[list[torch.Tensor]]:
    return [[features[part] for features in scale] for scale in scales]


def test_hinge_losses_by_hand() -> None:
    real, made = [[torch.tensor([0.5, 2.0]).view(1, 1, 1, 2)]], [[torch.tensor([-3.0, 1.0]).view(1, 1, 1, 2)]]
    assert float(losses.hinge_adversarial_loss(made)) == pytest.approx(1.0)
    assert float(losses.hinge_discriminator_loss(real, made)) == pytest.approx((0.5 + 0) / 4 + (0 + 2) / 4)


def test_r1_is_half_the_squared_slope() -> None:
    real = torch.rand(2, 3, 4, 4, requires_grad=True)
    slope = torch.arange(96.0).view(2, 3, 4, 4) / 50
    penalty = losses.r1_penalty([(real * slope).sum((1, 2, 3))[:, None]], real)
    assert penalty.item() == pytest.approx(float((slope**2).sum()) / 2 / 2, rel=1e-5)
    flat = losses.r1_penalty([real.sum((1, 2, 3))[:, None] * 0 + 7], real)
    assert flat.item() == 0


def test_the_completeness_loss_has_the_gradient_of_cross_entropy() -> None:
    scores, other = torch.randn(5, 1, requires_grad=True), torch.randn(5, 1)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    ours = losses.completeness_discriminator_loss(scores, other)
    theirs = entropy(scores, torch.ones(5, 1)) + entropy(other, torch.zeros(5, 1))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    (ours_slope,), (theirs_slope,) = (torch.autograd.grad(loss, scores) for loss in (ours, theirs))
    assert torch.allclose(ours_slope, theirs_slope, atol=1e-6)
    assert losses.completeness_loss(scores).item() == pytest.approx(entropy(scores, torch.ones(5, 1)).item(), rel=1e-5)


def test_what_a_viewer_sees_is_the_first_full_voxel() -> None:
    """By hand: two slices, empty or one of two parts; the first voxel decides, hidden ones count for nothing."""
    chances = torch.tensor([[[[0.5], [0.2]], [[0.3], [0.1]], [[0.2], [0.7]]]])
    logits = chances.log()

    def loss(near: int, far: int) -> float:
        return float(losses.projection_loss(logits, torch.tensor([[[near], [far]]], dtype=torch.uint8)))

    assert loss(1, 2) == pytest.approx(-math.log(0.3 + 0.5 * 0.1))
    assert loss(1, 0) == loss(1, 2)
    assert loss(0, 2) == pytest.approx(-math.log(0.2 + 0.5 * 0.7))
    assert loss(0, 0) == pytest.approx(-math.log(0.5 * 0.2))
