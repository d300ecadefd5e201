"""A model that is kept from something it is told -> rows of the table, which say how much the model needs it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.comparison.contenders import Contender, Device
from layerpose.config import Guides, ModelConfig
from layerpose.evaluation.predictions import Draw, Drawer
from layerpose.maps.render import DrawnBody
from layerpose.maps.source import SourceView, one_sided
from layerpose.stages.conditions import Conditions, guide_widths, num_guide_channels, prepare
from layerpose.stages.model import Model
from layerpose.training.batches import move
from layerpose.transfer import PoseTransfer

Control = Literal["heatmaps", "parsing", "depth", "points", "normals", "other-side", "other-crop"]
WITHHELD = {
    "heatmaps": "heatmaps shuffled", "parsing": "parsing shuffled", "depth": "depth shuffled",
    "points": "body points shuffled", "normals": "normals shuffled", "other-side": "other side withheld",
    "other-crop": "other crop blank",
}  # fmt: skip
"""All that says the same goes together: with the depth its slopes, which are the normals in the target; with the other
side's crop what the warp takes from there."""


def enter_control(folder: Path | None, control: Control, *, device: Device) -> Contender:
    """A model of ours (None: the bundled one) that sees a map with its pixels in random order, or no other side.

    Two rows, the pasted picture and the finished one. Of a map only what the networks see is changed: boxes, Eq. 6 and
    the warps are those of the true maps. ValueError for a model that is not told this at all.
    """
    runner = PoseTransfer.load(folder, device=device)
    check_told(runner.model, control)

    def open_controlled() -> Draw:
        controlled = PoseTransfer.load(folder, device=device)
        if control not in PREPARED:
            shuffle(controlled.model, control)

        def draw(conditions: Conditions) -> list[Tensor]:
            made = controlled.draw(move(conditions, controlled.device))
            return [made.pasted, made.image]

        return draw

    rows = tuple(f"{stage}, {WITHHELD[control]}" for stage in ("pasted", "full"))
    drawer = Drawer(rows=rows, config=runner.config, open=open_controlled, prepare=PREPARED.get(control, prepare))
    return Contender(drawer=drawer, preset=f"{runner.config.name}, {WITHHELD[control]}", fingerprint=runner.fingerprint)


def check_told(model: Model, control: Control) -> None:
    """ValueError for a model that is not told this."""
    guides, limbs = model.config.guides, model.layers is not None
    told = {**vars(guides), "other-side": limbs or (guides.warp and guides.filled), "other-crop": limbs}
    if not told[control]:
        raise ValueError(f"--controls: the model '{model.config.name}' is not told its {control}; leave it out")


def prepare_without_crop(view: SourceView, target: DrawnBody, config: ModelConfig) -> Conditions:
    """What a model is told, with flat grey in the place of the other side's crops."""
    told = prepare(view, target, config)
    parts = (part if part.other is None else replace(part, other=torch.zeros_like(part.other)) for part in told.parts)
    return replace(told, parts=tuple(parts))


def prepare_one_sided(view: SourceView, target: DrawnBody, config: ModelConfig) -> Conditions:
    """The same, and the warp takes nothing from the other half of the body either."""
    return prepare_without_crop(one_sided(view), target, config)


PREPARED = {"other-side": prepare_one_sided, "other-crop": prepare_without_crop}
"""The controls that are not shuffled."""


def shuffle(model: Model, control: Control) -> None:
    """From now on every generator of the model sees random pixels there."""
    channels = guide_channels(model.config.guides, control)
    stages = [model.coarse.generator, *(model.layers.generators.values() if model.layers is not None else [])]
    if model.fusion is not None:
        stages.append(model.fusion.generator)
    for generator in stages:
        generator.register_forward_pre_hook(partial(_shuffle, channels))


def guide_channels(guides: Guides, control: Control) -> list[int]:
    """Where what a control shuffles stands in a generator's input, counted from its end."""
    begin, found = -num_guide_channels(guides), []
    for name, width in guide_widths(guides).items():
        channels = range(begin, begin + width)
        if name == control:
            found += channels
        elif (control, name) == ("depth", "normals"):
            found += channels[:3]  # in the target; the others are in the source
        begin += width
    return found


def _shuffle(channels: list[int], _: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put the pixels of these channels in a random order, one for all of them."""
    stacked: Float[Tensor, "b c h w"] = given[0].clone()
    pixels = stacked[:, channels].flatten(2)
    order = torch.randperm(pixels.shape[-1], generator=torch.Generator().manual_seed(0)).to(pixels.device)
    stacked[:, channels] = pixels[..., order].unflatten(2, stacked.shape[2:])
    return stacked, *given[1:]
