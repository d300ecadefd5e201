"""Pictures and layers, real and generated -> what the discriminators minimise (Eq. 1, 3, 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ModelConfig
from layerpose.networks.discriminator import CompletenessDiscriminator, MultiScaleDiscriminator
from layerpose.stages.conditions import resize
from layerpose.training import losses
from layerpose.training.recipes import Recipe
from layerpose.types import Term

LIMBS = ("head", "arm", "leg")
"""The layer networks, and the discriminator of each."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What one discriminator has to tell apart, each beside the source that it should fit."""

    discriminator: str
    """coarse, fusion, or a limb."""
    real_source: Float[Tensor, "b 3 h w"]
    real: Float[Tensor, "b 3 h w"]
    made_source: Float[Tensor, "b 3 h w"]
    made: Float[Tensor, "b 3 h w"]


def merge(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """One comparison for each discriminator: left and right limbs have the same one."""
    found = []
    for discriminator in dict.fromkeys(comparison.discriminator for comparison in comparisons):
        same = [comparison for comparison in comparisons if comparison.discriminator == discriminator]
        real_source, real, made_source, made = (
            torch.cat([getattr(comparison, name) for comparison in same])
            for name in ("real_source", "real", "made_source", "made")
        )
        found.append(
            Comparison(
                discriminator=discriminator, real_source=real_source, real=real, made_source=made_source, made=made
            )
        )
    return found


class Discriminators(nn.Module):
    """The discriminators that a model needs."""

    def __init__(self, config: ModelConfig, recipe: Recipe) -> None:
        super().__init__()
        width = recipe.discriminator_width
        self.hinge = recipe.adversarial == "hinge"
        self.sizes = {"head": config.face_size // 2, "arm": config.arm_size // 2, "leg": config.leg_size // 2}
        self.pictures = nn.ModuleDict({"coarse": MultiScaleDiscriminator(num_scales=2, width=width)})
        if config.fuse:
            self.pictures["fusion"] = MultiScaleDiscriminator(num_scales=3, width=width)
        limbs = LIMBS if config.layers == "complete" else ()
        self.limbs = nn.ModuleDict(
            {limb: CompletenessDiscriminator(self.sizes[limb], width=width, spectral=limb != "head") for limb in limbs}
        )

    def completeness(self, limb: str, source: Tensor, layer: Tensor) -> Float[Tensor, "b 1"]:
        """Score of layers (what is not the part is flat grey) beside their source crops."""
        return self.limbs[limb](resize(source, self.sizes[limb]), resize(layer, self.sizes[limb]))

    def adversarial_loss(self, made: losses.Scales) -> Float[Tensor, ""]:
        """What the generator of a whole picture minimises."""
        return losses.hinge_adversarial_loss(made) if self.hinge else losses.patch_adversarial_loss(made)

    def judge(self, given: Comparison) -> Term:
        """What a discriminator minimises."""
        name = f"judge {given.discriminator}"
        sources, pictures = torch.cat([given.real_source, given.made_source]), torch.cat([given.real, given.made])
        if given.discriminator in LIMBS:
            whole, layer = self.completeness(given.discriminator, sources, pictures).chunk(2)
            return Term(name=name, value=losses.completeness_discriminator_loss(whole, layer), weight=1.0)
        found = self.pictures[given.discriminator](sources, pictures)
        real, made = ([[features.chunk(2)[half] for features in scale] for scale in found] for half in (0, 1))
        loss = losses.hinge_discriminator_loss if self.hinge else losses.patch_discriminator_loss
        return Term(name=name, value=loss(real, made), weight=1.0)

    def penalise(self, given: Comparison, weight: float) -> Term:
        """The gradient penalty on real pictures (R1), in full precision."""
        with torch.autocast(given.real.device.type, enabled=False):
            real = given.real.detach().float().requires_grad_()
            source = given.real_source.float()
            scores: Sequence[Tensor]
            if given.discriminator in LIMBS:
                scores = [self.completeness(given.discriminator, source, real)]
            else:
                scores = [features[-1] for features in self.pictures[given.discriminator](source, real)]
            return Term(name=f"R1 {given.discriminator}", value=losses.r1_penalty(scores, real), weight=weight)
