"""Stage 1: source photo + S, D, H (+ warp) -> a draft of the whole person."""

from __future__ import annotations

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ModelConfig
from layerpose.networks.generator import Generator
from layerpose.stages.conditions import (
    Conditions,
    coarse_maps,
    num_guide_channels,
    resize,
    shrink,
    shrink_warp,
)  # fmt: skip
from layerpose.stages.drawing import draw
from layerpose.stages.narrowing import Window, find_window


class Coarse(nn.Module):
    """The coarse generator."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.guides = config.guides
        self.generator = Generator(config.coarse, 3 + num_guide_channels(config.guides))

    def forward(self, conditions: Conditions) -> Float[Tensor, "b 3 c c"]:
        """The draft."""
        size = conditions.coarse_heatmaps.shape[-1]
        factor = conditions.source.shape[-1] // size
        window = find_window(self.generator, conditions.maps.parsing, factor=factor)
        if window is None:
            return self._draw(conditions, None)
        draft = conditions.source.new_zeros(1, 3, size, size)
        window.of(draft).copy_(self._draw(_narrow(conditions, window, factor), window))
        return draft

    def _draw(self, conditions: Conditions, window: Window | None) -> Float[Tensor, "b 3 h w"]:
        width = conditions.coarse_heatmaps.shape[-1]
        warp = shrink_warp(conditions.warp, width)
        maps, full = coarse_maps(conditions, width), conditions.source
        source = resize(full, width) if window is None else shrink(full, full.shape[-1] // width)
        return draw(self.generator, self.guides, [source], maps, warp, from_last=False, window=window)


def _narrow(conditions: Conditions, window: Window, factor: int) -> Conditions:
    """What the draft is drawn from, in a window of it."""
    return replace(
        conditions,
        source=window.of(conditions.source, factor),
        source_parsing=window.of(conditions.source_parsing, factor),
        maps=window.of_all(conditions.maps, factor),
        coarse_heatmaps=window.of(conditions.coarse_heatmaps),
        warp=None if conditions.warp is None else window.of_all(conditions.warp, factor),
    )
