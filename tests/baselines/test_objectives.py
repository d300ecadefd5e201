"""The compared systems' objectives: numbers by hand, who learns from what, and that each can learn two pairs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from layerpose.baselines import lwgan
from layerpose.baselines.dsc import DscConfig, nearest_neighbour_loss
from layerpose.baselines.features import FIRST_WEIGHTS, first_feature_loss, first_features, shallow_features
from layerpose.baselines.lwgan_network import LwGanConfig
from layerpose.baselines.pix2pixhd import Pix2PixHdConfig
from layerpose.baselines.registry import BASELINES, Baseline
from layerpose.data.pairs import Sample
from layerpose.networks.perceptual import TAP_MEANS, Vgg19
from layerpose.types import Term

SMALL: dict[str, Any] = {
    "pix2pixhd": Pix2PixHdConfig(width=12, num_blocks=2, discriminator_width=8),
    "dsc": DscConfig(width=16, discriminator_width=16),
    "lwgan": LwGanConfig(width=12, num_blocks=2, discriminator_width=8),
}
STEPS = {"pix2pixhd": (12, 4e-3), "dsc": (75, 1e-3), "lwgan": (20, 1e-3)}
"""How many, and the learning rate."""
LEARNERS = [pytest.param(name, marks=pytest.mark.long) if name in ("dsc", "lwgan") else name for name in BASELINES]
FALLS_TO = 0.65
"""The share of the source's own error on the person that is left after so few steps."""


def total(terms: list[Term]) -> Tensor:
    return torch.stack([term.weight * term.value for term in terms]).sum()


def error(image: Tensor, sample: Sample) -> float:
    """Mean L1 over the person."""
    return float(((image - sample.target).abs() * sample.mask).sum() / (3 * sample.mask.sum()))


@pytest.fixture(params=BASELINES)
def baseline(request: pytest.FixtureRequest) -> Baseline:
    return BASELINES[request.param]


@pytest.fixture
def networks(baseline: Baseline) -> nn.Module:
    torch.manual_seed(0)
    return baseline.make(SMALL[baseline.name])


@pytest.mark.parametrize("baseline", LEARNERS, indirect=True)
def test_every_baseline_learns_two_pairs(baseline: Baseline, networks: nn.Module, vgg: Vgg19, pairs: Sample) -> None:
    """Two optimizers, two sets of terms, nothing else: all that a loop has to know."""
    num_steps, rate = STEPS[baseline.name]
    maker = torch.optim.Adam(networks.generator.parameters(), lr=rate, betas=(0.5, 0.999))
    judge = torch.optim.Adam(networks.discriminator.parameters(), lr=1e-4, betas=(0.5, 0.999))
    for _ in range(num_steps):
        terms, image = baseline.generator_terms(networks, vgg, pairs)
        maker.zero_grad()
        total(terms).backward()
        maker.step()
        judge.zero_grad()
        total(baseline.discriminator_terms(networks, pairs, image)).backward()
        judge.step()
    with torch.no_grad():
        made = networks.eval()(pairs.conditions)
    assert made.shape == pairs.target.shape
    assert made.abs().max() <= 1
    assert error(made, pairs) < FALLS_TO * error(pairs.conditions.source, pairs)


def test_generator_and_discriminator_learn_apart(
    baseline: Baseline, networks: nn.Module, vgg: Vgg19, pairs: Sample
) -> None:
    terms, image = baseline.generator_terms(networks, vgg, pairs)
    total(terms).backward()
    assert all(parameter.grad is not None for parameter in networks.generator.parameters())
    assert all(parameter.grad is None for parameter in networks.discriminator.parameters())
    assert not image.requires_grad
    networks.zero_grad()
    total(baseline.discriminator_terms(networks, pairs, image)).backward()
    assert all(parameter.grad is None for parameter in networks.generator.parameters())
    assert all(parameter.grad is not None for parameter in networks.discriminator.parameters())
    names = [term.name for term in terms]
    assert len(set(names)) == len(names)


def test_half_precision_leaves_pictures_and_losses_whole(
    baseline: Baseline, slim: Vgg19, still: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Probabilities near 0 and 1, and colours, would be rounded away."""
    monkeypatch.setattr(lwgan, "HEAD_PIXELS", 32)  # numbers of 16 bits are slow here
    networks = baseline.make(type(baseline.config)(width=4, discriminator_width=4))
    with torch.autocast("cpu", torch.bfloat16):
        terms, image = baseline.generator_terms(networks, slim, still)
        judged = baseline.discriminator_terms(networks, still, image)
    assert image.dtype == torch.float32
    assert all(torch.isfinite(term.value) for term in (*terms, *judged))
    total(terms).backward()


def test_a_perfect_picture_costs_nothing_but_the_adversary(vgg: Vgg19, pairs: Sample) -> None:
    assert float(first_feature_loss(vgg, pairs.target, pairs.target)) == 0
    features = shallow_features(vgg, pairs.target)
    assert float(nearest_neighbour_loss(features, features)) == 0


def test_first_features_are_those_of_the_network(vgg: Vgg19, pairs: Sample) -> None:
    """relu1_2 comes one convolution after relu1_1; the first features are in the unit of [-1, 1]."""
    first = first_features(vgg, pairs.target)
    assert [features.shape[1] for features in first] == [64, 128, 256]
    assert [features.shape[2] for features in first] == [64, 32, 16]
    tap = vgg(pairs.target)[0] * TAP_MEANS["1_2"]
    assert torch.allclose(shallow_features(vgg, pairs.target), tap, rtol=1e-4)
    convolution = list(vgg.blocks[0].children())[2]
    assert torch.allclose(convolution(first[0] * 127.5).relu(), tap, rtol=1e-3, atol=1e-2)
    distances = [(a - b).abs().mean() for a, b in zip(first, first_features(vgg, -pairs.target), strict=True)]
    by_hand = sum(weight * float(distance) for weight, distance in zip(FIRST_WEIGHTS, distances, strict=False))
    assert float(first_feature_loss(vgg, pairs.target, -pairs.target)) == pytest.approx(by_hand, rel=1e-5)


def test_the_nearest_neighbour_loss_forgives_two_pixels_and_not_three() -> None:
    target = torch.zeros(1, 2, 9, 9)
    target[0, :, 4, 4] = 1
    for moved, cost in ((2, 0.0), (3, 2 / 81)):
        found = torch.roll(target, moved, dims=3)
        assert float(nearest_neighbour_loss(found, target)) == pytest.approx(cost)


def test_total_variation_by_hand() -> None:
    mask = torch.tensor([[0.0, 1.0], [0.0, 0.0]])[None, None]
    assert float(lwgan.total_variation(mask)) == pytest.approx(0.5 + 0.5)


def test_the_head_box_holds_the_head(pairs: Sample) -> None:
    bodies = pairs.conditions.bodies
    assert bodies is not None
    boxes = lwgan.head_box(bodies.target_keypoints)
    nose = bodies.target_keypoints[:, 0]
    assert ((nose > boxes[:, :2]) & (nose < boxes[:, :2] + boxes[:, 2:])).all()
    assert (boxes[:, 2] < 0.4).all()


def test_an_adversary_that_is_sure_costs_what_the_papers_say(vgg: Vgg19, pairs: Sample) -> None:
    """A discriminator that answers 0.5 everywhere: log 2 for DSC; for pix2pixHD 1/4 a scale; for LW-GAN 1/4."""

    class Answer(nn.Module):
        def __init__(self, value: object) -> None:
            super().__init__()
            self.value = value

        def forward(self, *_: Tensor) -> object:
            return self.value

    half = torch.full((2, 1, 4, 4), 0.5)
    expected = {"pix2pixhd": (0.5, (0.25, 0.25)), "dsc": (0.6931, (0.6931, 0.6931)), "lwgan": (0.25, (0.25, 2.25))}
    for name, (adversarial, judged) in expected.items():
        networks = BASELINES[name].make(SMALL[name])
        networks.discriminator = Answer([[half, half], [half, half]] if name == "pix2pixhd" else half)
        terms, image = BASELINES[name].generator_terms(networks, vgg, pairs)
        assert float(terms[0].value) == pytest.approx(adversarial, abs=1e-3)
        found = BASELINES[name].discriminator_terms(networks, pairs, image)
        assert [term.weight * float(term.value) for term in found] == pytest.approx(judged, abs=1e-3)
