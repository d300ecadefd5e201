"""SSIM (Wang et al. 2004): Gaussian window, sigma 1.5, 11 x 11, per channel, fixed data range; protocol `wang`."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import conv2d

WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * 2) ** 2
C2 = (0.03 * 2) ** 2
"""The constants for pictures in [-1, 1], whose data range is 2."""


def ssim_map(image: Float[Tensor, "b c h w"], target: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    """SSIM at every place where the whole window fits (5 pixels are lost on each side)."""
    line = torch.exp(-((torch.arange(WINDOW, dtype=image.dtype) - WINDOW // 2) ** 2) / (2 * SIGMA**2))
    line = (line / line.sum()).to(image.device)
    channels = image.shape[1]

    def blur(picture: Tensor) -> Tensor:
        across = conv2d(picture, line.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
        return conv2d(across, line.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)

    mean_i, mean_t = blur(image), blur(target)
    var_i, var_t = blur(image**2) - mean_i**2, blur(target**2) - mean_t**2
    covariance = blur(image * target) - mean_i * mean_t
    return ((2 * mean_i * mean_t + C1) * (2 * covariance + C2)) / ((mean_i**2 + mean_t**2 + C1) * (var_i + var_t + C2))


def ssim(
    image: Float[Tensor, "b c h w"], target: Float[Tensor, "b c h w"], region: Float[Tensor, "b 1 h w"] | None = None
) -> Float[Tensor, "b"]:
    """Mean SSIM over the picture, or over a region (protocol `fg`)."""
    found = ssim_map(image, target).mean(1)
    if region is None:
        return found.mean((1, 2))
    inner = region[:, 0, WINDOW // 2 : -(WINDOW // 2), WINDOW // 2 : -(WINDOW // 2)]
    return (found * inner).sum((1, 2)) / inner.sum((1, 2)).clamp(min=1)
