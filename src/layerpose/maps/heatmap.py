"""Keypoints -> Gaussian heatmaps H."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

SIGMA = 6 / 512
"""Standard deviation of a keypoint's Gaussian, as a share of the canvas."""


def draw_heatmaps(
    keypoints: Float[Tensor, "k 2"], size: int, *, box: Float[Tensor, "3"] | None = None
) -> Float[Tensor, "k size size"]:
    """One Gaussian of peak 1 for each keypoint (canvas units), over a box (left, top, side) or the whole canvas."""
    left, top, side = (0.0, 0.0, 1.0) if box is None else box.tolist()
    centres = (torch.arange(size, device=keypoints.device, dtype=torch.float32) + 0.5) / size * side
    across = torch.exp(-((centres + left - keypoints[:, :1].float()) ** 2) / (2 * SIGMA**2))
    down = torch.exp(-((centres + top - keypoints[:, 1:2].float()) ** 2) / (2 * SIGMA**2))
    return down[:, :, None] * across[:, None, :]
