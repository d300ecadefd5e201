"""The rows of the paper's Tables II and IV, and ours: which system each is, and how it learns under a common budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from layerpose.baselines.registry import BASELINES, published, resized
from layerpose.config import scaled
from layerpose.presets import PRESETS, narrow, narrowed, paper
from layerpose.training.plan import Plan
from layerpose.training.recipes import (
    RECIPES,
    BaselineRecipe,
    Phase,
    Recipe,
    baseline_recipe,
    fit_to_model,
    recipe_of_preset,
)  # fmt: skip

NAMES = {
    "pix2pixhd": "pix2pixHD", "dsc": "DSC", "lwgan": "LW-GAN", "paper": "Ours-S", "base": "base",
    "ablation-h": "H", "ablation-hs": "H+S", "ablation-hsd": "H+S+D", "ablation-incomplete": "+PL-",
    "ablation-layers": "+PL", "ablation-warp": "+warp", "ablation-filled": "+filled", "ablation-blend": "+blend",
    "ablation-skips": "+skips", "ablation-dressed": "+dressed", "ablation-points": "+points",
    "ablation-retouch": "+retouch", "ablation-normals": "+normals", "base-incomplete": "base with PL-",
}  # fmt: skip
"""Every row by its key: a compared system or a preset."""
TABLE_2 = ("pix2pixhd", "dsc", "lwgan", "paper", "base")
TABLE_4 = (
    "ablation-h", "ablation-hs", "ablation-hsd", "ablation-incomplete", "ablation-layers", "paper", "ablation-warp",
    "ablation-filled", "ablation-blend", "ablation-skips", "ablation-dressed", "ablation-points", "ablation-retouch",
    "ablation-normals", "base-incomplete", "base",
)  # fmt: skip
SIZE_STEP = 64
"""DSC halves its picture six times."""
SMALLEST = 128
"""The paper's face layer has an eighth of the side and is halved three times; 2 x 2 are left to normalise."""
FUSED = "+F"
"""What Table IV calls the paper's full model."""
EXTRA = (
    "ablation-warp", "ablation-filled", "ablation-blend", "ablation-skips", "ablation-dressed", "ablation-points",
    "ablation-retouch", "ablation-normals", "base-incomplete",
)  # fmt: skip
"""Steps between the paper's model and ours, and a control of ours; only where they are asked for."""
USUAL = tuple(key for key in NAMES if key not in EXTRA)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What every row gets alike."""

    size: int
    """Side of every picture in pixels, in training and when measured."""
    steps: int
    """Steps of each row, over all its phases; in each, generators and discriminators move once."""
    batch: int
    """Pairs of a step."""
    width: float
    """Share of the published channels, of every network."""
    validate_every: int

    def __post_init__(self) -> None:
        if self.size % SIZE_STEP or not SMALLEST <= self.size <= paper().canvas:
            raise ValueError(
                f"--size is {self.size}; expected a multiple of {SIZE_STEP} from {SMALLEST} to {paper().canvas}; then"
                " every row can draw it"
            )
        if not 0 < self.width <= 1:
            raise ValueError(f"--width is {self.width}; expected a share of the channels, more than 0 and at most 1")

    def say(self) -> str:
        """The sentence that stands under the tables."""
        return (
            f"{self.steps} steps of {self.batch} pairs for every row, the same pairs in the same order, at"
            f" {self.size} x {self.size} px, {self.width:g} of the published channels; no row is chosen by its"
            " validation: the last weights are measured"
        )


def choose_rows(keys: Sequence[str]) -> tuple[str, ...]:
    """The rows that are asked for, in the order of the tables; the usual ones if none are."""
    for key in keys:
        if key not in NAMES:
            raise ValueError(f"--rows: unknown row {key!r}; expected some of {', '.join(NAMES)}")
    return tuple(key for key in NAMES if key in (keys or USUAL))


def plan_row(key: str, budget: Budget, data: Path, seed: int) -> Plan:
    """What a row trains."""
    # Phases at their full size and on whole pictures: at the sizes of a comparison there is no memory to save.
    if key in BASELINES:
        config = resized(published(key), canvas=budget.size, share=budget.width)
        recipe: Recipe | BaselineRecipe = baseline_recipe(key, pictures=1)
    else:
        preset = PRESETS[key]()
        config = narrowed(scaled(preset, budget.size / preset.canvas), budget.width)
        ours = fit_to_model(RECIPES[recipe_of_preset(key)](1), config)
        recipe = replace(ours, discriminator_width=narrow(ours.discriminator_width, budget.width))
    whole = [replace(phase, size=1.0, drawn=0, window=0, judged=0) for phase in recipe.phases]
    recipe = replace(recipe, phases=share_out(whole, budget.steps, budget.batch))
    return Plan(config=config, recipe=recipe, data=data, seed=seed, validate_every=budget.validate_every)


def share_out(phases: list[Phase], steps: int, batch: int) -> tuple[Phase, ...]:
    """So many steps in all, one at least for each phase, each phase with its share of the recipe's samples."""
    if steps < len(phases):
        raise ValueError(f"--steps is {steps}; a row has {len(phases)} phases and needs a step for each")
    samples = [phase.num_steps * phase.batch for phase in phases]
    ends = [round((steps - len(phases)) * sum(samples[:n]) / sum(samples)) for n in range(len(samples) + 1)]
    lengths = [1 + end - begin for begin, end in pairwise(ends)]
    return tuple(replace(phase, num_steps=n, batch=batch) for phase, n in zip(phases, lengths, strict=True))


def row_name(key: str, seed: int, seeds: Sequence[int]) -> str:
    """A row's name in the report; with several seeds each has its own."""
    return NAMES[key] if len(seeds) == 1 else f"{NAMES[key]} seed {seed}"
