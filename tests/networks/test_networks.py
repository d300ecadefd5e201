"""The networks: sizes, receptive field, and that the discriminator's verdict depends on what it should."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.functional import group_norm, interpolate

from layerpose.config import GeneratorConfig
from layerpose.networks.blocks import Up
from layerpose.networks.discriminator import CompletenessDiscriminator, MultiScaleDiscriminator
from layerpose.networks.generator import Generator, clamp_through, settle
from layerpose.networks.norm import InstanceNorm


@pytest.mark.parametrize("patch", [1, 2])
@pytest.mark.parametrize("blend", [False, True])
def test_a_generator_keeps_the_size(patch: int, blend: bool) -> None:
    config = GeneratorConfig(width=4, num_downs=2, num_blocks=1, patch=patch, stem=3, skips=True, blend=blend)
    image, visible = torch.rand(2, 3, 32, 32), torch.ones(2, 1, 32, 32)
    warp = (image, visible, image) if blend else None
    out = Generator(config, 5)(torch.rand(2, 5, 32, 32), torch.rand(2, 3, 32, 32), warp)
    assert out.shape == (2, 3, 32, 32)


@pytest.mark.parametrize("norm", [False, True])
def test_up_doubles_every_pixel_and_convolves(norm: bool) -> None:
    up, features = Up(3, 2, norm=norm), torch.randn(2, 3, 5, 6, requires_grad=True)
    plain, short = up.block(interpolate(features, scale_factor=2.0, mode="nearest")), up(features)
    assert torch.allclose(short, plain, atol=1e-5)
    judged, weight = torch.randn_like(plain), up.block[0].weight
    slopes = (torch.autograd.grad((out * judged).sum(), [features, weight]) for out in (short, plain))
    assert all(torch.allclose(ours, theirs, atol=1e-4) for ours, theirs in zip(*slopes, strict=True))


def test_a_clamped_picture_learns_from_beyond_black_and_white() -> None:
    image = torch.tensor([-3.0, -1.0, 0.2, 1.7], requires_grad=True)
    clamped = clamp_through(image)
    assert torch.equal(clamped, image.clamp(-1, 1))
    (slope,) = torch.autograd.grad((clamped - 0.5).square().sum(), image)
    assert torch.equal(slope, 2 * (clamped - 0.5))


def test_what_is_as_good_as_grey_is_grey_and_still_learns() -> None:
    image = torch.tensor([[0.0, 0.007, 0.0], [0.0, 0.007, 0.009]]).T.view(1, 3, 1, 2).requires_grad_()
    settled = settle(image)
    assert settled[0, :, 0, 0].tolist() == [0, 0, 0]
    assert torch.equal(settled[..., 1], image[..., 1])
    (slope,) = torch.autograd.grad((settled - 1).square().sum(), image)
    assert torch.equal(slope, 2 * (settled - 1))


def test_a_hidden_warp_is_never_used() -> None:
    config = GeneratorConfig(width=4, num_downs=1, num_blocks=1, stem=3, blend=True)
    generator, stacked, base = Generator(config, 3), torch.rand(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    empty, hidden = torch.zeros(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    warp, other = (empty, hidden, empty), (torch.ones_like(empty), hidden, empty)
    assert torch.allclose(generator(stacked, base, warp), generator(stacked, base, other), atol=1e-6)


@pytest.mark.parametrize("patch", [1, 2])
def test_a_retouched_blend_is_the_blend_and_an_offset(patch: int) -> None:
    plain = GeneratorConfig(width=4, num_downs=1, num_blocks=1, patch=patch, stem=3, blend=True)
    torch.manual_seed(0)
    blended, retouched = Generator(plain, 3), Generator(replace(plain, retouch=True), 3)
    stacked, base, image = torch.rand(1, 3, 16, 16), torch.zeros(1, 3, 16, 16), torch.rand(1, 3, 16, 16) / 2
    warp = (image, torch.ones(1, 1, 16, 16), image)
    shared = {key: value for key, value in blended.state_dict().items() if not key.startswith("head")}
    retouched.load_state_dict(shared, strict=False)
    before = blended(stacked, base, warp)
    assert torch.allclose(retouched(stacked, base, warp), before, atol=1e-6), "an untrained one adds nothing"
    last = retouched.head[0]
    last.bias.data.unflatten(0, (9, patch**2))[7] = 0.1
    touched = retouched(stacked, base, warp) - before
    assert torch.allclose(touched[:, 1], torch.full((1, 16, 16), 2 * math.tanh(0.1)), atol=1e-6)
    assert touched[:, [0, 2]].abs().max() < 1e-6


def test_a_patch_sees_seventy_pixels() -> None:
    torch.manual_seed(0)
    discriminator = MultiScaleDiscriminator(num_scales=1, inputs=3, width=4).double()
    image = torch.rand(1, 3, 160, 160, dtype=torch.float64, requires_grad=True)
    for block in discriminator.scales[0].blocks:
        for layer in block if isinstance(block, torch.nn.Sequential) else ():
            if isinstance(layer, InstanceNorm):
                layer.forward = lambda x: x
    score = discriminator(image[:, :0], image)[0][-1]
    score[0, 0, score.shape[2] // 2, score.shape[3] // 2].backward()
    touched = torch.nonzero(image.grad[0].abs().sum((0, 1))).flatten()
    assert int(touched[-1] - touched[0] + 1) == 70


def test_completeness_judges_the_layer_beside_its_source() -> None:
    torch.manual_seed(0)
    discriminator = CompletenessDiscriminator(32, width=4, spectral=True).eval()
    source, layer = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    score = discriminator(source, layer)
    assert score.shape == (2, 1)
    assert not torch.allclose(score, discriminator(source.flip(0), layer))
    assert not torch.allclose(score, discriminator(source, layer.flip(0)))


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_instance_norm_has_pytorchs_gradient_and_its_gradient(affine: bool, memory_format: torch.memory_format) -> None:
    def differentiate(*, ours: bool, twice: bool) -> list[torch.Tensor]:
        torch.manual_seed(0)
        norm = InstanceNorm(3, affine=affine).double()
        features = (torch.randn(2, 3, 5, 4).double() + 1).to(memory_format=memory_format).requires_grad_()
        out = norm(features) if ours else group_norm(features, 3, norm.weight, norm.bias)
        inputs, loss = [features, *norm.parameters()], (out**3).sum()
        first = torch.autograd.grad(loss, inputs, create_graph=twice)
        return list(torch.autograd.grad(first[0].square().sum(), inputs[: 2 if affine else 1]) if twice else first)

    for twice in (False, True):
        pairs = zip(differentiate(ours=True, twice=twice), differentiate(ours=False, twice=twice), strict=True)
        assert all(torch.allclose(found, wanted, rtol=1e-9, atol=1e-12) for found, wanted in pairs)


@pytest.mark.parametrize("batch", [1, 2])
def test_instance_norm_has_the_gradient_of_its_output_whatever_the_memory_format(batch: int) -> None:
    def build(norm: nn.Module) -> nn.Sequential:
        torch.manual_seed(0)
        layers = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), norm, nn.Conv2d(4, 2, 3, bias=False)).double()
        return layers.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    ours, theirs = build(InstanceNorm(4)), build(nn.InstanceNorm2d(4, affine=True))
    pictures = torch.randn(batch, 3, 8, 8, dtype=torch.float64)
    assert torch.allclose(ours(pictures), theirs(pictures))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    weight, step = ours[0].weight, 1e-6 * torch.randn_like(ours[0].weight)
    ours(pictures).square().sum().backward()
    with torch.no_grad():
        weight += step
        above = ours(pictures).square().sum()
        weight -= 2 * step
        below = ours(pictures).square().sum()
    assert float((weight.grad * step).sum()) == pytest.approx(float(above - below) / 2, rel=1e-4)
