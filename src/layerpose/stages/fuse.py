"""Stage 3: draft + layers -> pasted picture (Eq. 6) -> finished picture."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from layerpose.config import ModelConfig
from layerpose.maps.crops import paste_piece
from layerpose.networks.generator import Generator
from layerpose.stages.conditions import Conditions, crop, num_guide_channels
from layerpose.stages.drawing import draw
from layerpose.stages.narrowing import Window, find_window
from layerpose.types import CLASSES, Layer


def paste_layers(
    coarse: Float[Tensor, "b 3 c c"], layers: tuple[Layer, ...], parsing: Float[Tensor, "b 7 h w"]
) -> Float[Tensor, "b 3 h w"]:
    """The draft plus every layer's offset where the parsing shows that part (Eq. 6)."""
    size = parsing.shape[-1]
    pasted = interpolate(coarse, size=(size, size), mode="bilinear", align_corners=False)
    for layer in layers:
        visible = parsing[:, CLASSES.index(layer.part)][:, None]
        piece, within = paste_piece(layer.offset, layer.boxes, size)
        pasted[within] += visible[within] * piece
    return pasted


class Fusion(nn.Module):
    """The refinement generator: an offset to the pasted picture."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.guides = config.guides
        self.generator = Generator(config.fusion, 6 + num_guide_channels(config.guides), lean="generated")

    def forward(self, conditions: Conditions, pasted: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """The finished picture."""
        window = find_window(self.generator, conditions.maps.parsing)
        if window is None:
            return self._draw(conditions, pasted)
        within, image = (..., window.rows, window.columns), pasted.clone()
        window.of(image).copy_(self._draw(crop(conditions, within), window.of(pasted), window))
        return image

    def _draw(
        self, conditions: Conditions, pasted: Float[Tensor, "b 3 h w"], window: Window | None = None
    ) -> Float[Tensor, "b 3 h w"]:
        pictures = [conditions.source, pasted]
        return draw(self.generator, self.guides, pictures, conditions.maps, conditions.warp, window=window)
