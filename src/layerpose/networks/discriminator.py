"""Discriminators: multi-scale 70 x 70 patches for whole pictures, DCGAN for the completeness of a layer."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.nn.utils.parametrizations import spectral_norm

from layerpose.networks.norm import InstanceNorm


class PatchDiscriminator(nn.Module):
    """One 70 x 70 patch discriminator (pix2pixHD's): returns every feature, the score map last."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        widths = (width, 2 * width, 4 * width, 8 * width)
        strides = (2, 2, 2, 1)
        self.blocks = nn.ModuleList()
        for index, (outputs, stride) in enumerate(zip(widths, strides, strict=True)):
            # A bias before an instance norm does nothing, and its gradient is rounding noise.
            layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 4, stride, 2, bias=not index)]
            if index:
                layers.append(InstanceNorm(outputs, affine=False))
            self.blocks.append(nn.Sequential(*layers, nn.LeakyReLU(0.2)))
            inputs = outputs
        self.blocks.append(nn.Conv2d(inputs, 1, 4, 1, 2))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Stacked condition and picture -> features."""
        found = []
        for block in self.blocks:
            pictures = block(pictures)
            found.append(pictures)
        return found


class MultiScaleDiscriminator(nn.Module):
    """The same discriminator on the picture at full, half, quarter ... size, conditioned on the source."""

    def __init__(self, *, num_scales: int, inputs: int = 6, width: int = 64) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(inputs, width) for _ in range(num_scales))

    def forward(self, condition: Float[Tensor, "b c h w"], image: Float[Tensor, "b 3 h w"]) -> list[list[Tensor]]:
        """Features of every scale."""
        stacked = torch.cat([condition, image], dim=1)
        found = []
        for scale, discriminator in enumerate(self.scales):
            found.append(discriminator(avg_pool2d(stacked, 2**scale) if scale else stacked))
        return found


class CompletenessDiscriminator(nn.Module):
    """DCGAN: is this layer a whole part of the person in the source crop? Returns one score a picture."""

    def __init__(self, size: int, *, inputs: int = 6, width: int = 64, spectral: bool = False) -> None:
        super().__init__()
        wrap = spectral_norm if spectral else nn.Identity()
        layers: list[nn.Module] = []
        outputs = width
        while size > 4:
            norm = bool(layers) and not spectral
            layers.append(wrap(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=not norm)))
            if norm:
                layers.append(InstanceNorm(outputs, affine=False))
            layers.append(nn.LeakyReLU(0.2))
            inputs, outputs, size = outputs, min(2 * outputs, 8 * width), size // 2
        layers += [wrap(nn.Conv2d(inputs, 1, 4)), nn.Flatten()]
        self.body = nn.Sequential(*layers)

    def forward(self, source: Float[Tensor, "b 3 s s"], layer: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b 1"]:
        """Higher: more like a complete part."""
        return self.body(torch.cat([source, layer], dim=1))
