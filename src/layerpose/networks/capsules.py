"""Capsules around the limbs of a pose -> logits of a coarse body, from which a volume network starts.

How deep a limb lies is one number of the pose, but which of 64 slices that means is hard to say for a convolution.
Here geometry says it; the network says how thick the body is at each pixel, and what capsules cannot show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

UNIT = 1 / 256
"""Canvas units in which the network says how much thicker a capsule is."""
SHARPNESS = 0.6
"""Logits for each `UNIT` of depth inside a capsule, before training."""
REACH = 40 * UNIT
"""How far from its axis a capsule is looked at, across the line of sight."""
FLOOR = -8.0
"""Logit of a part further away than that; nothing is certain."""


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """Where the capsules of a pose lie."""

    axes: Float[Tensor, "b k 2 3"]
    """Both ends, in canvas units, depth as well."""
    scale: Float[Tensor, "b"]
    """Canvas units for a metre."""


class Capsules(nn.Module):
    """Each with a radius at either end; `labels` say to which part (1 and up) each belongs."""

    depths_m: Tensor

    def __init__(
        self, labels: Sequence[int], radii_m: Sequence[tuple[float, float]], *, num_labels: int, num_slices: int,
        depth_range_m: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.labels, self.num_labels = tuple(labels), num_labels
        self.radii_m = nn.Parameter(torch.tensor(radii_m))
        self.sharpness = nn.Parameter(torch.full((num_labels - 1, 1, 1), SHARPNESS))
        slices = torch.arange(num_slices, device="cpu")  # not in a file, so here even where weights are only sketched
        depths = ((slices + 0.5) / num_slices * 2 - 1) * depth_range_m
        self.register_buffer("depths_m", depths, persistent=False)

    def forward(
        self, skeleton: Skeleton, places: Float[Tensor, "b n 2"], growth: Float[Tensor, "b k n"]
    ) -> Float[Tensor, "b l d n"]:
        """Logits of the columns of voxels at the given places; `growth` makes the capsules thicker there."""
        return torch.stack(
            [
                self._logits(axes, float(scale), *at)
                for axes, scale, *at in zip(skeleton.axes, skeleton.scale, places, growth, strict=True)
            ]
        )

    def _logits(
        self, axes: Float[Tensor, "k 2 3"], scale: float, places: Float[Tensor, "n 2"], growth: Float[Tensor, "k n"]
    ) -> Float[Tensor, "l d n"]:
        thickness = growth.T * UNIT
        radii = self.radii_m * scale
        with torch.no_grad():
            found, along, distance = self._search(axes, self.depths_m * scale, places, radii, thickness)
        columns = torch.arange(len(places), device=places.device)[None, :, None]
        start, end = radii[:, 0][found], radii[:, 1][found]
        inside = start + along * (end - start) + thickness[columns, found] - distance
        parts = (inside / UNIT * self.sharpness).clamp(min=FLOOR)
        return torch.cat([torch.zeros_like(parts[:1]), parts]).transpose(1, 2)

    def _search(
        self, axes: Float[Tensor, "k 2 3"], depths: Float[Tensor, "d"], places: Float[Tensor, "n 2"],
        radii: Float[Tensor, "k 2"], thickness: Float[Tensor, "n k"],
    ) -> tuple[Int64[Tensor, "p n d"], Float[Tensor, "p n d"], Float[Tensor, "p n d"]]:  # fmt: skip
        """For each part the capsule in which each voxel is deepest, how far along its axis, and how far from it."""
        shape = (self.num_labels - 1, len(places), len(depths))
        best, along, distance = axes.new_full(shape, -1e3), axes.new_zeros(shape), axes.new_full(shape, 1e3)
        found = torch.zeros(shape, dtype=torch.int64, device=axes.device)
        for index, (label, (start, end)) in enumerate(zip(self.labels, axes, strict=True)):
            axis = end - start
            near = _within_reach(places, start[:2], axis[:2])
            to = places[near] - start[:2]
            deep = depths - start[2]
            length2 = (axis**2).sum().clamp(min=1e-8)
            dot = (to @ axis[:2])[:, None] + deep * axis[2]
            share = (dot / length2).clamp(0, 1)
            away2 = (to**2).sum(1)[:, None] + deep**2 + share * (share * length2 - 2 * dot)
            away = away2.clamp(min=0).sqrt()
            inside = radii[index, 0] + share * (radii[index, 1] - radii[index, 0]) + thickness[near, index, None] - away
            part = label - 1
            deeper = inside > best[part, near]
            for kept, made in ((best, inside), (along, share), (distance, away)):
                kept[part, near] = torch.where(deeper, made, kept[part, near])
            found[part, near] = torch.where(deeper, index, found[part, near])
        return found, along, distance


def _within_reach(places: Float[Tensor, "n 2"], start: Float[Tensor, "2"], axis: Float[Tensor, "2"]) -> Tensor:
    to = places - start
    share = (to @ axis / (axis**2).sum().clamp(min=1e-8)).clamp(0, 1)
    return ((to - share[:, None] * axis).norm(dim=1) < REACH).nonzero().flatten()
