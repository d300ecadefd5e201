"""A transfer -> its complete layers as pictures; edited ones -> what was painted, drawn in this and in other poses."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from layerpose.maps.crops import paste
from layerpose.maps.painting import Change, Painting, carry_paintings, start_painting
from layerpose.maps.source import SourceView
from layerpose.media.pictures import image_to_picture, picture_to_image
from layerpose.stages.conditions import Conditions
from layerpose.transfer import PoseTransfer
from layerpose.types import LAYERS, Body, Layer, Transfer

NOISE = 2
"""Levels of 255 by which a colour may differ and still be taken for unchanged: programs round when they save."""
COVERED = 0.25
"""From this difference (of -1..1) on, a colour takes the place of what was drawn; less of one is added to it."""
FEWEST = 20
"""Painted pixels beside a layer's part that are worth a warning."""


@dataclass(frozen=True, kw_only=True)
class LayerPicture:
    """A complete part as it was drawn, transparent around it, at the scale of the canvas."""

    part: str
    left: int
    top: int
    """Where its corner lies, in pixels of the canvas."""
    picture: Image.Image

    def on_canvas(self, size: int) -> Image.Image:
        """With all of the canvas around it."""
        return place_picture(self.picture, self.left, self.top, size)


def layer_pictures(made: Transfer) -> tuple[LayerPicture, ...]:
    """The layers in the order of `LAYERS`, as they were drawn: complete, whatever hides them in the result."""
    return tuple(_picture(layer, made.image.shape[-1]) for layer in made.layers)


def _picture(layer: Layer, size: int) -> LayerPicture:
    left, top, side = (layer.boxes[0] * size).tolist()
    low = [min(max(int(np.floor(x)), 0), size - 1) for x in (left, top)]
    high = [min(max(int(np.ceil(x + side)), at + 1), size) for x, at in zip((left, top), low, strict=True)]
    picture = image_to_picture(paste(layer.image[:1].float(), layer.boxes[:1], size))
    alpha = paste(layer.mask[:1].float(), layer.boxes[:1], size)[0, 0].clamp(0, 1)
    picture.putalpha(Image.fromarray((alpha * 255).round().byte().cpu().numpy()))
    return LayerPicture(
        part=layer.part, left=low[0], top=low[1], picture=picture.crop((low[0], low[1], high[0], high[1]))
    )


def place_picture(picture: Image.Image, left: int, top: int, size: int) -> Image.Image:
    """A picture at its place on an empty canvas; what reaches beyond is cut off."""
    canvas = Image.new("RGBA", (size, size))
    canvas.paste(picture.convert("RGBA"), (left, top))
    return canvas


def find_changes(before: Sequence[LayerPicture], edited: Mapping[str, Image.Image], size: int) -> dict[str, Change]:
    """Edited pictures by part -> what differs from the ones before. ValueError for a part that has no layer.

    An edited picture has the size of the one before, or of the whole canvas. What was erased stays as it was drawn.
    """
    known = {layer.part: layer for layer in before}
    changes = {}
    for part, picture in edited.items():
        if part not in known:
            raise ValueError(f"there is no layer {part!r}; expected one of: {', '.join(LAYERS)}")
        change = _difference(known[part], _fit_canvas(picture, known[part], size), size)
        if bool(change.changes.any()):
            changes[part] = change
    return changes


def _fit_canvas(picture: Image.Image, before: LayerPicture, size: int) -> Image.Image:
    if picture.size == before.picture.size:
        return place_picture(picture, before.left, before.top, size)
    if picture.size == (size, size):
        return picture.convert("RGBA")
    width, height = before.picture.size
    raise ValueError(
        f"the edited layer {before.part} has {picture.width} x {picture.height} pixels; expected {width} x {height}, "
        f"as it was drawn, or {size} x {size}, the whole canvas"
    )


def _difference(before: LayerPicture, edited: Image.Image, size: int) -> Change:
    """Levels are compared as whole numbers, so that what was left alone has no difference at all."""
    old, new = (np.asarray(x).astype(np.int16) for x in (before.on_canvas(size), edited))
    step = np.where(new[..., 3:] > 0, new[..., :3] - old[..., :3], 0)
    painted = np.abs(step).max(-1, keepdims=True) > NOISE
    beside = int((painted & (old[..., 3:] == 0)).sum())
    if beside >= FEWEST:
        warnings.warn(
            f"{beside} pixels were painted beside the part of the layer {before.part}; they are left out", stacklevel=4
        )
    kept = np.minimum(new[..., 3:] / np.maximum(old[..., 3:], 1), 1) * painted * (old[..., 3:] > 0)
    moved = torch.from_numpy((step * kept / 127.5).astype(np.float32)).permute(2, 0, 1)[None]
    cover = (moved.abs().amax(1, keepdim=True) / COVERED).clamp(0, 1)
    return Change(step=moved, colour=picture_to_image(edited), cover=cover)


def paint(model: PoseTransfer, view: SourceView, body: Body, changes: Mapping[str, Change]) -> Painting:
    """Bind what was painted on the layers of a body to its surface."""
    moved = {part: _to_device(change, model.device) for part, change in changes.items()}
    return start_painting(model.draw_target(view, body), moved)


def _to_device(change: Change, device: torch.device) -> Change:
    return Change(**{name: value.to(device) for name, value in vars(change).items()})


def draw_painted(model: PoseTransfer, view: SourceView, body: Body, paintings: Sequence[Painting]) -> Transfer:
    """The person in a pose, with all that was painted in this pose or in others at its place on the body."""
    conditions = model.prepare(view, body)
    if not paintings:
        del view  # who does not keep it has its memory for the networks
        return model.draw(conditions)
    made = model.draw(conditions)
    return model.retouch(conditions, made, carry_paintings(paintings, model.draw_target(view, body)))


def draw_with_layers(model: PoseTransfer, conditions: Conditions, edited: Mapping[str, Image.Image]) -> Transfer:
    """The transfer with edited layers in the place of stage 2's, in the same pose."""
    made = model.draw(conditions)
    changes = find_changes(layer_pictures(made), edited, made.image.shape[-1])
    return model.retouch(conditions, made, {part: _to_device(change, model.device) for part, change in changes.items()})
