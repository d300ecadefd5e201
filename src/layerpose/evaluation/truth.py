"""A true picture -> what every prediction to it is compared with, worked out once; and a prediction beside it.

The maps of SSIM and the features of the whole frame serve every protocol. The features of the person's box do not come
from them: AlexNet pads at the crop's edge and steps from its corner, so a crop has features of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate, pad

from layerpose.evaluation.lpips import SMALLEST, Features, Lpips
from layerpose.evaluation.ssim import Moments, find_moments, ssim_map

BOX_MARGIN = 6 / 256
"""Room around the person's box, as a share of the picture."""
WHITE_SIZE, WHITE_ROOM = 512, 0.05
"""Side of the crop on white in pixels, and the room around the person in it, as a share of that side."""
EMPTY = 0.05
"""A generated pixel further than this from the grey of the background belongs to the person."""
Image = Float[Tensor, "1 3 h w"]
Mask = Float[Tensor, "1 1 h w"]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What the picture should have been."""

    image: Image
    mask: Mask
    metric: Lpips

    @cached_property
    def moments(self) -> Moments:
        """Of the picture, for SSIM."""
        return find_moments(self.image)

    @cached_property
    def features(self) -> Features:
        """Of the whole frame."""
        return self.metric.features(self.image)

    @cached_property
    def box(self) -> tuple[slice, slice]:
        """Where the person is."""
        return person_box(self.mask)

    @cached_property
    def box_features(self) -> Features:
        """Of the person's box."""
        return self.metric.features(self.image[..., *self.box])

    def on_white(self, image: Image, shown: Mask) -> Float[Tensor, "1 3 512 512"]:
        """A picture before flat grey -> before white, cut to the square around this person and resized."""
        rows, columns = self.box
        side = round(max(rows.stop - rows.start, columns.stop - columns.start) / (1 - 2 * WHITE_ROOM))
        top, left = (rows.start + rows.stop - side) // 2, (columns.start + columns.stop - side) // 2
        room = (-left, left + side - image.shape[-1], -top, top + side - image.shape[-2])  # less than 0: cut away
        square, size = pad(image + (1 - shown), room, value=1.0), (WHITE_SIZE, WHITE_SIZE)
        return interpolate(square, size, mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)

    @cached_property
    def white(self) -> Float[Tensor, "1 3 512 512"]:
        """The person on white."""
        return self.on_white(self.image, self.mask)

    @cached_property
    def white_features(self) -> Features:
        """Of the person on white."""
        return self.metric.features(self.white)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A picture beside the true one."""

    image: Image
    truth: Truth

    @cached_property
    def ssim_map(self) -> Float[Tensor, "1 3 h2 w2"]:
        """SSIM as Wang et al. defined it, everywhere."""
        return ssim_map(self.image, self.truth.image, self.truth.moments)

    @cached_property
    def lpips(self) -> float:
        """Over the whole frame."""
        truth = self.truth
        ours = truth.features if self.image is truth.image else truth.metric.features(self.image)
        return float(truth.metric.distance(ours, truth.features))

    @cached_property
    def box_lpips(self) -> float:
        """Over the person's box."""
        truth = self.truth
        if self.image is truth.image:
            return float(truth.metric.distance(truth.box_features, truth.box_features))
        return float(truth.metric.distance(truth.metric.features(self.image[..., *truth.box]), truth.box_features))

    @cached_property
    def region(self) -> Mask:
        """The true and the generated person."""
        return ((self.truth.mask > 0.5) | (self.image.abs().amax(1, keepdim=True) > EMPTY)).float()


def person_box(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of the person's bounding box and a margin; the whole picture if it shows nobody.

    In small pictures the box grows until LPIPS can look at it.
    """
    height, width = mask.shape[-2:]
    rows, columns = (torch.nonzero(mask[0, 0].amax(axis) > 0.5).flatten() for axis in (1, 0))
    if not len(rows):
        return slice(0, height), slice(0, width)
    margin = round(BOX_MARGIN * height)
    return _around(rows, margin, height), _around(columns, margin, width)


def _around(places: Tensor, margin: int, length: int) -> slice:
    """From the first place to the last, and a margin."""
    first, last = max(int(places[0]) - margin, 0), min(int(places[-1]) + margin + 1, length)
    wanted = max(last - first, min(SMALLEST, length))
    first = min(max(first - (wanted - (last - first)) // 2, 0), length - wanted)
    return slice(first, first + wanted)
