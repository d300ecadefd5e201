"""Convolution, norm and activation in the arrangements that the generators share."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv_transpose2d

from layerpose.networks.norm import InstanceNorm


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
    """Twice the resolution: nearest-neighbour, then a convolution; no checkerboard as from transposed ones.

    Both at once are a transposed convolution whose kernel is the convolution's, spread over two by two pixels: the same
    numbers for less than half of the work.
    """

    def __init__(self, inputs: int, outputs: int, *, norm: bool = True) -> None:
        super().__init__()
        self.block = ConvBlock(inputs, outputs, norm=norm)

    def forward(self, features: Tensor) -> Tensor:
        """``b c h w`` -> ``b c' 2h 2w``."""
        convolution, *rest = self.block
        assert isinstance(convolution, nn.Conv2d)
        features = conv_transpose2d(features, spread_kernel(convolution.weight), convolution.bias, stride=2, padding=1)
        for layer in rest:
            features = layer(features)
        return features


def spread_kernel(kernel: Float[Tensor, "o i 3 3"]) -> Float[Tensor, "i o 4 4"]:
    """The kernel of the transposed convolution (stride 2) that equals doubling every pixel and then convolving."""
    sums_of_2x2 = avg_pool2d(kernel.flip(2, 3), 2, stride=1, padding=1, divisor_override=1)
    return sums_of_2x2.transpose(0, 1)
