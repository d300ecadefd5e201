"""A transfer + changes of its layers -> the transfer with them: pasted by Eq. 6, and the fusion drawn anew.

Paper: there a layer comes from stage 2 alone. Here it may have passed through a person's hands, and what the person
painted has to be in the result: the warp and the photo's own pixels, from which the fusion would take it away again,
are changed alike, and the fusion may shade it but not remove it. Every other pixel stays bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch

from layerpose.maps.crops import cut
from layerpose.maps.painting import Change, unstack
from layerpose.stages.conditions import Conditions
from layerpose.stages.model import Model
from layerpose.types import CLASSES, Layer, Transfer, Warp

SHADING = 0.16
"""By so much (of -1..1) the fusion may change what was painted."""


def retouch(model: Model, conditions: Conditions, made: Transfer, changes: Mapping[str, Change]) -> Transfer:
    """The transfer with changed layers; `changes` are of the whole canvas, each on its complete part."""
    change = _seen(changes, made)
    if not bool(change.changes.any()):
        return replace(made, layers=tuple(_change_layer(layer, changes) for layer in made.layers))
    pasted = change.apply(made.pasted.float())
    fused = model.finish(_told(conditions, change), pasted).float()
    shaded = pasted + (fused - pasted).clamp(-SHADING, SHADING)
    before = made.image.float()
    image = replace(change, colour=shaded).apply(before)
    layers = tuple(_change_layer(layer, changes) for layer in made.layers)
    return replace(made, layers=layers, pasted=pasted, image=image)


def _seen(changes: Mapping[str, Change], made: Transfer) -> Change:
    """All changes on one canvas, each where its part is what the viewer sees."""
    parsing = made.maps.parsing
    summed = parsing.new_zeros(len(parsing), 7, *parsing.shape[2:])
    for part, change in changes.items():
        summed += change.stacked * parsing[:, CLASSES.index(part)][:, None]
    return unstack(summed)


def _told(conditions: Conditions, change: Change) -> Conditions:
    """What stage 3 is told, as if the photo had shown what was painted."""
    warp, carried = conditions.warp, conditions.carried
    if warp is not None:
        image = torch.where(warp.visible > 0, change.apply(warp.image), warp.image)
        warp = Warp(**{**vars(warp), "image": image, "filled": change.apply(warp.filled)})
    if carried is not None:
        carried = replace(carried, image=change.apply(carried.image))
    return replace(conditions, warp=warp, carried=carried)


def _change_layer(layer: Layer, changes: Mapping[str, Change]) -> Layer:
    if layer.part not in changes:
        return layer
    change = unstack(cut(changes[layer.part].stacked, layer.boxes, layer.image.shape[-1]))
    return replace(layer, image=change.apply(layer.image))
