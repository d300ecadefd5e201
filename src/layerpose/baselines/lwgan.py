"""LW-GAN, Liquid Warping GAN (Liu et al., ICCV 2019): source photo + both bodies' surfaces and flow -> picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, grid_sample, max_pool2d

from layerpose.baselines.features import first_feature_loss
from layerpose.baselines.inputs import bodies_of
from layerpose.baselines.layers import draw_weights
from layerpose.baselines.lwgan_network import Drawn, LwGanConfig, PatchDiscriminator, Streams
from layerpose.data.pairs import Sample
from layerpose.maps.crops import cut
from layerpose.maps.render import KEYPOINTS_OF_PART
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import Conditions
from layerpose.types import Term

PERSON_EROSION = 3
BACKGROUND_EROSION = 15
"""Pixels by which the background is narrowed: little where the person is cut out, more where it is to be painted."""
HEAD_MARGIN = 0.05
HEAD_PIXELS = 112
"""Room around the head's keypoints in canvas units, and the size at which heads are compared."""
SOURCE_WEIGHT = PERCEPTUAL_WEIGHT = 10.0
HEAD_WEIGHT = 5.0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the streams are told."""

    background: Float[Tensor, "b 4 h w"]
    source: Float[Tensor, "b 6 h w"]
    transfer: Float[Tensor, "b 6 h w"]
    flow: Float[Tensor, "b h w 2"]
    masks: Float[Tensor, "c 1 h w"]
    """1 beside the body: the sources', then the targets'. What the streams' masks should be."""


class LwGan(nn.Module):
    """Generator and discriminator."""

    def __init__(self, config: LwGanConfig) -> None:
        super().__init__()
        self.generator = Streams(config)
        self.discriminator = PatchDiscriminator(config)
        draw_weights(self)

    def forward(self, conditions: Conditions) -> Float[Tensor, "b 3 h w"]:
        """The picture."""
        return self.draw(look(conditions)).image

    def draw(self, seen: Seen) -> Drawn:
        """Everything that the streams make."""
        return self.generator(seen.background, seen.source, seen.transfer, seen.flow)


def look(conditions: Conditions) -> Seen:
    """Conditions -> the inputs of the three streams."""
    bodies, source = bodies_of(conditions), conditions.source
    empty = [surface[:, 2:] for surface in (bodies.source_surface, bodies.target_surface)]
    masks = [_erode(mask, PERSON_EROSION) for mask in empty]
    background = _erode(empty[0], BACKGROUND_EROSION)
    warped = grid_sample(source, bodies.flow, align_corners=False)
    return Seen(
        background=torch.cat([source * background, background], dim=1),
        source=torch.cat([source * (1 - masks[0]), bodies.source_surface], dim=1),
        transfer=torch.cat([warped, bodies.target_surface], dim=1),
        flow=bodies.flow,
        masks=torch.cat(masks),
    )


def generator_terms(model: LwGan, vgg: Vgg19, sample: Sample) -> tuple[list[Term], Float[Tensor, "b 3 h w"]]:
    """What the generator minimises, and its picture for the discriminator."""
    seen, bodies, target = look(sample.conditions), bodies_of(sample.conditions), sample.target
    drawn = model.draw(seen)
    image, masks = drawn.image, torch.cat([drawn.source_mask, drawn.mask])
    model.discriminator.requires_grad_(False)
    score = model.discriminator(torch.cat([image, bodies.target_surface], dim=1))
    model.discriminator.requires_grad_(True)
    box = head_box(bodies.target_keypoints)
    heads = [cut(picture, box, HEAD_PIXELS) for picture in (image, target)]
    source = (drawn.source - sample.conditions.source).abs().mean()
    terms = [
        Term(name="adversarial", value=(score**2).mean(), weight=1.0),
        Term(name="source", value=source, weight=SOURCE_WEIGHT),
        Term(name="perceptual", value=first_feature_loss(vgg, image, target), weight=PERCEPTUAL_WEIGHT),
        Term(name="head", value=first_feature_loss(vgg, heads[0], heads[1]), weight=HEAD_WEIGHT),
        Term(name="mask", value=_cross_entropy(masks, seen.masks), weight=1.0),
        Term(name="smooth mask", value=total_variation(masks), weight=1.0),
    ]
    return terms, image.detach()


def discriminator_terms(model: LwGan, sample: Sample, image: Float[Tensor, "b 3 h w"]) -> list[Term]:
    """What the discriminator minimises: +1 for real pictures and -1 for made ones (the generator wants 0)."""
    surface = bodies_of(sample.conditions).target_surface
    real, made = (model.discriminator(torch.cat([picture, surface], dim=1)) for picture in (sample.target, image))
    return [
        Term(name="judge real", value=((real - 1) ** 2).mean(), weight=1.0),
        Term(name="judge made", value=((made + 1) ** 2).mean(), weight=1.0),
    ]


def head_box(keypoints: Float[Tensor, "b 18 2"]) -> Float[Tensor, "b 3"]:
    """The square around the keypoints of the head (left, top, side; canvas units)."""
    head = keypoints[:, KEYPOINTS_OF_PART["head"]]
    low, high = head.amin(1) - HEAD_MARGIN, head.amax(1) + HEAD_MARGIN
    side = (high - low).amax(1, keepdim=True)
    return torch.cat([(low + high - side) / 2, side], dim=1)


def total_variation(mask: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    """Mean difference between neighbours, down plus across."""
    return mask.diff(dim=-1).abs().mean() + mask.diff(dim=-2).abs().mean()


def _cross_entropy(masks: Float[Tensor, "b 1 h w"], wanted: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    with torch.autocast(masks.device.type, enabled=False):
        return binary_cross_entropy(masks.float(), wanted.float())


def _erode(mask: Float[Tensor, "b 1 h w"], reach: int) -> Float[Tensor, "b 1 h w"]:
    return -max_pool2d(-mask, reach, stride=1, padding=reach // 2)
