"""DSC, deformable skip connections (Siarohin et al., CVPR 2018): source photo + both poses -> picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from layerpose.baselines.dsc_regions import deform, find_regions
from layerpose.baselines.features import shallow_features
from layerpose.baselines.inputs import bodies_of
from layerpose.data.pairs import Sample
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import Conditions
from layerpose.types import Term

POSE = 18
ENCODER = (1, 2, 4, 8, 8, 8, 8)
DECODER = (8, 8, 8, 4, 2)
DISCRIMINATOR = (1, 2, 4, 8)
"""Channels of the layers in units of the width; the decoder's first block, and its last convolution, come on top."""
NUM_DEFORMED = 4
"""Skips, from the finest on, that are deformed."""
NUM_DROPPED = 3
"""Blocks of the decoder, from the coarsest on, with dropout."""
NEIGHBOURS_WEIGHT = 0.01
NEIGHBOURHOOD = 5
NORM_EPSILON = 1e-3
LOG_EPSILON = 1e-7
FAR = -10000.0
"""Features beyond the edge in the nearest-neighbour loss: nothing is near them."""


@dataclass(frozen=True, kw_only=True)
class DscConfig:
    """The sizes of the published program, for 256 x 256."""

    width: int = 64
    """Channels at full resolution."""
    discriminator_width: int = 64
    """Channels of the discriminator's first layer."""


class Dsc(nn.Module):
    """Generator and discriminator."""

    def __init__(self, config: DscConfig) -> None:
        super().__init__()
        self.generator = DeformableGenerator(config)
        self.discriminator = PairDiscriminator(config)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, conditions: Conditions) -> Float[Tensor, "b 3 h w"]:
        """The picture."""
        return self.generator(conditions)


class WholeNorm(nn.Module):
    """Each sample to mean 0 and deviation 1, all channels together; one scale and one shift.

    The paper says instance norm; what the published program calls so does this where no axis is named, as there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Same shape in and out."""
        mean = features.mean((1, 2, 3), keepdim=True)
        deviation = ((features - mean) ** 2).mean((1, 2, 3), keepdim=True).add(1e-12).sqrt()
        return (features - mean) / (deviation + NORM_EPSILON) * self.scale + self.shift


class Encoder(nn.Module):
    """A convolution, then six halvings; the features of every level are kept."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        widths = [width * factor for factor in ENCODER]
        self.levels = nn.ModuleList([nn.Conv2d(inputs, widths[0], 3, padding=1)])
        for level in range(1, len(widths)):
            is_last = level == len(widths) - 1
            self.levels.append(
                nn.Sequential(
                    nn.LeakyReLU(0.2), nn.Conv2d(widths[level - 1], widths[level], 4, 2, 1, bias=False),
                    nn.Identity() if is_last else WholeNorm(),
                )
            )  # fmt: skip

    def forward(self, features: Float[Tensor, "b c h w"]) -> list[Tensor]:
        """Features from the finest to the coarsest."""
        found = []
        for level in self.levels:
            features = level(features)
            found.append(features)
        return found


class DeformableGenerator(nn.Module):
    """Two encoders, one decoder; the appearance's fine features are moved to the target pose on their way."""

    def __init__(self, config: DscConfig) -> None:
        super().__init__()
        self.appearance = Encoder(3 + POSE, config.width)
        self.pose = Encoder(POSE, config.width)
        skips = [2 * config.width * factor for factor in reversed(ENCODER)]
        self.ups, inputs = nn.ModuleList(), skips[0]
        outputs = [ENCODER[-1] * config.width, *(config.width * factor for factor in DECODER)]
        for number, (width, skip) in enumerate(zip(outputs, skips[1:], strict=True)):
            self.ups.append(
                nn.Sequential(
                    nn.ReLU(), nn.ConvTranspose2d(inputs, width, 4, 2, 1, bias=False), WholeNorm(),
                    nn.Dropout(0.5) if number < NUM_DROPPED else nn.Identity(),
                )
            )  # fmt: skip
            inputs = width + skip
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(inputs, 3, 3, padding=1))

    def forward(self, conditions: Conditions) -> Float[Tensor, "b 3 h w"]:
        """The picture; its side is a multiple of 64."""
        bodies = bodies_of(conditions)
        regions = find_regions(bodies.source_keypoints, bodies.target_keypoints)
        shown = self.appearance(torch.cat([conditions.source, bodies.source_heatmaps], dim=1))
        posed = self.pose(conditions.maps.heatmaps)
        shown[:NUM_DEFORMED] = [deform(features, regions) for features in shown[:NUM_DEFORMED]]
        skips = [torch.cat(pair, dim=1) for pair in zip(shown, posed, strict=True)]
        features = skips.pop()
        for up in self.ups:
            features = torch.cat([up(features), skips.pop()], dim=1)
        return self.head(features).float().tanh()


class PairDiscriminator(nn.Module):
    """Does the picture belong to its source and both poses? Probabilities, patch by patch."""

    def __init__(self, config: DscConfig) -> None:
        super().__init__()
        widths = [config.discriminator_width * factor for factor in DISCRIMINATOR]
        layers: list[nn.Module] = [nn.Conv2d(2 * (3 + POSE), widths[0], 4, 2)]
        for inputs, outputs in zip(widths, [*widths[1:], 1], strict=True):
            layers += [nn.LeakyReLU(0.2), nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)]
            if outputs > 1:
                layers.append(WholeNorm())
        self.body = nn.Sequential(*layers)

    def forward(self, conditions: Conditions, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 _ _"]:
        """Probabilities."""
        poses = bodies_of(conditions).source_heatmaps, conditions.maps.heatmaps
        return self.body(torch.cat([conditions.source, poses[0], image, poses[1]], dim=1)).float().sigmoid()


def generator_terms(model: Dsc, vgg: Vgg19, sample: Sample) -> tuple[list[Term], Float[Tensor, "b 3 h w"]]:
    """What the generator minimises, and its picture for the discriminator."""
    image = model.generator(sample.conditions)
    model.discriminator.requires_grad_(False)
    score = model.discriminator(sample.conditions, image)
    model.discriminator.requires_grad_(True)
    with torch.no_grad():
        wanted = shallow_features(vgg, sample.target)
    near = nearest_neighbour_loss(shallow_features(vgg, image), wanted)
    terms = [
        Term(name="adversarial", value=_surprise(score), weight=1.0),
        Term(name="neighbours", value=near, weight=NEIGHBOURS_WEIGHT),
    ]
    return terms, image.detach()


def discriminator_terms(model: Dsc, sample: Sample, image: Float[Tensor, "b 3 h w"]) -> list[Term]:
    """What the discriminator minimises."""
    real, made = (model.discriminator(sample.conditions, picture) for picture in (sample.target, image))
    return [
        Term(name="judge real", value=_surprise(real), weight=1.0),
        Term(name="judge made", value=_surprise(1 - made), weight=1.0),
    ]


def nearest_neighbour_loss(
    found: Float[Tensor, "b c h w"], wanted: Float[Tensor, "b c h w"], neighbourhood: int = NEIGHBOURHOOD
) -> Float[Tensor, ""]:
    """At each place the smallest L1 (added over the channels) to the target's features around it; the mean of these."""
    reach, (height, width) = neighbourhood // 2, found.shape[-2:]
    padded = pad(wanted, (reach, reach, reach, reach), value=FAR)
    best = None
    for row in range(neighbourhood):
        for column in range(neighbourhood):
            distance = (padded[..., row : row + height, column : column + width] - found).abs().sum(1)
            best = distance if best is None else torch.minimum(best, distance)
    assert best is not None
    return best.mean()


def _surprise(probability: Float[Tensor, "b 1 _ _"]) -> Float[Tensor, ""]:
    return -(probability + LOG_EPSILON).log().mean()
