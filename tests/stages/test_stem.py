"""The stem of a generator, made in bands of rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from layerpose.config import Guides
from layerpose.networks.generator import Generator
from layerpose.presets import base
from layerpose.stages.conditions import list_guides, num_guide_channels, stack
from layerpose.stages.stem import BAND, goes_in_bands, run_stem
from layerpose.types import Maps, Warp

WIDTH = 40


def make_all(height: int) -> tuple[list[torch.Tensor], Maps, Warp]:
    def noise(channels: int) -> torch.Tensor:
        return torch.rand(1, channels, height, WIDTH)

    torch.manual_seed(0)
    maps = Maps(parsing=noise(7), depth=noise(1), heatmaps=noise(18))
    warp = Warp(image=noise(3), visible=noise(1), filled=noise(3), points=noise(3), normals=noise(6))
    return [noise(3), noise(3)], maps, warp


@pytest.mark.parametrize(("patch", "norm"), [(2, False), (1, True)])
def test_bands_give_the_very_numbers_of_the_whole_picture(patch: int, norm: bool) -> None:
    guides: Guides = base().guides
    config = replace(base().leg, width=8, num_downs=1, num_blocks=1, patch=patch, full_resolution_norm=norm)
    generator = Generator(config, 6 + num_guide_channels(guides)).eval()
    pictures, maps, warp = make_all(patch * (2 * BAND + 20))
    with torch.inference_mode():
        whole = generator.stem(stack([*pictures, *list_guides(maps, warp, guides)]))
        assert goes_in_bands(generator, pictures)
        assert torch.equal(run_stem(generator, guides, pictures, maps, warp), whole)


def test_who_hooks_on_to_a_generator_sees_all_that_is_stacked() -> None:
    """As the controls do, that shuffle a guide's channels, and the studio, that stops between two networks."""
    generator = Generator(base().coarse, 3 + num_guide_channels(base().guides)).eval()
    generator.register_forward_pre_hook(lambda *_: None)
    with torch.inference_mode():
        assert not goes_in_bands(generator, make_all(4 * BAND)[0])
