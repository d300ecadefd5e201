"""Keypoints -> Gaussian heatmaps H."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.runtime.memory import sparse_zeros

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
    heatmaps = sparse_zeros(len(keypoints), size, size)
    centres = (torch.arange(size, dtype=torch.float32) + 0.5) / size * side
    places = keypoints.cpu().float()
    across, down = _bells(centres + left, places[:, 0]), _bells(centres + top, places[:, 1])
    for channel in range(len(keypoints)) if channels is None else channels:
        columns, rows = across[0][channel], down[0][channel]
        if columns.stop and rows.stop:
            bell = down[1][channel, rows][:, None] * across[1][channel, columns]
            heatmaps[channel, rows, columns] = bell
    return heatmaps.to(keypoints.device)


def _bells(places: Float[Tensor, "s"], middles: Float[Tensor, "k"]) -> tuple[list[slice], Float[Tensor, "k s"]]:
    """Along one side: where the Gaussian of each keypoint is more than nothing, and its values."""
    off = places - middles[:, None]
    near = off.abs() < REACH * SIGMA
    first, count = near.to(torch.uint8).argmax(1).tolist(), near.sum(1).tolist()
    reach = [slice(at, at + many) if many else slice(0, 0) for at, many in zip(first, count, strict=True)]
    return reach, torch.exp(-(off**2) / (2 * SIGMA**2))
