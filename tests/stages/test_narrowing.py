"""Stages that draw only the window in which they have something to draw."""

from __future__ import annotations

import pytest
import torch

from layerpose.config import GeneratorConfig
from layerpose.networks.generator import Generator
from layerpose.stages.narrowing import find_window, run_window

INPUTS, SIZE, BACKGROUND = 9, 128, 4


def make_generator() -> Generator:
    torch.manual_seed(1)
    config = GeneratorConfig(
        width=6, num_downs=2, num_blocks=1, patch=2, stem=3, full_resolution_norm=False, skips=True, blend=True
    )
    generator = Generator(config, INPUTS).eval()
    for weight in generator.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return generator


def picture_with(rows: slice, columns: slice) -> torch.Tensor:
    """Noise in a window; elsewhere 0, and 1 in the background's channel."""
    stacked = torch.zeros(1, INPUTS, SIZE, SIZE)
    stacked[:, BACKGROUND] = 1
    stacked[..., rows, columns] = torch.rand(1, INPUTS, *stacked[0, 0, rows, columns].shape)
    return stacked


@pytest.mark.parametrize("bf16", [False, True])
def test_a_window_looks_as_in_the_whole_picture(bf16: bool) -> None:
    """To the last digit where the picture's own edges change nothing: here they do only after the one norm."""
    generator, rows, columns = make_generator(), slice(32, 96), slice(40, 88)
    generator.downs, generator.ups, generator.blocks = generator.downs[:1], generator.ups[-1:], torch.nn.Sequential()
    with torch.no_grad():
        generator.stem[0].bias.zero_()
        generator.stem[0].weight[:, BACKGROUND].zero_()
    stacked = picture_with(slice(44, 84), slice(48, 80))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        fine = generator.stem(stacked)
        whole = generator.head(generator.ups[0](generator.downs[0](fine)) + fine)[..., rows, columns].float()
        share = 64 * 48 / SIZE**2
        made = run_window(generator, stacked[..., rows, columns].clone(), BACKGROUND, share).float()
        wrong = run_window(generator, stacked[..., rows, columns].clone(), BACKGROUND, 1.0).float()
    inner, scale = (..., slice(8, -8), slice(8, -8)), float(whole.std())
    assert (made - whole)[inner].abs().max() < scale * (0.05 if bf16 else 1e-5)
    assert (wrong - whole)[inner].abs().max() > scale * 0.2


def test_the_window_is_where_the_body_is() -> None:
    generator = make_generator()
    parsing = torch.zeros(1, 7, 256, 256)
    parsing[:, 0] = 1
    parsing[:, 0, 100:120, 60:90] = 0
    parsing[:, 2, 100:120, 60:90] = 1
    assert find_window(generator, parsing) is None
    generator.narrow = True
    found = find_window(generator, parsing)
    assert found is not None
    assert found.rows.start <= 92 < 128 <= found.rows.stop < 160
    assert found.columns.start <= 52 < 98 <= found.columns.stop < 130
    assert all(edge % generator.step == 0 for span in (found.rows, found.columns) for edge in (span.start, span.stop))
    shrunk = find_window(generator, parsing, factor=2)
    assert shrunk is not None
    assert shrunk.rows.start <= 46 < 64 <= shrunk.rows.stop
    assert shrunk.rows.start % generator.step == shrunk.columns.start % generator.step == 0
    assert shrunk.of(parsing, 2).shape[-1] == 2 * (shrunk.columns.stop - shrunk.columns.start)


@pytest.mark.parametrize("top", [40, 44, 50])
def test_wherever_somebody_stands_all_halvings_meet_the_same_pixels(top: int) -> None:
    """A window that began between them would be drawn half a pixel off on every level."""
    generator = make_generator()
    generator.narrow = True
    stacked, parsing = torch.zeros(1, INPUTS, 256, 256), torch.zeros(1, 7, 256, 256)
    stacked[:, BACKGROUND] = parsing[:, 0] = 1
    stacked[..., top : top + 96, 90:150] = torch.rand(1, INPUTS, 96, 60)
    parsing[:, 0, top : top + 96, 90:150] = 0
    window = find_window(generator, parsing)
    assert window is not None
    with torch.inference_mode():
        fine = generator.stem(stacked)
        coarse = generator.downs[0](fine)
        features = generator.ups[0](generator.blocks(generator.downs[1](coarse))) + coarse
        whole = window.of(generator.head(generator.ups[1](features) + fine))
        made = run_window(generator, window.of(stacked).clone(), BACKGROUND, window.share)
    assert (made - whole)[..., 16:-16, 16:-16].abs().mean() < 0.1 * whole.std()


def test_a_picture_that_is_full_is_drawn_whole() -> None:
    generator = make_generator()
    generator.narrow = True
    parsing = torch.zeros(1, 7, 64, 64)
    parsing[:, 1] = 1
    assert find_window(generator, parsing) is None
