"""Frames of a video + the bodies in them -> how much neighbours differ beyond what the body's motion explains.

Each frame is carried to the next by body correspondence and compared where both show the same body point: what moved,
turned or came into view is explained, what is left is flicker. Hair and clothes beside the body, and the background,
are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from layerpose.maps.render import DrawnBody
from layerpose.maps.surface import draw_flow

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Shares of red, green and blue (Rec. 709)."""
PATCH = 1 / 32
"""Luminance is compared as the mean over patches so wide (share of the canvas): resampling changes single pixels."""
FEWEST = 1 / 8
"""A patch of which a smaller share is seen in both frames says nothing."""
Distance = Callable[[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]], Float[Tensor, "b"]]
"""LPIPS, or what stands in for it."""


@dataclass(frozen=True, kw_only=True)
class Filmed:
    """One frame and the body in it, drawn at the frame's size."""

    image: Float[Tensor, "1 3 h w"]
    drawn: DrawnBody


@dataclass(frozen=True, kw_only=True)
class Flicker:
    """For each frame but the first: the change from the one before that the body's motion does not explain."""

    luminance: Float[np.ndarray, "t"]
    """Mean over the patches of the change of their luminance, of full white."""
    lpips: Float[np.ndarray, "t"]
    """In the body's box."""
    common: Float[np.ndarray, "t"]
    """Share of the body's pixels whose body point the frame before shows too."""

    @property
    def worst(self) -> int:
        """The frame whose luminance differs most from its neighbours': one that flashes differs from both.

        The first and the last have one neighbour; beyond it stands how much more they differ than that one does.
        """
        first, last = self.luminance[:2], self.luminance[:-3:-1]
        before, behind = (max(float(end[0] - end[-1]), 0.0) for end in (first, last))
        ends = np.concatenate([[before], self.luminance, [behind]])
        return int((ends[:-1] + ends[1:]).argmax())

    @property
    def summary(self) -> str:
        """The figures in one line."""
        return (
            f"luminance {self.luminance.mean():.2%} in the mean, {self.luminance.max():.2%} at most;"
            f" LPIPS {self.lpips.mean():.4f} in the mean, {self.lpips.max():.4f} at most; worst frame {self.worst}"
        )


def measure_flicker(frames: Iterable[Filmed], distance: Distance) -> Flicker:
    """Compare every frame with the one before; two frames are in memory at a time. ValueError for fewer than two."""
    changes = [_compare(before, after, distance) for before, after in pairwise(frames)]
    if not changes:
        raise ValueError("flicker needs two frames or more; choose a longer range")
    luminance, lpips, common = np.array(changes).T
    return Flicker(luminance=luminance, lpips=lpips, common=common)


def _compare(before: Filmed, after: Filmed, distance: Distance) -> tuple[float, float, float]:
    carried, seen = carry(before, after)
    body = after.drawn.nearest.part >= 0
    common = float(seen.sum() / body.sum().clamp(min=1))
    if not seen.any():
        return 0.0, 0.0, common
    rows, columns = (torch.nonzero(body.any(axis)).flatten() for axis in (1, 0))
    box = (..., slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    expected = torch.where(seen, carried, after.image)
    return luminance_change(carried, after.image, seen), float(distance(expected[box], after.image[box])), common


def carry(before: Filmed, after: Filmed) -> tuple[Float[Tensor, "1 3 h w"], Tensor]:
    """The frame before in the place of the one after, and where both show the same body point (``1 1 h w``)."""
    flow = draw_flow(before.drawn, after.drawn)
    carried = grid_sample(before.image, flow.to(before.image), padding_mode="border", align_corners=False)
    return carried, (flow[..., 0] >= -1)[:, None]


def luminance_change(
    image: Float[Tensor, "1 3 h w"], other: Float[Tensor, "1 3 h w"], seen: Tensor
) -> float:  # fmt: skip
    """Mean over the seen patches of how far their mean luminance differs (0..1)."""
    weights = image.new_tensor(LUMINANCE).view(1, 3, 1, 1)
    change = ((other - image) / 2 * weights).sum(1, keepdim=True) * seen
    side = max(round(PATCH * image.shape[-1]), 1)
    share = avg_pool2d(seen.to(image), side)
    patches = avg_pool2d(change, side) / share.clamp(min=1e-6)
    known = share >= FEWEST
    return float((patches.abs() * share)[known].sum() / share[known].sum()) if known.any() else 0.0
