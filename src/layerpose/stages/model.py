"""The three stages in a row, every intermediate kept."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ModelConfig
from layerpose.maps.crops import widen, window_around
from layerpose.stages.coarse import Coarse
from layerpose.stages.conditions import Conditions, crop
from layerpose.stages.fuse import Fusion, paste_layers
from layerpose.stages.layers import Layers
from layerpose.stages.tones import match_detail, match_tones
from layerpose.types import Transfer

ROOM = 1 / 16
"""Left around the body by a stage 3 that draws no more, as a share of the canvas."""


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
        return Transfer(
            source=conditions.source, source_parsing=conditions.source_parsing, maps=conditions.maps,
            warp=conditions.warp, coarse=coarse, layers=layers, pasted=pasted, image=self.finish(conditions, pasted),
        )  # fmt: skip

    def finish(self, conditions: Conditions, pasted: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """Stage 3, the photo's tones, and the photo's own pixels where nothing about them changes."""
        image = (self._fuse(self.fusion, conditions, pasted) if self.fusion is not None else pasted).float()
        if self.config.tones and conditions.warp is not None and not self.training:
            image = match_tones(image, conditions.warp, conditions.maps.parsing)
            image = match_detail(image, conditions.warp, conditions.maps.parsing)
        if conditions.carried is None:
            return image
        return image.lerp(conditions.carried.image.to(image), conditions.carried.trust.to(image))

    def _fuse(self, fusion: Fusion, conditions: Conditions, pasted: Float[Tensor, "b 3 h w"]) -> Tensor:
        if not self.config.around_body:
            return fusion(conditions, pasted)
        image, size = pasted.clone(), pasted.shape[-1]
        for number, parsing in enumerate(conditions.maps.parsing):
            rows, columns = widen(window_around(parsing[0] < 1, int(ROOM * size)), fusion.generator.step, size)
            within = slice(number, number + 1), ..., rows, columns
            image[within] = fusion(crop(conditions, within), pasted[within])
        return image
