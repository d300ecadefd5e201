"""Convolution, norm and activation in the arrangements that the generators share."""

from __future__ import annotations

from torch import Tensor, nn


class InstanceNorm(nn.GroupNorm):
    """Instance norm, written as a group norm with a group for each channel.

    PyTorch 2.13's own `InstanceNorm2d` has a wrong gradient on a CPU for a batch of one in channels_last.
    """

    def __init__(self, width: int, *, affine: bool = True) -> None:
        super().__init__(width, width, affine=affine)


class ConvBlock(nn.Sequential):
    """Convolution, instance norm (or none), ReLU."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, norm: bool = True) -> None:
        padding = (kernel - 1) // 2
        mode = "reflect" if kernel == 7 else "zeros"
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, padding, padding_mode=mode, bias=not norm)
        ]
        if norm:
            layers.append(InstanceNorm(outputs))
        super().__init__(*layers, nn.ReLU(inplace=True))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance norm, added to their input (Johnson et al.)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ConvBlock(width, width),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            InstanceNorm(width),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        return features + self.body(features)


class Up(nn.Module):
    """Twice the resolution: nearest-neighbour, then a convolution; no checkerboard as from transposed ones."""

    def __init__(self, inputs: int, outputs: int, *, norm: bool = True) -> None:
        super().__init__()
        self.scale = nn.Upsample(scale_factor=2, mode="nearest")
        self.block = ConvBlock(inputs, outputs, norm=norm)

    def forward(self, features: Tensor) -> Tensor:
        """``b c h w`` -> ``b c' 2h 2w``."""
        return self.block(self.scale(features))
