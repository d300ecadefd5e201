"""Pictures, maps and warp -> what a generator's stem makes of them: in bands of rows, as all of it is seldom needed.

Stacked whole, some eighty channels at full size and the copy that a convolution makes of them would be the largest
things in memory by far. A row of features needs a few rows of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from layerpose.config import Guides
from layerpose.networks.generator import Generator
from layerpose.stages.conditions import list_guides, stack
from layerpose.stages.narrowing import Window
from layerpose.types import Maps, Warp

BAND = 32
"""Rows of features that are made at a time."""


def goes_in_bands(generator: Generator, pictures: Sequence[Float[Tensor, "b 3 h w"]]) -> bool:
    """Whether it may: on a CPU, to draw and not to learn, and where nobody wants to see what is stacked (hooks)."""
    convolution, on_cpu = generator.stem[0], pictures[0].device.type == "cpu"
    assert isinstance(convolution, nn.Conv2d)
    if torch.is_grad_enabled() or not on_cpu or convolution.padding_mode != "zeros":
        return False
    return pictures[0].shape[-2] // convolution.stride[0] > BAND and not generator._forward_pre_hooks


def run_stem(
    generator: Generator, guides: Guides, pictures: Sequence[Float[Tensor, "b 3 h w"]], maps: Maps, warp: Warp | None
) -> Float[Tensor, "b c r s"]:
    """The same features, bit for bit, as of everything stacked."""
    convolution, *rest = generator.stem
    assert isinstance(convolution, nn.Conv2d)
    features = _convolve(convolution, guides, pictures, maps, warp)
    for layer in rest:
        features = layer(features)
    return features


def _convolve(
    layer: nn.Conv2d, guides: Guides, pictures: Sequence[Float[Tensor, "b 3 h w"]], maps: Maps, warp: Warp | None
) -> Float[Tensor, "b c r s"]:
    (height, width), (step, _), (kernel, _) = pictures[0].shape[-2:], layer.stride, layer.kernel_size
    assert not isinstance(layer.padding, str)
    above, beside = layer.padding
    made = None
    for first in range(0, height // step, BAND):
        last = min(first + BAND, height // step)
        top, bottom = first * step - above, (last - 1) * step - above + kernel
        rows = Window(rows=slice(max(top, 0), min(bottom, height)), columns=slice(0, width), share=1)
        given = [rows.of(picture) for picture in pictures]
        band = stack([*given, *list_guides(rows.of_all(maps), None if warp is None else rows.of_all(warp), guides)])
        if top < 0 or bottom > height:  # else it would be copied all the same
            band = pad(band, (0, 0, max(-top, 0), max(bottom - height, 0)))
        found = conv2d(band, layer.weight, layer.bias, layer.stride, (0, beside))
        if made is None:
            made = found.new_empty(*found.shape[:2], height // step, found.shape[3])
        made[:, :, first:last] = found
    assert made is not None
    return made
