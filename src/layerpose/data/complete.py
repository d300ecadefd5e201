"""Bodies -> which parts a picture shows whole: the "complete part" sets of the paper."""

from __future__ import annotations

from layerpose.data.records import Records
from layerpose.maps.render import DrawnBody, draw_body
from layerpose.types import LAYERS, PARTS

COMPLETE_SHARE = 0.98
"""A part counts as complete when this share of its own mask is visible."""
SIZE = 128
"""Side of the drawing on which shares are counted."""


def visible_shares(drawn: DrawnBody) -> dict[str, float]:
    """Of each layer's part: how much of its own mask the other parts leave to be seen (0 if it has none)."""
    shown = drawn.nearest.part
    shares = {}
    for part in LAYERS:
        own = drawn.buffers.of_part(PARTS.index(part)).part >= 0
        shares[part] = float((shown[own] == PARTS.index(part)).float().mean()) if own.any() else 0.0
    return shares


def complete_parts(records: Records, people: list[str]) -> dict[str, list[tuple[str, str]]]:
    """For each layer's part the pictures (person, frame) that show it whole."""
    found: dict[str, list[tuple[str, str]]] = {part: [] for part in LAYERS}
    for person in people:
        for frame in records.frames(person):
            for part, share in visible_shares(draw_body(records.body(person, frame), SIZE)).items():
                if share >= COMPLETE_SHARE:
                    found[part].append((person, frame))
    return found
