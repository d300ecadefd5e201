"""Picture, outlines and rough parsing -> parsing logits: a small U-Net (Ronneberger et al., MICCAI 2015).

It reads and writes pixels two by two, so that its widest layers run at half the size, and it adds its answer to the
rough parsing: an untrained network repeats what it was told.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ParsingConfig

PATCH = 2
TRUST = 3.0
"""Logit that an untrained network gives to the class it was told."""


class Block(nn.Sequential):
    """3x3 convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class Merge(nn.Module):
    """Coarse features, made larger, on top of the fine ones of the way down."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(coarse, fine, 1)
        self.scale = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.block = Block(fine, fine)

    def forward(self, coarse: Float[Tensor, "b c h w"], fine: Float[Tensor, "b f _ _"]) -> Float[Tensor, "b f _ _"]:
        """At the fine size."""
        return self.block(fine + self.scale(self.narrow(coarse)))


class UNet(nn.Module):
    """The sides of what it is given must be multiples of ``2 ** (num_downs + 1)``."""

    def __init__(self, config: ParsingConfig) -> None:
        super().__init__()
        self.config = config
        widths = [min(config.width * 2**level, config.max_width) for level in range(config.num_downs + 1)]
        inputs = 3 + 2 + config.num_classes
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(PATCH), Block(inputs * PATCH**2, widths[0]), Block(widths[0], widths[0])
        )
        self.downs = nn.ModuleList(
            nn.Sequential(Block(fine, coarse, stride=2), Block(coarse, coarse)) for fine, coarse in pairwise(widths)
        )
        self.merges = nn.ModuleList(
            Merge(widths[level + 1], widths[level]) for level in reversed(range(config.num_downs))
        )
        last = nn.Conv2d(widths[0], config.num_classes * PATCH**2, 3, padding=1)
        nn.init.normal_(last.weight, std=1e-3)
        assert last.bias is not None
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(last, nn.PixelShuffle(PATCH))
        self.trust = nn.Parameter(torch.full((config.num_classes, 1, 1), TRUST))

    def forward(
        self, image: Float[Tensor, "b 3 h w"], outlines: Float[Tensor, "b 2 h w"], rough: Float[Tensor, "b l h w"]
    ) -> Float[Tensor, "b l h w"]:
        """Logits of the classes. `image` with whatever is behind the person; mask and naked body (0..1); one-hot."""
        features = self.stem(torch.cat([image, outlines * 2 - 1, rough], dim=1))
        passed = []
        for down in self.downs:
            passed.append(features)
            features = down(features)
        for merge in self.merges:
            features = merge(features, passed.pop())
        return self.head(features) + self.trust * rough
