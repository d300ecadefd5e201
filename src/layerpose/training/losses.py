"""The losses: one pure function for each equation of the paper, and the two that `base` adds."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy, interpolate, softplus

from layerpose.networks.perceptual import TAP_WEIGHTS


def completeness_loss(score: Float[Tensor, "b 1"]) -> Float[Tensor, ""]:
    """Completeness loss for a layer's generator (Eq. 1): the discriminator should take the layer for a whole part."""
    return softplus(-score).mean()


def completeness_discriminator_loss(whole: Float[Tensor, "b 1"], layer: Float[Tensor, "b 1"]) -> Float[Tensor, ""]:
    """Completeness loss for the discriminator (Eq. 1): crops of whole parts against generated layers."""
    return softplus(-whole).mean() + softplus(layer).mean()


def masked_perceptual_loss(
    found: Sequence[Tensor], wanted: Sequence[Tensor], visible: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """Perceptual loss over the visible region only (Eq. 2). Features in the order of `perceptual.TAPS`."""
    total = found[0].new_zeros(())
    for weight, ours, theirs in zip(TAP_WEIGHTS.values(), found, wanted, strict=False):
        mask = interpolate(visible, size=ours.shape[-2:], mode="area")
        total = total + weight * ((ours - theirs).abs() * mask).sum() / (mask.sum() * ours.shape[1]).clamp(min=1)
    return total


def perceptual_loss(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Float[Tensor, ""]:
    """Perceptual loss over the whole picture (Eq. 5)."""
    everywhere = torch.ones_like(found[0][:, :1])
    return masked_perceptual_loss(found, wanted, everywhere)


def patch_adversarial_loss(scales: Sequence[Sequence[Tensor]]) -> Float[Tensor, ""]:
    """Least-squares adversarial loss for the generator, mean over scales (in Eq. 3 and 7)."""
    return torch.stack([((features[-1] - 1) ** 2).mean() for features in scales]).mean()


def patch_discriminator_loss(real: Sequence[Sequence[Tensor]], made: Sequence[Sequence[Tensor]]) -> Float[Tensor, ""]:
    """Least-squares adversarial loss for the discriminator, mean over scales (in Eq. 3 and 7)."""
    pairs = zip(real, made, strict=True)
    return torch.stack([((r[-1] - 1) ** 2).mean() / 2 + (m[-1] ** 2).mean() / 2 for r, m in pairs]).mean()


def feature_matching_loss(real: Sequence[Sequence[Tensor]], made: Sequence[Sequence[Tensor]]) -> Float[Tensor, ""]:
    """L1 between the discriminator's features of target and result, mean over layers and scales (Eq. 4)."""
    terms = [
        (ours - theirs.detach()).abs().mean()
        for r, m in zip(real, made, strict=True)
        for theirs, ours in zip(r[:-1], m[:-1], strict=True)
    ]
    return torch.stack(terms).mean()


def colour_loss(
    image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"], weight: Float[Tensor, "b 1 h w"] | None = None
) -> Float[Tensor, ""]:
    """Weighted L1. Paper: has no such term; it steadies short runs."""
    difference = (image - target).abs()
    if weight is None:
        return difference.mean()
    return (difference * weight).sum() / (weight.sum() * 3).clamp(min=1)


def voxel_loss(
    logits: Float[Tensor, "b l d h w"], labels: Int[Tensor, "b d h w"], weights: Float[Tensor, "l"]
) -> Float[Tensor, ""]:
    """Cross-entropy of the labels of all voxels, each weighted by its class."""
    return cross_entropy(logits.float(), labels.long(), weight=weights)
