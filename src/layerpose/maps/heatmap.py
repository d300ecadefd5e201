"""Keypoints -> Gaussian heatmaps H."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

SIGMA = 6 / 512
"""Standard deviation of a keypoint's Gaussian, as a share of the canvas."""


REACH = 4.5
"""A Gaussian ends after so many standard deviations, where it is below 1/20000."""


def draw_heatmaps(
    keypoints: Float[Tensor, "k 2"],
    size: int,
    *,
    box: Float[Tensor, "3"] | None = None,
    channels: tuple[int, ...] | None = None,
) -> Float[Tensor, "k size size"]:
    """One Gaussian of peak 1 for each keypoint (canvas units), over a box (left, top, side) or the whole canvas.

    Only the given `channels` are drawn; the others stay 0.
    """
    left, top, side = (0.0, 0.0, 1.0) if box is None else box.tolist()
    heatmaps = torch.zeros(len(keypoints), size, size)
    centres = (torch.arange(size, dtype=torch.float32) + 0.5) / size * side
    for channel, (x, y) in enumerate(keypoints.tolist()):
        if channels is not None and channel not in channels:
            continue
        columns, across = _bell(centres + left, x)
        rows, down = _bell(centres + top, y)
        heatmaps[channel, rows, columns] = down[:, None] * across
    return heatmaps.to(keypoints.device)


def _bell(places: Float[Tensor, "s"], middle: float) -> tuple[slice, Float[Tensor, "n"]]:
    near = torch.nonzero((places - middle).abs() < REACH * SIGMA).flatten()
    reach = slice(int(near[0]), int(near[-1]) + 1) if len(near) else slice(0, 0)
    return reach, torch.exp(-((places[reach] - middle) ** 2) / (2 * SIGMA**2))
