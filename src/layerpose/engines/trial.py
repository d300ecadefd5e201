"""A generator -> noise of the right channels for it, and what PyTorch draws from that."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.engines.attach import Part
from layerpose.runtime.precision import fast_autocast
from layerpose.stages.conditions import name_guides
from layerpose.stages.drawing import draw
from layerpose.types import Maps, Warp

MAPS = {"parsing": 7, "depth": 1, "heatmaps": 18}
WARP = {"image": 3, "visible": 1, "filled": 3, "points": 3, "normals": 6}
"""Channels."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a generator may be told, all of it noise in 0..1."""

    part: Part
    pictures: Float[Tensor, "1 p h w"]
    maps: Maps
    warp: Warp

    @property
    def inputs(self) -> dict[str, Tensor]:
        """As its ONNX model takes them."""
        return {"pictures": self.pictures, **name_guides(self.maps, self.warp, self.part.guides)}

    def draw(self, *, plain: bool = False) -> Float[Tensor, "1 3 h w"]:
        """By PyTorch, in the precision that is fast here; `plain`: in 32 bits."""
        part = self.part
        engine, part.generator.engine = part.generator.engine, None
        try:
            with torch.inference_mode(), torch.autocast("cpu", enabled=False) if plain else fast_autocast("cpu"):
                pictures = self.pictures.split(3, dim=1)
                return draw(part.generator, part.guides, pictures, self.maps, self.warp, from_last=part.from_last)
        finally:
            part.generator.engine = engine


def make_trial(part: Part, rows: int, columns: int) -> Trial:
    """The same at every call."""
    random = torch.Generator().manual_seed(0)

    def noise(channels: int) -> Tensor:
        return torch.rand(1, channels, rows, columns, generator=random)

    return Trial(
        part=part, pictures=noise(3 * part.pictures), maps=Maps(**{name: noise(width) for name, width in MAPS.items()}),
        warp=Warp(**{name: noise(width) for name, width in WARP.items()}),
    )  # fmt: skip
