"""The training schedule as data: phases in a row, each with what it trains, at which size, for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from layerpose.baselines.registry import BASELINES
from layerpose.config import ModelConfig

STAGES = ("coarse", "layers", "fusion")
EPOCHS = 40
"""Of the paper's recipe, all phases together."""
AnyRecipe = TypeVar("AnyRecipe", bound="Schedule")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How the terms are added up."""

    adversarial: float = 1.0
    feature_matching: float = 10.0
    """lambda_FM of Eq. 3 and 7."""
    perceptual: float = 10.0
    """lambda_per of Eq. 3 and 7."""
    completeness: float = 1.0
    colour: float = 0.0
    """Paper: no such term."""
    texture: float = 0.0
    """Of `losses.texture_loss`. Paper: no such term."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One stretch of training."""

    name: str
    trains: tuple[str, ...]
    """Stages whose weights move: coarse, layers, fusion."""
    num_steps: int
    batch: int = 1
    """Samples that one step sees, over all processes and accumulated parts together."""
    size: float = 1.0
    """Share of the model's sizes at which this phase runs."""
    learning_rate: float = 2e-4
    drawn: int = 0
    """Side of the random window in which the fusion draws and learns; 0, as in the paper: the whole picture."""
    window: int = 0
    """Side of the random window for the perceptual loss; 0: the whole picture."""
    judged: int = 0
    """Side of the random window that the discriminator of whole pictures sees; 0, as in the paper: all."""
    in_turn: bool = False
    """Each step teaches one of the three layer networks, for a third of the work. Paper: all of them."""
    weights: Weights | None = None
    """How this phase adds the terms up, if otherwise than the recipe."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The phases and what happens to rates and weights on the way."""

    name: str
    phases: tuple[Phase, ...]
    average: float = 0.0
    """Decay of the running average of the generators' weights, shorter at a phase's start; 0: none. Paper: none."""
    warm_up: int = 0
    """Steps at each phase's start over which the learning rate grows from nothing; 0: none. Paper: none."""

    @property
    def num_steps(self) -> int:
        """Steps of all phases."""
        return sum(phase.num_steps for phase in self.phases)

    @property
    def num_samples(self) -> int:
        """Samples of all phases."""
        return sum(phase.num_steps * phase.batch for phase in self.phases)


@dataclass(frozen=True, kw_only=True)
class Recipe(Schedule):
    """How ours is trained: also the weights of the losses, and the discriminators."""

    weights: Weights = Weights()
    discriminator_width: int = 64
    deepest_tap: str = "5_2"
    """Last layer of VGG-19 that the perceptual loss looks at."""
    adversarial: Literal["least-squares", "hinge"] = "least-squares"
    """Adversarial loss of whole pictures. Paper: pix2pixHD's, least squares."""
    r1: float = 0.0
    """Weight of the gradient penalty on real pictures; 0: none. Paper: none."""
    r1_every: int = 16
    """The penalty is worked out every so many steps, and weighed as if it were every step."""

    def learning_rate(self, phase: Phase, step: int) -> float:
        """Constant for the first half of a phase, then linear to zero."""
        return learning_rate(phase, step, self.warm_up)

    def weigh(self, phase: Phase) -> Weights:
        """How a phase adds its terms up."""
        return phase.weights or self.weights


@dataclass(frozen=True, kw_only=True)
class BaselineRecipe(Schedule):
    """How a compared system is trained; its losses are its own (`baselines.baselines`)."""

    constant_share: float
    """Share of the training at the full rate; over the rest it falls in a straight line ..."""
    last_learning_rate: float
    """... to this."""

    def learning_rate(self, phase: Phase, step: int) -> float:
        """As its authors did it, with the warm-up if there is one."""
        done = step / phase.num_steps
        fallen = max(done - self.constant_share, 0.0) / max(1 - self.constant_share, 1e-9)
        rate = phase.learning_rate + fallen * (self.last_learning_rate - phase.learning_rate)
        return rate * min(1.0, (step + 1) / (self.warm_up + 1))


def learning_rate(phase: Phase, step: int, warm_up: int) -> float:
    """Constant for the first half of a phase, then linear to zero; with warm-up, linear from nothing at first."""
    return phase.learning_rate * min(1.0, 2 * (1 - step / phase.num_steps), (step + 1) / (warm_up + 1))


def paper_recipe(pictures: int) -> Recipe:
    """The paper's: coarse 10 epochs, layers 20 on its output, all together 10; batch 1, Adam 2e-4.

    An epoch draws as many pairs as there are `pictures` to train on.
    """
    return Recipe(
        name="paper",
        phases=(
            Phase(name="coarse", trains=("coarse",), num_steps=10 * pictures),
            Phase(name="layers", trains=("layers",), num_steps=20 * pictures),
            Phase(name="joint", trains=STAGES, num_steps=10 * pictures),
        ),
    )


def base_recipe(pictures: int = 0) -> Recipe:  # noqa: ARG001  (as long on any data set)
    """For two CPU cores: most steps at half size, then each stage at full size, the fusion in windows."""
    weights = Weights(colour=10.0, adversarial=0.5, feature_matching=5.0, completeness=0.1)
    fine = replace(weights, colour=2.0, texture=20.0)
    return Recipe(
        name="base",
        phases=(
            Phase(name="coarse", trains=("coarse",), num_steps=3200, batch=2, size=0.5, window=128),
            Phase(name="layers", trains=("layers",), num_steps=800, batch=2, size=0.5, window=96, in_turn=True),
            Phase(name="fusion", trains=("fusion",), num_steps=3900, size=0.5, window=192, judged=256),
            Phase(name="full-coarse", trains=("coarse",), num_steps=900, window=256, judged=256, weights=fine),
            Phase(name="full-layers", trains=("layers",), num_steps=900, window=192, in_turn=True, weights=fine),
            Phase(name="full", trains=("fusion",), num_steps=3200, drawn=512, window=256, judged=256, weights=fine),
        ),
        weights=weights,
        discriminator_width=32,
        deepest_tap="4_2",
        average=0.995,
        warm_up=50,
    )


def debug_recipe(pictures: int = 0) -> Recipe:  # noqa: ARG001
    """Every path in a few steps, for tests."""
    return Recipe(
        name="debug",
        phases=(
            Phase(name="coarse", trains=("coarse",), num_steps=4, batch=2, size=0.5, window=16),
            Phase(name="layers", trains=("layers",), num_steps=3, batch=2, window=16, in_turn=True),
            Phase(name="joint", trains=STAGES, num_steps=3, batch=2, size=0.5),
        ),
        weights=Weights(colour=10.0),
        discriminator_width=4,
        deepest_tap="1_2",
        average=0.5,
        r1=1.0,
        r1_every=2,
        warm_up=1,
    )


def baseline_recipe(name: str, pictures: int) -> BaselineRecipe:
    """A compared system's own batch and rates, over as many samples as the paper's recipe has: 40 epochs."""
    baseline = BASELINES[name]
    phase = Phase(
        name="all", trains=("generator",), num_steps=max(EPOCHS * pictures // baseline.batch, 1), batch=baseline.batch,
        learning_rate=baseline.learning_rate,
    )  # fmt: skip
    return BaselineRecipe(
        name=name,
        phases=(phase,),
        constant_share=baseline.constant_share,
        last_learning_rate=baseline.last_learning_rate,
    )


RECIPES = {"paper": paper_recipe, "base": base_recipe, "debug": debug_recipe}


def recipe_of_preset(preset: str) -> str:
    """The recipe's name that belongs to a preset: its own, `base` for what is made from it, else the paper's."""
    family = preset.partition("-")[0]
    return family if family in RECIPES else "paper"


def stretch(recipe: AnyRecipe, scale: float) -> AnyRecipe:
    """Every phase so many times as long, at least one step."""
    phases = tuple(replace(phase, num_steps=max(round(phase.num_steps * scale), 1)) for phase in recipe.phases)
    return replace(recipe, phases=phases)


def enlarge_batches(recipe: AnyRecipe, factor: int) -> AnyRecipe:
    """So many times as many samples a step, in as many fewer steps: the same number of samples."""
    phases = (
        replace(phase, batch=phase.batch * factor, num_steps=max(round(phase.num_steps / factor), 1))
        for phase in recipe.phases
    )
    return replace(recipe, phases=tuple(phases))


def choose_phases(recipe: AnyRecipe, names: Sequence[str]) -> AnyRecipe:
    """Only the named phases, in the recipe's order."""
    known = [phase.name for phase in recipe.phases]
    for name in names:
        if name not in known:
            raise ValueError(f"the recipe '{recipe.name}' has no phase {name!r}; it has {', '.join(known)}")
    return replace(recipe, phases=tuple(phase for phase in recipe.phases if phase.name in names))


def fit_to_model(recipe: Recipe, config: ModelConfig) -> Recipe:
    """Without the stages that the model lacks; a phase that has nothing left to train is left out."""
    present = {"coarse": True, "layers": config.layers != "none", "fusion": config.fuse}
    trained = [(phase, tuple(stage for stage in phase.trains if present[stage])) for phase in recipe.phases]
    return replace(recipe, phases=tuple(replace(phase, trains=stages) for phase, stages in trained if stages))
