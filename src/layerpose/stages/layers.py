"""Stage 2: for each of five parts, source crop + its maps alone + the draft's crop -> the complete layer.

Arms and legs share one network for left and right: the right side is flipped before it goes in and flipped back after,
and both take the other side's source crop too.
"""

from __future__ import annotations

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor, nn

from layerpose.body.skeleton import MIRRORED_KEYPOINTS
from layerpose.config import ModelConfig
from layerpose.maps.crops import cut
from layerpose.networks.generator import Generator
from layerpose.stages.conditions import (
    Conditions,
    PartConditions,
    num_guide_channels,
)  # fmt: skip
from layerpose.stages.drawing import draw
from layerpose.stages.narrowing import Window, find_window
from layerpose.types import CLASSES, LAYERS, MIRRORED_CLASSES, Layer, Maps, Warp


class Layers(nn.Module):
    """The three layer generators: face, arm, leg."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.guides = config.guides
        channels = 6 + num_guide_channels(config.guides)
        self.generators = nn.ModuleDict(
            {
                "head": Generator(config.face, channels, lean="generated"),
                "arm": Generator(config.arm, channels + 3, lean="generated"),
                "leg": Generator(config.leg, channels + 3, lean="generated"),
            }
        )

    def forward(self, conditions: Conditions, coarse: Float[Tensor, "b 3 c c"]) -> tuple[Layer, ...]:
        """The layers, in the order of `LAYERS`."""
        return tuple(self.make_layer(part, given, coarse) for part, given in zip(LAYERS, conditions.parts, strict=True))

    def make_layer(self, part: str, given: PartConditions, coarse: Float[Tensor, "b 3 c c"]) -> Layer:
        """One layer; its offset is relative to the draft's crop."""
        crop = cut(coarse, given.boxes, given.source.shape[-1])
        window = find_window(self.generator_of(part), given.maps.parsing)
        if window is None:
            image = self._generate(part, given, crop)
        else:
            image = crop.clone()
            window.of(image).copy_(self._generate(part, _narrow(given, window), window.of(crop), window))
        mask = given.maps.parsing[:, CLASSES.index(part)][:, None]
        return Layer(
            part=part, boxes=given.boxes, maps=given.maps, source=given.source, coarse=crop, image=image, mask=mask
        )

    def generator_of(self, part: str) -> Generator:
        """Left and right share theirs."""
        generator = self.generators[part.rpartition("_")[2]]
        assert isinstance(generator, Generator)
        return generator

    def _generate(
        self, part: str, given: PartConditions, crop: Float[Tensor, "b 3 h w"], window: Window | None = None
    ) -> Float[Tensor, "b 3 h w"]:
        flip = part.startswith("right_")
        generator = self.generator_of(part)
        maps, warp = (flip_maps(given.maps), flip_warp(given.warp)) if flip else (given.maps, given.warp)
        start = crop
        if given.warp is not None and self.guides.filled:
            # Paper: starts from the draft's crop. With a filled warp, what hides the part in it is replaced first.
            start = given.visible * crop + (1 - given.visible) * given.warp.filled
        pictures = [given.source, start] if given.other is None else [given.source, given.other.flip(-1), start]
        pictures = [picture.flip(-1) if flip else picture for picture in pictures]
        image = draw(generator, self.guides, pictures, maps, warp, window=window)
        return image.flip(-1) if flip else image


def _narrow(given: PartConditions, window: Window) -> PartConditions:
    """What is told of a part, in a window of its crop."""
    return replace(
        given,
        maps=window.of_all(given.maps),
        visible=window.of(given.visible),
        source=window.of(given.source),
        # It is mirrored before it is seen, so the window is of the mirror image.
        other=None if given.other is None else window.of(given.other.flip(-1)).flip(-1),
        warp=None if given.warp is None else window.of_all(given.warp),
    )


def flip_maps(maps: Maps) -> Maps:
    """The maps of the flipped picture: left and right change names."""
    return Maps(
        parsing=maps.parsing[:, list(MIRRORED_CLASSES)].flip(-1),
        depth=maps.depth.flip(-1),
        heatmaps=maps.heatmaps[:, list(MIRRORED_KEYPOINTS)].flip(-1),
    )


def flip_warp(warp: Warp | None) -> Warp | None:
    """The warp of the flipped picture."""
    if warp is None:
        return None
    mirror = warp.points.new_tensor([-1, 1, 1])[:, None, None]
    return Warp(
        image=warp.image.flip(-1), visible=warp.visible.flip(-1), filled=warp.filled.flip(-1),
        points=warp.points.flip(-1) * mirror, normals=warp.normals.flip(-1) * mirror.repeat(2, 1, 1),
    )  # fmt: skip
