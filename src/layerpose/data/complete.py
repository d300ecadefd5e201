"""Bodies -> which parts a picture shows whole: the "complete part" sets of the paper, and crops drawn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.maps.crops import cut, part_box
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import DrawnBody, draw_body, part_hit
from layerpose.stages.conditions import crop_part, layer_size, other_side
from layerpose.types import LAYERS, PARTS

COMPLETE_SHARE = 0.98
"""A part counts as complete when this share of its own mask is visible."""
SIZE = 128
"""Side of the drawing on which shares are counted."""

CompleteSets = dict[str, list[tuple[str, str]]]
"""For each layer's part the pictures (person, frame) that show it whole."""


@dataclass(frozen=True, kw_only=True)
class WholePart:
    """A part that a picture shows whole, beside the same part of the same person in another picture.

    A right limb is flipped, so that it looks like a left one.
    """

    source: Float[Tensor, "b 3 s s"]
    image: Float[Tensor, "b 3 s s"]


def visible_shares(drawn: DrawnBody) -> dict[str, float]:
    """Of each layer's part: how much of its own mask the other parts leave to be seen (0 if it has none)."""
    shown = drawn.nearest.part
    shares = {}
    for part in LAYERS:
        own = drawn.buffers.of_part(PARTS.index(part)).part >= 0
        shares[part] = float((shown[own] == PARTS.index(part)).float().mean()) if own.any() else 0.0
    return shares


def complete_parts(records: Records, people: list[str]) -> CompleteSets:
    """For each layer's part the pictures that show it whole."""
    found: CompleteSets = {part: [] for part in LAYERS}
    for person in people:
        for frame in records.frames(person):
            for part, share in visible_shares(draw_body(records.body(person, frame), SIZE)).items():
                if share >= COMPLETE_SHARE:
                    found[part].append((person, frame))
    return found


def draw_whole_part(pairs: Pairs, sets: CompleteSets, limb: str, rng: np.random.Generator) -> WholePart:
    """A random member of the complete sets of a limb (head, arm, leg), disturbed like a training pair."""
    shown = [(part, *place) for part in LAYERS if part.endswith(limb) for place in sets[part]]
    if not shown:
        raise ValueError(f"no picture of {pairs.records.path} shows a whole {limb}; training needs some; add people")
    part, person, frame = shown[rng.integers(len(shown))]
    others = [other for other in pairs.records.frames(person) if other != frame]
    if not others:
        raise ValueError(f"person {person} of {pairs.records.path} has one picture; training needs two or more")
    shot, truth, flipped = pairs.shots(person, others[rng.integers(len(others))], frame, rng)
    if flipped:
        part = other_side(part) or part
    size, canvas = layer_size(part, pairs.config), pairs.config.canvas
    seen, drawn = draw_body(shot.body, canvas), draw_body(truth.body, canvas)
    box = part_box(drawn, part)
    mask = (part_hit(drawn, part, box, size).part >= 0).float()
    crops = (
        crop_part(shot.image, parse_source(seen, shot.mask), seen, part, size),
        cut(truth.image, box[None], size) * mask,
    )
    source, image = (crop.flip(-1) if part.startswith("right_") else crop for crop in crops)
    return WholePart(source=source, image=image)
