"""Stage 1: source photo + S, D, H (+ warp) -> a draft of the whole person."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ModelConfig
from layerpose.networks.generator import Generator
from layerpose.stages.conditions import (
    Conditions,
    coarse_maps,
    num_guide_channels,
    resize,
    shrink_warp,
)  # fmt: skip
from layerpose.stages.drawing import draw


class Coarse(nn.Module):
    """The coarse generator."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.guides = config.guides
        self.generator = Generator(config.coarse, 3 + num_guide_channels(config.guides))

    def forward(self, conditions: Conditions) -> Float[Tensor, "b 3 c c"]:
        """The draft."""
        size = conditions.coarse_heatmaps.shape[-1]
        warp = shrink_warp(conditions.warp, size)
        maps, source = coarse_maps(conditions, size), resize(conditions.source, size)
        return draw(self.generator, self.guides, [source], maps, warp, from_last=False)
