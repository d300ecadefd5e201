"""The parsing network: shapes, what it says before training, and what it looks at."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import one_hot

from layerpose.config import ParsingConfig
from layerpose.networks.unet import UNet

TINY = ParsingConfig(size=64, width=4, num_downs=2)


def given(size: int = 64) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, size, size, generator=generator) * 2 - 1
    labels = torch.randint(7, (2, size // 8, size // 8), generator=generator)
    rough = one_hot(labels, 7).permute(0, 3, 1, 2).float().repeat_interleave(8, 2).repeat_interleave(8, 3)
    return image, (rough[:, :1] == 0).float().expand(-1, 2, -1, -1), rough


@pytest.mark.parametrize("size", [64, 96])
def test_every_pixel_gets_seven_logits(size: int) -> None:
    assert UNet(TINY).eval()(*given(size)).shape == (2, 7, size, size)


def test_an_untrained_network_repeats_what_it_was_told() -> None:
    torch.manual_seed(0)
    image, outlines, rough = given()
    assert torch.equal(UNet(TINY).eval()(image, outlines, rough).argmax(1), rough.argmax(1))


def test_without_a_body_it_says_what_the_picture_shows() -> None:
    """One picture by heart, told nothing but the picture."""
    torch.manual_seed(0)
    network, (image, _, wanted) = UNet(TINY), given()
    nothing = torch.zeros_like(wanted)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(network(image, nothing[:, :2], nothing), wanted.argmax(1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = network(image, nothing[:, :2], nothing).argmax(1)
    assert (found == wanted.argmax(1)).float().mean() > 0.9
