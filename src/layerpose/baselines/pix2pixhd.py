"""pix2pixHD (Wang et al., CVPR 2018) as a pose-transfer baseline: source photo + target heatmaps -> picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from layerpose.baselines.features import first_feature_loss
from layerpose.baselines.layers import draw_weights, normalised
from layerpose.data.pairs import Sample
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import Conditions
from layerpose.types import Term

INPUTS = 3 + 18
NUM_DOWNS = 4
DISCRIMINATOR_STRIDES = (2, 2, 2, 1)
MATCHING_WEIGHT = PERCEPTUAL_WEIGHT = 10.0


@dataclass(frozen=True, kw_only=True)
class Pix2PixHdConfig:
    """The sizes of the published program."""

    width: int = 64
    """Channels of the global generator at its own full resolution."""
    num_blocks: int = 9
    """Residual blocks of the global generator."""
    enhancer: bool = False
    """Add the local enhancer: the global generator then works at half the size."""
    num_enhancer_blocks: int = 3
    """Residual blocks of the local enhancer."""
    discriminator_width: int = 64
    """Channels of the discriminators' first layer."""
    num_scales: int = 2
    """Discriminators, each on half the size of the one before."""


class Pix2PixHd(nn.Module):
    """Generator and discriminators."""

    def __init__(self, config: Pix2PixHdConfig) -> None:
        super().__init__()
        self.generator = LocalEnhancer(config) if config.enhancer else GlobalGenerator(config)
        self.discriminator = PatchDiscriminator(config)
        draw_weights(self)

    def forward(self, conditions: Conditions) -> Float[Tensor, "b 3 h w"]:
        """The picture."""
        return self.generator(stack_inputs(conditions))


class Residual(nn.Module):
    """Reflected edges, two convolutions, added to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *normalised(nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")), nn.ReLU(inplace=True),
            *normalised(nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")),
        )  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        return features + self.body(features)


class GlobalGenerator(nn.Module):
    """Four times down, residual blocks, four times up."""

    def __init__(self, config: Pix2PixHdConfig) -> None:
        super().__init__()
        width = config.width
        levels = [width * 2**level for level in range(NUM_DOWNS + 1)]
        self.trunk = nn.Sequential(
            *_stem(INPUTS, width),
            *(layer for fine in levels[:-1] for layer in _down(fine, 2 * fine)),
            *(Residual(levels[-1]) for _ in range(config.num_blocks)),
            *(layer for fine in reversed(levels[:-1]) for layer in _up(2 * fine, fine)),
        )
        self.head = _head(width)

    def forward(self, stacked: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 3 h w"]:
        """The picture; sides are multiples of 16."""
        return self.head(self.trunk(stacked)).float().tanh()


class LocalEnhancer(nn.Module):
    """A finer branch at full size, to which the global generator's last features at half size are added."""

    def __init__(self, config: Pix2PixHdConfig) -> None:
        super().__init__()
        fine = config.width // 2
        self.coarse = GlobalGenerator(config).trunk
        self.down = nn.Sequential(*_stem(INPUTS, fine), *_down(fine, 2 * fine))
        self.up = nn.Sequential(
            *(Residual(2 * fine) for _ in range(config.num_enhancer_blocks)), *_up(2 * fine, fine), _head(fine)
        )

    def forward(self, stacked: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 3 h w"]:
        """The picture; sides are multiples of 32."""
        return self.up(self.down(stacked) + self.coarse(_halve(stacked))).float().tanh()


class PatchDiscriminator(nn.Module):
    """70 x 70 patch discriminators at several sizes; every feature is returned, the scores last."""

    def __init__(self, config: Pix2PixHdConfig) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            _patch_discriminator(INPUTS + 3, config.discriminator_width) for _ in range(config.num_scales)
        )

    def forward(self, condition: Float[Tensor, "b c h w"], image: Float[Tensor, "b 3 h w"]) -> list[list[Tensor]]:
        """Features of every scale."""
        features = torch.cat([condition, image], dim=1)
        found = []
        for scale in self.scales:
            assert isinstance(scale, nn.ModuleList)
            found.append(_trace(scale, features))
            features = _halve(features)
        return found


def stack_inputs(conditions: Conditions) -> Float[Tensor, "b 21 h w"]:
    """Source and the target's heatmaps."""
    return torch.cat([conditions.source, conditions.maps.heatmaps], dim=1)


def generator_terms(model: Pix2PixHd, vgg: Vgg19, sample: Sample) -> tuple[list[Term], Float[Tensor, "b 3 h w"]]:
    """What the generator minimises, and its picture for the discriminators."""
    stacked, target = stack_inputs(sample.conditions), sample.target
    image = model.generator(stacked)
    model.discriminator.requires_grad_(False)
    made, real = model.discriminator(stacked, image), model.discriminator(stacked, target)
    model.discriminator.requires_grad_(True)
    terms = [
        Term(name="adversarial", value=_distance(made, 1.0), weight=1.0),
        Term(name="matching", value=_matching(real, made), weight=MATCHING_WEIGHT),
        Term(name="perceptual", value=first_feature_loss(vgg, image, target), weight=PERCEPTUAL_WEIGHT),
    ]
    return terms, image.detach()


def discriminator_terms(model: Pix2PixHd, sample: Sample, image: Float[Tensor, "b 3 h w"]) -> list[Term]:
    """What the discriminators minimise."""
    stacked = stack_inputs(sample.conditions)
    return [
        Term(name="judge real", value=_distance(model.discriminator(stacked, sample.target), 1.0), weight=0.5),
        Term(name="judge made", value=_distance(model.discriminator(stacked, image), 0.0), weight=0.5),
    ]


def _distance(scales: Sequence[Sequence[Tensor]], wanted: float) -> Float[Tensor, ""]:
    """Squared distance of the scores from what they should be, added over the scales."""
    return torch.stack([((features[-1] - wanted) ** 2).mean() for features in scales]).sum()


def _matching(real: Sequence[Sequence[Tensor]], made: Sequence[Sequence[Tensor]]) -> Float[Tensor, ""]:
    """L1 between the discriminators' features, a mean over scales and (as published) layers but one."""
    distances = [
        (ours - theirs.detach()).abs().mean()
        for theirs_all, ours_all in zip(real, made, strict=True)
        for theirs, ours in zip(theirs_all[:-1], ours_all[:-1], strict=True)
    ]
    num_layers = len(DISCRIMINATOR_STRIDES) - 1
    return torch.stack(distances).sum() * 4 / (num_layers + 1) / len(real)


def _stem(inputs: int, width: int) -> list[nn.Module]:
    stem = nn.Conv2d(inputs, width, 7, padding=3, padding_mode="reflect")
    return [*normalised(stem), nn.ReLU(inplace=True)]


def _head(width: int) -> nn.Conv2d:
    return nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect")


def _down(fine: int, coarse: int) -> list[nn.Module]:
    return [*normalised(nn.Conv2d(fine, coarse, 3, stride=2, padding=1)), nn.ReLU(inplace=True)]


def _up(coarse: int, fine: int) -> list[nn.Module]:
    up = nn.ConvTranspose2d(coarse, fine, 3, stride=2, padding=1, output_padding=1)
    return [*normalised(up), nn.ReLU(inplace=True)]


def _halve(features: Tensor) -> Tensor:
    return avg_pool2d(features, 3, stride=2, padding=1, count_include_pad=False)


def _patch_discriminator(inputs: int, width: int) -> nn.ModuleList:
    blocks = nn.ModuleList()
    for index, stride in enumerate(DISCRIMINATOR_STRIDES):
        outputs = width * 2**index
        layer = nn.Conv2d(inputs, outputs, 4, stride, 2)
        blocks.append(nn.Sequential(*(normalised(layer) if index else (layer,)), nn.LeakyReLU(0.2)))
        inputs = outputs
    blocks.append(nn.Conv2d(inputs, 1, 4, 1, 2))
    return blocks


def _trace(blocks: nn.ModuleList, features: Tensor) -> list[Tensor]:
    found = []
    for block in blocks:
        features = block(features)
        found.append(features)
    return found
