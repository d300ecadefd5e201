"""A model that is kept from something it is told -> rows of the table, which say how much the model needs it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.comparison.entrants import Device, Entrant
from layerpose.config import Guides
from layerpose.evaluation.answers import Draw, Drawer
from layerpose.stages.conditions import Conditions, guide_widths, num_guide_channels
from layerpose.stages.model import Model
from layerpose.training.lessons import move
from layerpose.transfer import PoseTransfer

Control = Literal["heatmaps", "parsing", "depth", "surface", "points", "normals", "other-side"]
WITHHELD = {
    "heatmaps": "heatmaps shuffled", "parsing": "parsing shuffled", "depth": "depth shuffled",
    "surface": "depth and its slopes shuffled", "points": "body points shuffled", "normals": "normals shuffled",
    "other-side": "other side blank",
}  # fmt: skip
"""The slopes of the depth are the normals in the target, half of what the networks are told of normals."""


def enter_control(folder: Path | None, control: Control, *, device: Device) -> Entrant:
    """A model of ours (None: the bundled one) that sees a map with its pixels in random order, or no other side.

    Two rows, the pasted picture and the finished one. Only what the networks see is changed: boxes, Eq. 6 and the warps
    are those of the true maps. ValueError for a model that is not told this at all.
    """
    runner = PoseTransfer.load(folder, device=device)
    check_told(runner.model, control)

    def open_controlled() -> Draw:
        controlled = PoseTransfer.load(folder, device=device)
        withhold(controlled.model, control)

        def draw(conditions: Conditions) -> list[Tensor]:
            made = controlled.draw(move(conditions, controlled.device))
            return [made.pasted, made.image]

        return draw

    rows = tuple(f"{stage}, {WITHHELD[control]}" for stage in ("pasted", "full"))
    drawer = Drawer(rows=rows, config=runner.config, open=open_controlled)
    return Entrant(drawer=drawer, preset=f"{runner.config.name}, {WITHHELD[control]}", fingerprint=runner.fingerprint)


def check_told(model: Model, control: Control) -> None:
    """ValueError for a model that is not told this."""
    guides = model.config.guides
    told = {**vars(guides), "surface": guides.depth and guides.normals, "other-side": model.layers is not None}
    if not told[control]:
        raise ValueError(f"--controls: the model '{model.config.name}' is not told its {control}; leave it out")


def withhold(model: Model, control: Control) -> None:
    """From now on every generator of the model sees random pixels there, or grey in the place of the other side."""
    if control == "other-side":
        assert model.layers is not None
        for limb in ("arm", "leg"):
            model.layers.generators[limb].register_forward_pre_hook(_blank_other_side)
        return
    channels = guide_channels(model.config.guides, control)
    stages = [model.coarse.generator, *(model.layers.generators.values() if model.layers is not None else [])]
    if model.fusion is not None:
        stages.append(model.fusion.generator)
    for generator in stages:
        generator.register_forward_pre_hook(partial(_shuffle, channels))


def guide_channels(guides: Guides, control: Control) -> list[int]:
    """Where what a control shuffles stands in a generator's input, counted from its end."""
    if control == "surface":
        return guide_channels(guides, "depth") + guide_channels(guides, "normals")[:3]
    begin = -num_guide_channels(guides)
    for name, width in guide_widths(guides).items():
        if name == control:
            return list(range(begin, begin + width))
        begin += width
    raise AssertionError(control)


def _shuffle(channels: list[int], _: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put the pixels of these channels in a random order, one for all of them."""
    stacked: Float[Tensor, "b c h w"] = given[0].clone()
    pixels = stacked[:, channels].flatten(2)
    order = torch.randperm(pixels.shape[-1], generator=torch.Generator().manual_seed(0)).to(pixels.device)
    stacked[:, channels] = pixels[..., order].unflatten(2, stacked.shape[2:])
    return stacked, *given[1:]


def _blank_other_side(_: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Grey in the place of the other side's crop, which comes after the part's own."""
    stacked = given[0].clone()
    stacked[:, 3:6] = 0
    return stacked, *given[1:]
