"""What was painted on layers in one pose -> the same on the body in any other pose, body point by body point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from layerpose.maps.crops import window_around
from layerpose.maps.raster import interpolate
from layerpose.maps.render import DrawnBody, PlacedBody, mesh
from layerpose.maps.source import DEPTH_TOLERANCE_M, sample
from layerpose.types import PARTS

FACING = 0.25
"""Cosine of the angle to the viewer from which on what was painted counts in full; on edge it was smeared."""

SAME = 5e-5
"""Bodies whose points are closer than this (of the canvas) are one: a pose file rounds."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a picture changes: a step is added, and where it covers, the colour takes the place of what was there."""

    step: Float[Tensor, "b 3 h w"]
    """-2..2; 0 where nothing changes."""
    colour: Float[Tensor, "b 3 h w"]
    cover: Float[Tensor, "b 1 h w"]
    """0..1."""

    def apply(self, picture: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """The changed picture; where there is no step it is what it was, bit for bit."""
        changed = (picture + self.step).lerp(self.colour, self.cover).clamp(-1, 1)
        return torch.where(self.changes, changed, picture)

    @property
    def changes(self) -> Bool[Tensor, "b 1 h w"]:
        """Where anything changes."""
        return (self.step != 0).any(1, keepdim=True) | (self.cover > 0)

    @property
    def stacked(self) -> Float[Tensor, "b 7 h w"]:
        """All of it as one picture."""
        return torch.cat([self.step, self.colour, self.cover], dim=1)


def unstack(stacked: Float[Tensor, "b 7 h w"]) -> Change:
    """The inverse of `Change.stacked`."""
    step, colour, cover = stacked.split([3, 3, 1], dim=1)
    return Change(step=step, colour=colour, cover=cover)


@dataclass(frozen=True, kw_only=True)
class Painting:
    """What was painted on the layers of one drawing: a change of the whole canvas for each part that has one."""

    placed: PlacedBody
    """The drawing's body."""
    depth: Mapping[str, Float[Tensor, "h w"]]
    """Of each painted part alone."""
    changes: Mapping[str, Change]


def start_painting(drawn: DrawnBody, changes: Mapping[str, Change]) -> Painting:
    """Bind changes of its layers to a body's surface."""
    depth = {part: drawn.buffers.of_part(PARTS.index(part)).depth for part in changes}
    placed = PlacedBody(vertices=drawn.vertices, keypoints=drawn.keypoints, scale=drawn.scale)
    return Painting(placed=placed, depth=depth, changes=changes)


def carry_paintings(paintings: Sequence[Painting], target: DrawnBody) -> dict[str, Change]:
    """All that was painted, one upon the other, on the complete parts of a target."""
    found: dict[str, Change] = {}
    for painting in paintings:
        for part in painting.changes:
            above = _carry(painting, part, target)
            found[part] = above if part not in found else _join(found[part], above)
    return found


def _join(below: Change, above: Change) -> Change:
    """Both as one; a colour that covers hides the step below it."""
    rest = 1 - above.cover
    cover = above.cover + rest * below.cover
    share = above.cover / cover.clamp(min=1e-6)
    return Change(step=below.step + above.step, colour=below.colour.lerp(above.colour, share), cover=cover)


def _carry(painting: Painting, part: str, target: DrawnBody) -> Change:
    change = painting.changes[part]
    if change.step.shape[-1] == target.size and _is_same(painting.placed, target):
        return change
    hit = target.buffers.of_part(PARTS.index(part))
    rows, columns = window = window_around(hit.part >= 0)
    triangle = hit.triangle[window].contiguous()
    corners = target.vertices_px - target.vertices_px.new_tensor([columns.start, rows.start, 0])
    attributes = torch.cat([painting.placed.vertices, painting.placed.normals], dim=1)
    place, normal = interpolate(triangle, corners, mesh(triangle.device).faces, attributes).split(3, dim=-1)
    facing = (-normal[..., 2] / FACING).clamp(0, 1)
    share = facing * (_is_front(painting.depth[part], place) & (triangle >= 0))
    found = unstack(sample(_fine(change.stacked, target.size), place[..., :2]))
    carried = change.stacked.new_zeros(1, 7, target.size, target.size)
    carried[..., rows, columns] = replace(found, step=found.step * share, cover=found.cover * share).stacked
    return unstack(carried)


def _is_same(one: PlacedBody, other: PlacedBody) -> bool:
    return bool((one.vertices - other.vertices).abs().amax() < SAME)


def _is_front(depth: Float[Tensor, "h w"], place: Float[Tensor, "r c 3"]) -> Bool[Tensor, "r c"]:
    """Whether nothing of the part itself lies before these points (canvas units and depth)."""
    spot = (place[..., :2] * len(depth)).floor().long()
    inside = ((spot >= 0) & (spot < len(depth))).all(-1)
    column, row = spot.clamp(0, len(depth) - 1).unbind(-1)
    front = depth[row, column]
    return inside & (front != 0) & (place[..., 2] <= front + DEPTH_TOLERANCE_M)


def _fine(stacked: Float[Tensor, "1 7 h w"], size: int) -> Float[Tensor, "1 7 s s"]:
    """Averaged down for a smaller drawing, so that thin lines do not break."""
    factor = stacked.shape[-1] // size
    return avg_pool2d(stacked, factor) if factor > 1 and stacked.shape[-1] % factor == 0 else stacked
