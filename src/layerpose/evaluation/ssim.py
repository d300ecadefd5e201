"""SSIM (Wang et al. 2004) of pictures in [-1, 1]: a map, and means over it. The data range is fixed, never measured."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * 2) ** 2
C2 = (0.03 * 2) ** 2
"""The constants for pictures in [-1, 1], whose data range is 2."""
UNIFORM_WINDOW = 51


@dataclass(frozen=True, kw_only=True)
class Moments:
    """A picture and its square, each seen through the Gaussian window wherever the whole window fits."""

    mean: Float[Tensor, "b c h2 w2"]
    square: Float[Tensor, "b c h2 w2"]


def find_moments(picture: Float[Tensor, "b c h w"]) -> Moments:
    """What SSIM needs of one picture alone."""
    return Moments(mean=blur(picture), square=blur(picture**2))


def ssim_map(
    image: Float[Tensor, "b c h w"], target: Float[Tensor, "b c h w"], moments: Moments | None = None
) -> Float[Tensor, "b c h2 w2"]:
    """SSIM with a Gaussian window wherever the whole window fits (5 pixels are lost on each side).

    `moments` are the target's, where they are known already.
    """
    ours, theirs = find_moments(image), moments or find_moments(target)
    var_i, var_t = ours.square - ours.mean**2, theirs.square - theirs.mean**2
    covariance = blur(image * target) - ours.mean * theirs.mean
    return _combine(ours.mean, theirs.mean, var_i, var_t, covariance)


def uniform_ssim_map(
    image: Float[Tensor, "b c h w"], target: Float[Tensor, "b c h w"], window: int = UNIFORM_WINDOW
) -> Float[Tensor, "b c h2 w2"]:
    """SSIM with a uniform window and unbiased variances, as protocol `gfla` has it."""
    if min(image.shape[-2:]) < window:
        raise ValueError(f"the picture is {image.shape[-1]} x {image.shape[-2]}; the window needs {window} a side")
    # Averages of large windows in 32 bits lose digits.
    image, target = image.double(), target.double()

    def average(picture: Tensor) -> Tensor:
        return avg_pool2d(avg_pool2d(picture, (1, window), 1), (window, 1), 1)

    unbiased = window**2 / (window**2 - 1)
    mean_i, mean_t = average(image), average(target)
    var_i, var_t = (average(x**2) - mean**2 for x, mean in ((image, mean_i), (target, mean_t)))
    covariance = average(image * target) - mean_i * mean_t
    return _combine(mean_i, mean_t, unbiased * var_i, unbiased * var_t, unbiased * covariance)


def blur(picture: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    """Seen through the Gaussian window, wherever all of it fits."""
    line = torch.exp(-((torch.arange(WINDOW, dtype=picture.dtype) - WINDOW // 2) ** 2) / (2 * SIGMA**2))
    line, channels = (line / line.sum()).to(picture.device), picture.shape[1]
    if picture.device.type == "cpu":  # five times as fast as two convolutions, the same to 1e-7
        return torch.stack([_blur_by_rows(one, line) for one in picture.detach()])
    across = conv2d(picture, line.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return conv2d(across, line.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)


def _blur_by_rows(picture: Float[Tensor, "c h w"], line: Float[Tensor, "k"]) -> Float[Tensor, "c h2 w2"]:
    edge = len(line) // 2
    rows = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
    whole = cv2.sepFilter2D(rows, -1, line.numpy(), line.numpy()).reshape(rows.shape)
    return torch.from_numpy(whole[edge:-edge, edge:-edge]).permute(2, 0, 1)


def _combine(mean_i: Tensor, mean_t: Tensor, var_i: Tensor, var_t: Tensor, covariance: Tensor) -> Tensor:
    return ((2 * mean_i * mean_t + C1) * (2 * covariance + C2)) / ((mean_i**2 + mean_t**2 + C1) * (var_i + var_t + C2))


def inner(region: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h2 w2"]:
    """The part of a region where `ssim_map` has values."""
    edge = WINDOW // 2
    return region[..., edge:-edge, edge:-edge]


def mean_over(found: Float[Tensor, "b c h w"], region: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b"]:
    """Mean of a map over channels and a region of each picture."""
    return (found.mean(1, keepdim=True) * region).sum((1, 2, 3)) / region.sum((1, 2, 3)).clamp(min=1)


def ssim(
    image: Float[Tensor, "b c h w"], target: Float[Tensor, "b c h w"], region: Float[Tensor, "b 1 h w"] | None = None
) -> Float[Tensor, "b"]:
    """Mean SSIM of each picture, over all of it or over a region."""
    found = ssim_map(image, target)
    return found.mean((1, 2, 3)) if region is None else mean_over(found, inner(region))
