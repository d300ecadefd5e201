"""The losses: one pure function for each equation of the paper, and the few that options add.

Every loss is a mean over the samples of a batch of what each sample alone costs. So the mean over the processes that
share a batch is the loss of the whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn.functional import avg_pool2d, cross_entropy, interpolate, nll_loss, one_hot, relu, softplus

from layerpose.networks.perceptual import TAP_WEIGHTS

TEXTURE_CELL = 16
"""Side, in pixels, of the cells in which textures are compared."""
FAINT = 1e-4
"""Keeps the slope of a square root finite."""
Scales = Sequence[Sequence[Tensor]]
"""What a multi-scale discriminator found: for each scale its features, the score map last."""


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
        total = total + weight * _masked_mean((ours - theirs).abs(), mask)
    return total


def perceptual_loss(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Float[Tensor, ""]:
    """Perceptual loss over the whole picture (Eq. 5)."""
    everywhere = torch.ones_like(found[0][:, :1])
    return masked_perceptual_loss(found, wanted, everywhere)


def masked_texture_loss(
    found: Sequence[Tensor], wanted: Sequence[Tensor], visible: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """L1 between how strong each feature is, wherever in the visible part of a small cell it lies. Paper: no such term.

    The root mean square of each channel in cells of `TEXTURE_CELL` pixels, at the first three of `perceptual.TAPS`:
    grain that lies elsewhere costs nothing, grain that is smoothed away does. A cell counts as far as it is visible.
    """
    terms = []
    for level, pair in enumerate(zip(found[:3], wanted[:3], strict=True)):
        mask, cell = interpolate(visible, size=pair[0].shape[-2:], mode="area"), TEXTURE_CELL >> level
        share = avg_pool2d(mask, cell)
        powers = (avg_pool2d(one.float().square() * mask, cell) / share.clamp(min=FAINT) for one in pair)
        ours, theirs = ((power + FAINT).sqrt() for power in powers)
        terms.append(_masked_mean((ours - theirs).abs(), share))
    return torch.stack(terms).mean()


def texture_loss(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Float[Tensor, ""]:
    """The same over the whole picture."""
    return masked_texture_loss(found, wanted, torch.ones_like(found[0][:, :1]))


def patch_adversarial_loss(made: Scales) -> Float[Tensor, ""]:
    """Least-squares adversarial loss for the generator, mean over scales (in Eq. 3 and 7)."""
    return torch.stack([((features[-1] - 1) ** 2).mean() for features in made]).mean()


def patch_discriminator_loss(real: Scales, made: Scales) -> Float[Tensor, ""]:
    """Least-squares adversarial loss for the discriminator, mean over scales (in Eq. 3 and 7)."""
    pairs = zip(real, made, strict=True)
    return torch.stack([((r[-1] - 1) ** 2).mean() / 2 + (m[-1] ** 2).mean() / 2 for r, m in pairs]).mean()


def hinge_adversarial_loss(made: Scales) -> Float[Tensor, ""]:
    """Hinge adversarial loss for the generator, mean over scales. Paper: least squares."""
    return torch.stack([-features[-1].mean() for features in made]).mean()


def hinge_discriminator_loss(real: Scales, made: Scales) -> Float[Tensor, ""]:
    """Hinge adversarial loss for the discriminator, mean over scales. Paper: least squares."""
    pairs = zip(real, made, strict=True)
    return torch.stack([relu(1 - r[-1]).mean() / 2 + relu(1 + m[-1]).mean() / 2 for r, m in pairs]).mean()


def r1_penalty(scores: Sequence[Tensor], real: Float[Tensor, "b 3 h w"]) -> Float[Tensor, ""]:
    """R1 (Mescheder et al. 2018): half the squared gradient of the scores at real pictures. Paper: none.

    `scores` of several scales are averaged, each over its map.
    """
    score = torch.stack([score.flatten(1).mean(1) for score in scores]).mean(0).sum()
    (gradient,) = torch.autograd.grad(score, real, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean() / 2


def feature_matching_loss(real: Scales, made: Scales) -> Float[Tensor, ""]:
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
    return difference.mean() if weight is None else _masked_mean(difference, weight)


def voxel_loss(logits: Float[Tensor, "b l *voxels"], labels: UInt8[Tensor, "b *voxels"]) -> Float[Tensor, ""]:
    """Cross-entropy of the labels of all voxels."""
    return cross_entropy(logits.float(), labels.long())


def projection_loss(logits: Float[Tensor, "b l d n"], labels: UInt8[Tensor, "b d n"]) -> Float[Tensor, ""]:
    """Cross-entropy of what a viewer sees of each column: the first voxel that is not empty, or none.

    Each voxel counts as the first by the chance that it is full and all before it are empty.
    """
    likely = logits.float().log_softmax(1)
    clear = likely[:, 0].cumsum(1)
    before = torch.cat([torch.zeros_like(clear[:, :1]), clear[:, :-1]], dim=1)
    first = (likely[:, 1:] + before[:, None]).logsumexp(2)
    seen = torch.cat([clear[:, None, -1], first], dim=1)
    full = labels > 0
    front = labels.gather(1, full.to(torch.uint8).argmax(1, keepdim=True))[:, 0]
    return nll_loss(seen, front.long())


def hardest_mean(values: Float[Tensor, "b h w"], share: float) -> Float[Tensor, ""]:
    """Mean over the largest values of each sample, a share of all (Wu et al. 2016, "bootstrapped" cross-entropy)."""
    flat = values.flatten(1)
    return flat.topk(max(round(share * flat.shape[1]), 1)).values.mean()


def overlap_loss(logits: Float[Tensor, "b l h w"], labels: Int[Tensor, "b h w"]) -> Float[Tensor, ""]:
    """1 - Dice coefficient of the probabilities, a mean over the classes; small classes count like large ones."""
    likely = logits.float().softmax(1)
    true = one_hot(labels, logits.shape[1]).permute(0, 3, 1, 2)
    shared = (likely * true).sum((2, 3))
    return (1 - (2 * shared + 1) / (likely.sum((2, 3)) + true.sum((2, 3)) + 1)).mean()


def _masked_mean(values: Float[Tensor, "b c h w"], mask: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    """Weighted mean within each sample, then over the samples; nothing visible counts as nothing."""
    area = mask.flatten(1).sum(1) * values.shape[1]
    return ((values * mask).flatten(1).sum(1) / area.clamp(min=1)).mean()
