"""The networks: sizes, receptive field, and that the discriminator's verdict depends on what it should."""

from __future__ import annotations

import pytest
import torch

from layerpose.config import GeneratorConfig
from layerpose.networks.discriminator import CompletenessDiscriminator, MultiScaleDiscriminator
from layerpose.networks.generator import Generator


@pytest.mark.parametrize("patch", [1, 2])
@pytest.mark.parametrize("blend", [False, True])
def test_a_generator_keeps_the_size(patch: int, blend: bool) -> None:
    config = GeneratorConfig(width=4, num_downs=2, num_blocks=1, patch=patch, stem=3, skips=True, blend=blend)
    warp = torch.rand(2, 7, 32, 32) if blend else None
    out = Generator(config, 5)(torch.rand(2, 5, 32, 32), torch.rand(2, 3, 32, 32), warp)
    assert out.shape == (2, 3, 32, 32)


def test_a_hidden_warp_is_never_used() -> None:
    config = GeneratorConfig(width=4, num_downs=1, num_blocks=1, stem=3, blend=True)
    generator, stacked, base = Generator(config, 3), torch.rand(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    warp = torch.zeros(1, 7, 16, 16)
    other = warp.clone()
    other[:, :3] = 1
    assert torch.allclose(generator(stacked, base, warp), generator(stacked, base, other), atol=1e-6)


def test_a_patch_sees_seventy_pixels() -> None:
    torch.manual_seed(0)
    discriminator = MultiScaleDiscriminator(num_scales=1, inputs=3, width=4).double()
    image = torch.rand(1, 3, 160, 160, dtype=torch.float64, requires_grad=True)
    for block in discriminator.scales[0].blocks:
        for layer in block if isinstance(block, torch.nn.Sequential) else ():
            if isinstance(layer, torch.nn.InstanceNorm2d):
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
