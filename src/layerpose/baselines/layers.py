"""What pix2pixHD and LW-GAN share: instance norm behind a convolution, and how their weights begin."""

from __future__ import annotations

from torch import nn


def normalised(convolution: nn.Conv2d | nn.ConvTranspose2d, *, affine: bool = False) -> list[nn.Module]:
    """A convolution and its instance norm.

    It is written as a group norm with a group for each channel: PyTorch 2.13's own instance norm has a wrong gradient
    on a CPU for a batch of one in channels_last.
    """
    width = convolution.out_channels
    return [convolution, nn.GroupNorm(width, width, affine=affine)]


def draw_weights(network: nn.Module) -> None:
    """Convolutions N(0, 0.02) without bias, norms N(1, 0.02)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.GroupNorm) and module.affine:
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)
