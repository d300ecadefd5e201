"""The three stages in a row, every intermediate kept."""

from __future__ import annotations

from torch import nn

from layerpose.config import ModelConfig
from layerpose.stages.coarse import Coarse
from layerpose.stages.conditions import Conditions
from layerpose.stages.fuse import Fusion, paste_layers
from layerpose.stages.layers import Layers
from layerpose.types import Transfer


class Model(nn.Module):
    """Coarse, layers, fusion (Fig. 2)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.coarse = Coarse(config)
        self.layers = Layers(config) if config.layers != "none" else None
        self.fusion = Fusion(config) if config.fuse else None

    def forward(self, conditions: Conditions) -> Transfer:
        """Run what the config switches on; a stage that is off passes its input on."""
        coarse = self.coarse(conditions)
        layers = self.layers(conditions, coarse) if self.layers is not None else ()
        pasted = paste_layers(coarse, layers, conditions.maps.parsing)
        image = self.fusion(conditions, pasted) if self.fusion is not None else pasted
        return Transfer(
            source=conditions.source, source_parsing=conditions.source_parsing, maps=conditions.maps,
            warp=conditions.warp, coarse=coarse, layers=layers, pasted=pasted, image=image,
        )  # fmt: skip
