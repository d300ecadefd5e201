"""LW-GAN's networks: three streams joined by liquid warping, and the patch discriminator."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import grid_sample, interpolate

from layerpose.baselines.layers import normalised

NUM_DOWNS = 3
DISCRIMINATOR_WIDTHS = (1, 2, 4, 8, 8)
DISCRIMINATOR_STRIDES = (2, 2, 2, 2, 1)


@dataclass(frozen=True, kw_only=True)
class LwGanConfig:
    """The sizes of the published program, for 256 x 256."""

    width: int = 64
    """Channels at full resolution, in every stream."""
    num_blocks: int = 6
    """Residual blocks of every stream."""
    discriminator_width: int = 64
    """Channels of the discriminator's first layer."""


class Residual(nn.Module):
    """Two 3x3 convolutions with instance norm, added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_plain(nn.Conv2d(width, width, 3, padding=1, bias=False)),
            *normalised(nn.Conv2d(width, width, 3, padding=1, bias=False), affine=True),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        return features + self.body(features)


class BackgroundStream(nn.Module):
    """What is left of the source beside the body -> the whole background."""

    def __init__(self, inputs: int, config: LwGanConfig) -> None:
        super().__init__()
        levels = [config.width * 2**level for level in range(NUM_DOWNS + 1)]
        self.body = nn.Sequential(
            _stem(inputs, config.width),
            *(_down(fine) for fine in levels[:-1]),
            *(Residual(levels[-1]) for _ in range(config.num_blocks)),
            *(_up(fine) for fine in reversed(levels[:-1])),
            _head(config.width, 3),
        )

    def forward(self, stacked: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 3 h w"]:
        """Masked picture and mask -> picture."""
        return self.body(stacked).float().tanh()


class PersonStream(nn.Module):
    """The parts of a stream that draws a person; `Streams` runs two of them side by side."""

    def __init__(self, inputs: int, config: LwGanConfig) -> None:
        super().__init__()
        levels = [config.width * 2**level for level in range(NUM_DOWNS + 1)]
        self.stem = _stem(inputs, config.width)
        self.downs = nn.ModuleList(_down(fine) for fine in levels[:-1])
        self.blocks = nn.ModuleList(Residual(levels[-1]) for _ in range(config.num_blocks))
        self.ups = nn.ModuleList(_up(fine) for fine in reversed(levels[:-1]))
        self.joins = nn.ModuleList(
            nn.Sequential(*_plain(nn.Conv2d(2 * fine, fine, 3, padding=1, bias=False)))
            for fine in reversed(levels[:-1])
        )
        self.colour = _head(config.width, 3)
        self.mask = _head(config.width, 1)

    def finish(self, features: Tensor, kept: list[Tensor]) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 1 h w"]]:
        """The way up, with the features kept on the way down -> colour, and mask of the background."""
        for up, join, skip in zip(self.ups, self.joins, reversed(kept), strict=True):
            features = join(torch.cat([skip, up(features)], dim=1))
        return self.colour(features).float().tanh(), self.mask(features).float().sigmoid()


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the streams make."""

    background: Float[Tensor, "b 3 h w"]
    source_colour: Float[Tensor, "b 3 h w"]
    source_mask: Float[Tensor, "b 1 h w"]
    colour: Float[Tensor, "b 3 h w"]
    mask: Float[Tensor, "b 1 h w"]
    """1 where the background shows."""

    @property
    def source(self) -> Float[Tensor, "b 3 h w"]:
        """The source, drawn again."""
        return self.source_mask * self.background + (1 - self.source_mask) * self.source_colour

    @property
    def image(self) -> Float[Tensor, "b 3 h w"]:
        """The picture."""
        return self.mask * self.background + (1 - self.mask) * self.colour


class Streams(nn.Module):
    """Background, source and transfer; the source's features flow into the transfer's at every level and block."""

    def __init__(self, config: LwGanConfig) -> None:
        super().__init__()
        self.background = BackgroundStream(4, config)
        self.source = PersonStream(6, config)
        self.transfer = PersonStream(6, config)

    def forward(
        self,
        background: Float[Tensor, "b 4 h w"],
        source: Float[Tensor, "b 6 h w"],
        transfer: Float[Tensor, "b 6 h w"],
        flow: Float[Tensor, "b h w 2"],
    ) -> Drawn:
        """Background and both persons; sides are multiples of 8."""
        ours, theirs = self.transfer.stem(transfer), self.source.stem(source)
        kept: list[list[Tensor]] = [[], []]
        for down, source_down in zip(self.transfer.downs, self.source.downs, strict=True):
            kept[0].append(ours)
            kept[1].append(theirs)
            theirs = source_down(theirs)
            ours = down(ours) + warp_liquid(theirs, flow)
        for block, source_block in zip(self.transfer.blocks, self.source.blocks, strict=True):
            theirs = source_block(theirs)
            ours = block(ours) + warp_liquid(theirs, flow)
        colour, mask = self.transfer.finish(ours, kept[0])
        source_colour, source_mask = self.source.finish(theirs, kept[1])
        return Drawn(
            background=self.background(background), source_colour=source_colour, source_mask=source_mask,
            colour=colour, mask=mask,
        )  # fmt: skip


def warp_liquid(features: Float[Tensor, "b c h w"], flow: Float[Tensor, "b y x 2"]) -> Float[Tensor, "b c h w"]:
    """The liquid warping block: features at the places of the flow, which is brought to their size; 0 off the grid."""
    size = features.shape[-2:]
    places = interpolate(flow.permute(0, 3, 1, 2), size=size, mode="bilinear", align_corners=False)
    return grid_sample(features, places.permute(0, 2, 3, 1).to(features.dtype), align_corners=False)


class PatchDiscriminator(nn.Sequential):
    """Patch discriminator with four halvings, conditioned on the target's surface."""

    def __init__(self, config: LwGanConfig) -> None:
        layers, inputs = [], 6
        for number, (factor, stride) in enumerate(zip(DISCRIMINATOR_WIDTHS, DISCRIMINATOR_STRIDES, strict=True)):
            outputs = config.discriminator_width * factor
            layer = nn.Conv2d(inputs, outputs, 4, stride, 1)
            layers += [*(normalised(layer) if number else [layer]), nn.LeakyReLU(0.2)]
            inputs = outputs
        super().__init__(*layers, nn.Conv2d(inputs, 1, 4, 1, 1))


def _plain(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    return [*normalised(convolution, affine=True), nn.ReLU(inplace=True)]


def _stem(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(*_plain(nn.Conv2d(inputs, width, 7, padding=3, bias=False)))


def _down(fine: int) -> nn.Sequential:
    return nn.Sequential(*_plain(nn.Conv2d(fine, 2 * fine, 3, stride=2, padding=1, bias=False)))


def _up(fine: int) -> nn.Sequential:
    up = nn.ConvTranspose2d(2 * fine, fine, 3, stride=2, padding=1, output_padding=1, bias=False)
    return nn.Sequential(*_plain(up))


def _join(fine: int) -> nn.Sequential:
    return nn.Sequential(*_plain(nn.Conv2d(2 * fine, fine, 3, padding=1, bias=False)))


def _head(width: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(width, outputs, 7, padding=3, bias=False)
