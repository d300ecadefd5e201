"""Stage 1: source photo + S, D, H (+ warp) -> a draft of the whole person."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ModelConfig
from layerpose.networks.generator import Generator
from layerpose.stages.conditions import (
    Conditions,
    coarse_maps,
    list_guides,
    num_guide_channels,
    resize,
    shrink_warp,
    stack,
    unpack_warp,
)  # fmt: skip


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
        guides = list_guides(coarse_maps(conditions, size), warp, self.guides)
        stacked = stack([resize(conditions.source, size), *guides])
        return self.generator(stacked, None, unpack_warp(warp))
