"""Batch + model -> the terms that the generators minimise (Eq. 1 to 7), and what the discriminators then compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.data.pairs import Sample
from layerpose.networks.discriminator import PatchDiscriminator
from layerpose.networks.generator import Generator
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import Conditions, collate, crop, resize
from layerpose.stages.fuse import paste_layers
from layerpose.stages.model import Model
from layerpose.training import losses
from layerpose.training.adversarial import Comparison, Discriminators, merge
from layerpose.training.batches import WINDOWS, Batch, stream
from layerpose.training.recipes import STAGES, Phase, Recipe
from layerpose.types import LAYERS, Layer, Term

Found = tuple[list[Term], list[Comparison]]
FOREGROUND_WEIGHT = 4.0
"""How much more a pixel of the person counts in the colour loss than one of the background."""
DRAWN = 2 * len(STAGES) + len(LAYERS) + 1
"""Stream of the window in which the fusion draws; those before it belong to the losses."""


@dataclass(frozen=True, kw_only=True)
class OurTrainer:
    """The networks of a run, and the recipe by which they learn."""

    model: Model
    discriminators: Discriminators
    vgg: Vgg19
    recipe: Recipe
    seed: int

    def trained(self, phase: Phase) -> Iterable[nn.Parameter]:
        """The stages of the phase."""
        return [p for stage in phase.trains for p in getattr(self.model, stage).parameters()]

    def generator_terms(self, phase: Phase, batch: Batch) -> Found:
        """What the stages of the phase minimise, and what their discriminators compare."""
        return generator_terms(self, phase, batch)

    def judge_terms(self, given: Sequence[Comparison], step: int) -> list[Term]:
        """What the discriminators minimise."""
        return judge_terms(self, given, step)

    def compile(self) -> None:
        """Compile the convolutional trunks; their surroundings stay as they are."""
        for network in (self.model, self.discriminators, self.vgg):
            for part in network.modules():
                if isinstance(part, Generator | PatchDiscriminator | Vgg19):
                    part.compile(dynamic=False)


def generator_terms(trainer: OurTrainer, phase: Phase, batch: Batch) -> Found:
    """Run the stages of a phase; the terms of those that learn, and what their discriminators compare."""
    conditions, sample, model = batch.sample.conditions, batch.sample, trainer.model
    terms: list[Term] = []
    comparisons: list[Comparison] = []

    def add(found: Found) -> None:
        terms.extend(found[0])
        comparisons.extend(found[1])

    with torch.set_grad_enabled("coarse" in phase.trains):
        coarse = model.coarse(conditions)
    if "coarse" in phase.trains:
        size = coarse.shape[-1]
        truth = tuple(resize(picture, size) for picture in (conditions.source, sample.target, sample.mask))
        add(_picture("coarse", trainer, phase, batch, coarse, truth))
    fusion = model.fusion if "fusion" in phase.trains else None
    if model.layers is not None and (batch.taught or fusion is not None):
        with torch.set_grad_enabled("layers" in phase.trains):
            layers = {
                part: model.layers.make_layer(part, given, coarse)
                for part, given in zip(LAYERS, conditions.parts, strict=True)
                if fusion is not None or part in batch.taught
            }
        for number, part in enumerate(batch.taught):
            add(_layer(number, trainer, phase, batch, layers[part]))
        if fusion is not None:
            pasted = paste_layers(coarse, tuple(layers.values()), conditions.maps.parsing)
            conditions, pasted, target, mask = cut_scene(sample, pasted, phase.drawn, _windows(trainer, batch, DRAWN))
            image = fusion(conditions, pasted)
            add(_picture("fusion", trainer, phase, batch, image, (conditions.source, target, mask)))
    return terms, merge(comparisons)


def _picture(
    stage: Literal["coarse", "fusion"], trainer: OurTrainer, phase: Phase, batch: Batch, image: Tensor,
    truth: tuple[Tensor, ...],
) -> Found:  # fmt: skip
    """What a whole picture minimises: Eq. 3 with 4 and 5, Eq. 7."""
    (source, target, mask), discriminator, weights = (
        truth,
        trainer.discriminators.pictures[stage],
        trainer.recipe.weigh(phase),
    )
    number = STAGES.index(stage) + 1
    rngs = _windows(trainer, batch, number + len(STAGES) + len(LAYERS))
    told, judged, wanted = cut_windows([source, image, target], mask, phase.judged, rngs)
    discriminator.requires_grad_(False)
    made, real = discriminator(told, judged), discriminator(told, wanted)
    discriminator.requires_grad_(True)
    comparison = Comparison(discriminator=stage, real_source=told, real=wanted, made_source=told, made=judged.detach())
    ours, theirs = cut_windows([image, target], mask, phase.window, _windows(trainer, batch, number))
    with torch.no_grad():
        features = trainer.vgg(theirs)
    found = trainer.vgg(ours)
    values = {
        "adversarial": (trainer.discriminators.adversarial_loss(made), weights.adversarial),
        "matching": (losses.feature_matching_loss(real, made), weights.feature_matching),
        "perceptual": (losses.perceptual_loss(found, features), weights.perceptual),
    }
    if weights.texture:
        values["texture"] = losses.texture_loss(found, features), weights.texture
    if weights.colour:
        values["colour"] = losses.colour_loss(image, target, 1 + FOREGROUND_WEIGHT * mask), weights.colour
    terms = [Term(name=f"{stage} {name}", value=value, weight=weight) for name, (value, weight) in values.items()]
    return terms, [comparison]


def _layer(number: int, trainer: OurTrainer, phase: Phase, batch: Batch, layer: Layer) -> Found:
    """What a layer minimises: whole (Eq. 1) everywhere, right (Eq. 2) where the target shows it."""
    index, weights = LAYERS.index(layer.part), trainer.recipe.weigh(phase)
    target, visible = batch.sample.part_targets[index], batch.sample.part_visible[index]
    rngs = _windows(trainer, batch, len(STAGES) + index + 1)
    ours, theirs, seen = cut_windows([layer.image, target, visible], visible, phase.window, rngs)
    with torch.no_grad():
        wanted = trainer.vgg(theirs)
    found = trainer.vgg(ours)
    perceptual = losses.masked_perceptual_loss(found, wanted, seen)
    terms = [Term(name=f"{layer.part} perceptual", value=perceptual, weight=weights.perceptual)]
    if weights.texture:
        texture = losses.masked_texture_loss(found, wanted, seen)
        terms.append(Term(name=f"{layer.part} texture", value=texture, weight=weights.texture))
    if weights.colour:
        colour = losses.colour_loss(layer.image, target, visible)
        terms.append(Term(name=f"{layer.part} colour", value=colour, weight=weights.colour))
    if not batch.whole:
        return terms, []
    whole, limb, flip = batch.whole[number], layer.part.rpartition("_")[2], layer.part.startswith("right_")
    source, made = (x.flip(-1) if flip else x for x in (layer.source, layer.image * layer.mask))
    trainer.discriminators.limbs.requires_grad_(False)
    score = trainer.discriminators.completeness(limb, source, made)
    trainer.discriminators.limbs.requires_grad_(True)
    value = losses.completeness_loss(score)
    terms.append(Term(name=f"{layer.part} completeness", value=value, weight=weights.completeness))
    comparison = Comparison(
        discriminator=limb, real_source=whole.source, real=whole.image, made_source=source, made=made.detach()
    )  # fmt: skip
    return terms, [comparison]


def _windows(trainer: OurTrainer, batch: Batch, key: int) -> list[np.random.Generator]:
    return [stream(trainer.seed, number, WINDOWS, key) for number in batch.numbers]


def cut_windows(
    pictures: Sequence[Tensor], mask: Float[Tensor, "b 1 h w"], size: int, rngs: Sequence[np.random.Generator]
) -> list[Tensor]:
    """The same random window of every picture, centred somewhere on the mask; 0 or a large size: all of it."""
    if not size or size >= mask.shape[-1]:
        return list(pictures)
    windows = _find_windows(mask, size, rngs)
    return [torch.cat([picture[within] for within in windows]) for picture in pictures]


def cut_scene(
    sample: Sample, pasted: Float[Tensor, "b 3 h w"], size: int, rngs: Sequence[np.random.Generator]
) -> tuple[Conditions, Tensor, Tensor, Tensor]:
    """What the fusion is told, its base, the truth and the mask in one random window; 0: all of it."""
    if not size or size >= sample.mask.shape[-1]:
        return sample.conditions, pasted, sample.target, sample.mask
    windows = _find_windows(sample.mask, size, rngs)
    pasted, target, mask = (
        torch.cat([picture[within] for within in windows]) for picture in (pasted, sample.target, sample.mask)
    )
    told = collate([crop(sample.conditions, within) for within in windows])
    return replace(told, parts=sample.conditions.parts), pasted, target, mask


def _find_windows(
    mask: Float[Tensor, "b 1 h w"], size: int, rngs: Sequence[np.random.Generator]
) -> list[tuple[Any, ...]]:
    """For each sample the indices of itself and of the rows and columns of its window."""
    height, windows = mask.shape[-1], []
    for number, (one, rng) in enumerate(zip(mask[:, 0], rngs, strict=True)):
        places = torch.nonzero(one > 0.5)
        centre = places[rng.integers(len(places))] if len(places) else one.new_full((2,), height // 2)
        y, x = (centre - size // 2).clamp(0, height - size).long().tolist()
        windows.append((slice(number, number + 1), ..., slice(y, y + size), slice(x, x + size)))
    return windows


def judge_terms(trainer: OurTrainer, comparisons: Sequence[Comparison], step: int) -> list[Term]:
    """What the discriminators minimise, once the generators have moved."""
    recipe = trainer.recipe
    terms = [trainer.discriminators.judge(comparison) for comparison in comparisons]
    trainer.discriminators.eval()
    if recipe.r1 and step % recipe.r1_every == 0:
        terms += [
            trainer.discriminators.penalise(comparison, recipe.r1 * recipe.r1_every) for comparison in comparisons
        ]
    return terms
