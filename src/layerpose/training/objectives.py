"""Model output + truth -> the terms that a generator or a discriminator minimises, stage by stage (Eq. 3, 5, 7)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ModelConfig
from layerpose.networks.discriminator import CompletenessDiscriminator, MultiScaleDiscriminator
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import resize
from layerpose.training import losses
from layerpose.training.recipes import Recipe, Weights
from layerpose.types import Layer, Term

NETWORKS = ("head", "arm", "leg")
FOREGROUND_WEIGHT = 4.0
"""How much more a pixel of the person counts in the colour loss than one of the background."""


class Critics(nn.Module):
    """Every discriminator of the recipe."""

    def __init__(self, config: ModelConfig, recipe: Recipe) -> None:
        super().__init__()
        width = recipe.discriminator_width
        self.sizes = {"head": config.face_size // 2, "arm": config.arm_size // 2, "leg": config.leg_size // 2}
        self.coarse = MultiScaleDiscriminator(num_scales=2, width=width)
        self.fusion = MultiScaleDiscriminator(num_scales=3, width=width)
        self.parts = nn.ModuleDict(
            {
                name: CompletenessDiscriminator(self.sizes[name], width=width, spectral=name != "head")
                for name in NETWORKS
            }
        )

    def completeness(self, name: str, source: Tensor, layer: Tensor) -> Float[Tensor, "b 1"]:
        """Score of layers (what is not the part is flat grey) beside their source crops."""
        return self.parts[name](resize(source, self.sizes[name]), resize(layer, self.sizes[name]))


def picture_terms(
    critic: MultiScaleDiscriminator, vgg: Vgg19, weights: Weights, source: Tensor, image: Tensor, target: Tensor,
    mask: Tensor, window: tuple[Tensor, Tensor],
) -> list[Term]:  # fmt: skip
    """What a whole picture minimises: Eq. 3 with 4 and 5, Eq. 7. `window` holds a window of image and target."""
    critic.requires_grad_(False)
    made, real = critic(source, image), critic(source, target)
    critic.requires_grad_(True)
    with torch.no_grad():
        wanted = vgg(window[1])
    return [
        Term(name="adversarial", value=losses.patch_adversarial_loss(made), weight=weights.adversarial),
        Term(name="matching", value=losses.feature_matching_loss(real, made), weight=weights.feature_matching),
        Term(name="perceptual", value=losses.perceptual_loss(vgg(window[0]), wanted), weight=weights.perceptual),
        Term(
            name="colour", value=losses.colour_loss(image, target, 1 + FOREGROUND_WEIGHT * mask), weight=weights.colour
        ),
    ]


def layer_terms(
    critics: Critics, vgg: Vgg19, weights: Weights, layer: Layer, target: Tensor, visible: Tensor, window: int,
    generator: torch.Generator,
) -> list[Term]:  # fmt: skip
    """What a layer minimises: whole (Eq. 1) everywhere, right (Eq. 2) where the target shows it."""
    name = layer.part.rpartition("_")[2]
    critics.parts.requires_grad_(False)
    score = critics.completeness(name, layer.source, layer.image * layer.mask)
    critics.parts.requires_grad_(True)
    ours, theirs, seen = cut_windows([layer.image, target, visible], visible, window, generator)
    with torch.no_grad():
        wanted = vgg(theirs)
    perceptual = losses.masked_perceptual_loss(vgg(ours), wanted, seen)
    return [
        Term(name=f"whole {name}", value=losses.completeness_loss(score), weight=weights.completeness),
        Term(name=f"perceptual {name}", value=perceptual, weight=weights.perceptual),
        Term(name=f"colour {name}", value=losses.colour_loss(layer.image, target, visible), weight=weights.colour),
    ]


def cut_windows(
    pictures: list[Tensor], mask: Float[Tensor, "b 1 h w"], size: int, generator: torch.Generator
) -> list[Tensor]:
    """The same random window of every picture, centred somewhere on the mask; 0 or a large size: all of it."""
    height = mask.shape[-1]
    if not size or size >= height:
        return pictures
    corners = []
    for one in mask[:, 0]:
        places = torch.nonzero(one > 0.5)
        if not len(places):
            places = torch.tensor([[height // 2, height // 2]])
        centre = places[torch.randint(len(places), (), generator=generator)]
        corners.append((centre - size // 2).clamp(0, height - size).tolist())
    return [
        torch.stack([p[:, y : y + size, x : x + size] for p, (y, x) in zip(picture, corners, strict=True)])
        for picture in pictures
    ]
