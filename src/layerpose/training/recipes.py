"""The training schedule as data: phases in a row, each with what it trains, at which size, for how long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How the terms are added up."""

    adversarial: float = 1.0
    feature_matching: float = 10.0
    perceptual: float = 10.0
    completeness: float = 1.0
    colour: float = 0.0
    """Paper: no such term."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One stretch of training."""

    name: str
    trains: tuple[str, ...]
    """Stages whose weights move: coarse, layers, fusion."""
    num_steps: int
    batch: int = 1
    size: float = 1.0
    """Share of the model's sizes at which this phase runs."""
    learning_rate: float = 2e-4
    window: int = 0
    """Side of the random window for the perceptual loss; 0: the whole picture."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The phases, the weights of the losses, and the sizes of the discriminators."""

    phases: tuple[Phase, ...]
    weights: Weights = Weights()
    discriminator_width: int = 64
    deepest_tap: str = "5_2"
    average: float = 0.0
    """Decay of the running average of the generators' weights, shorter at a phase's start; 0: none. Paper: none."""


def base_recipe(*, minutes_scale: float = 1.0) -> Recipe:
    """For two CPU cores: most steps at half size, the last at full; `minutes_scale` stretches every phase."""

    def steps(num: int) -> int:
        return max(int(num * minutes_scale), 1)

    return Recipe(
        phases=(
            Phase(name="coarse", trains=("coarse",), num_steps=steps(800), batch=4, size=0.5, window=128),
            Phase(name="layers", trains=("layers",), num_steps=steps(500), batch=4, size=0.5, window=96),
            Phase(
                name="joint", trains=("coarse", "layers", "fusion"), num_steps=steps(270), batch=2, size=0.5, window=192
            ),
            Phase(
                name="full", trains=("coarse", "layers", "fusion"), num_steps=steps(75), size=1.0, window=256,
                learning_rate=1e-4,
            ),
        ),
        weights=Weights(colour=10.0, adversarial=0.5, feature_matching=5.0, completeness=0.1),
        discriminator_width=32,
        deepest_tap="4_2",
        average=0.995,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class VolumeRecipe:
    """How the volume network is trained."""

    num_steps: int = 4000
    batch: int = 4
    learning_rate: float = 1e-3
    class_weights: tuple[float, ...] = (1.0, 1.5, 1.0, 3.0, 3.0, 1.5, 1.5)
    """How much a voxel of each class counts: thin parts have few."""
    middle_weight: float = 0.5
    """How much the hourglasses before the last count."""
    clip: float = 1.0
    """Longest gradient."""
