"""A picture of somebody in their own pose + the photo -> how far its colours are from those that the photo shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from layerpose.evaluation.ssim import blur
from layerpose.evaluation.truth import Prediction

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Rec. 709."""
LEVELS = 127.5
"""Of 256 levels, in a step of 1."""


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """Over all pixels at which the photo shows the person; equal pictures have 0, 1, 1, 1."""

    levels: float
    """Mean absolute difference, of 256 levels."""
    contrast: float
    """Standard deviation of the luminance, over the photo's."""
    detail: float
    """The same of what a Gaussian blur of 1.5 pixels takes away: below 1 is soft."""
    saturation: float
    """Mean difference between the largest and the smallest channel, over the photo's."""


def measure_fidelity(prediction: Prediction) -> Fidelity:
    """Compare a prediction with the photo, pixel by pixel."""
    image, photo, shown = prediction.image, prediction.truth.image, prediction.truth.mask[0, 0] > 0.5
    ours, theirs = (luminance(picture) for picture in (image, photo))
    return Fidelity(
        levels=mean_levels(image, photo, shown),
        contrast=_ratio(ours[0, 0][shown].std(), theirs[0, 0][shown].std()),
        detail=_ratio(_detail(ours, shown), _detail(theirs, shown)),
        saturation=_ratio(_saturation(image, shown), _saturation(photo, shown)),
    )


def mean_levels(image: Float[Tensor, "1 3 h w"], photo: Float[Tensor, "1 3 h w"], shown: Bool[Tensor, "h w"]) -> float:
    """Mean absolute difference at some pixels; not a number where there are none."""
    return float(LEVELS * (image - photo).abs()[0][:, shown].mean())


def luminance(image: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 1 h w"]:
    """How bright each pixel is, in [-1, 1]."""
    return (image * image.new_tensor(LUMINANCE).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _detail(bright: Float[Tensor, "1 1 h w"], shown: Bool[Tensor, "h w"]) -> Float[Tensor, ""]:
    slow = blur(bright)
    edge = (bright.shape[-1] - slow.shape[-1]) // 2
    inner = slice(edge, -edge)
    return (bright[..., inner, inner] - slow)[0, 0][shown[inner, inner]].std()


def _saturation(image: Float[Tensor, "1 3 h w"], shown: Bool[Tensor, "h w"]) -> Float[Tensor, ""]:
    return (image.amax(1) - image.amin(1))[0][shown].mean()


def _ratio(ours: Float[Tensor, ""], theirs: Float[Tensor, ""]) -> float:
    """1 where neither has anything of it; not a number where only the photo has nothing."""
    return float(ours / theirs) if theirs > 0 else (1.0 if ours == 0 else math.nan)
