"""The schedules as data, and the rows of the ablation."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from layerpose.config import GeneratorConfig, ModelConfig
from layerpose.data.complete import CompleteSets, complete_parts
from layerpose.data.records import Records
from layerpose.networks.perceptual import Vgg19
from layerpose.presets import ABLATION, GENERATORS, PRESETS, base, debug
from layerpose.stages.conditions import num_guide_channels, resize
from layerpose.stages.model import Model
from layerpose.training.adversarial import Discriminators
from layerpose.training.batches import Batches, gather
from layerpose.training.objectives import OurTrainer, generator_terms
from layerpose.training.recipes import (
    STAGES,
    Phase,
    Recipe,
    Weights,
    base_recipe,
    choose_phases,
    enlarge_batches,
    fit_to_model,
    learning_rate,
    paper_recipe,
    recipe_of_preset,
    stretch,
)  # fmt: skip


@pytest.fixture(scope="module")
def vgg() -> Vgg19:
    return Vgg19("1_2")


@pytest.fixture(scope="module")
def sets(painted: Path) -> CompleteSets:
    return complete_parts(Records(painted), ["00000"])


def test_the_paper_trains_coarse_ten_epochs_layers_twenty_and_all_together_ten() -> None:
    recipe = paper_recipe(100)
    assert [(phase.trains, phase.num_steps) for phase in recipe.phases] == [
        (("coarse",), 1000), (("layers",), 2000), (STAGES, 1000),
    ]  # fmt: skip
    assert {(phase.batch, phase.size, phase.learning_rate, phase.in_turn) for phase in recipe.phases} == {
        (1, 1.0, 2e-4, False)
    }
    weights = recipe.weights
    assert (weights.feature_matching, weights.perceptual, weights.colour) == (10, 10, 0)
    options = (recipe.adversarial, recipe.r1, recipe.average, recipe.warm_up, recipe.deepest_tap)
    assert options == ("least-squares", 0, 0, 0, "5_2")


def test_the_rate_is_constant_for_half_a_phase_and_then_falls_to_zero() -> None:
    phase = Phase(name="x", trains=("coarse",), num_steps=100, learning_rate=2.0)
    assert [learning_rate(phase, step, 0) for step in (0, 49, 50, 75, 99)] == pytest.approx([2, 2, 2, 1, 0.04])
    assert [learning_rate(phase, step, 3) for step in (0, 1, 3, 4)] == pytest.approx([0.5, 1, 2, 2])


def test_most_steps_of_base_are_at_half_size_and_the_last_of_each_stage_at_full() -> None:
    phases = base_recipe().phases
    assert [phase.trains for phase in phases] == 2 * [(stage,) for stage in STAGES]
    assert [phase.size for phase in phases] == [0.5, 0.5, 0.5, 1, 1, 1]
    steps = [phase.num_steps for phase in phases]
    assert sum(steps[:3]) > 2 * steps[-1]
    assert sum(steps[:3]) > sum(steps[3:])
    assert [phase.drawn for phase in phases] == [0] * 5 + [base().canvas // 2], "a step at full size costs no more"


def test_a_phase_may_weigh_its_terms_otherwise(painted: Path, vgg: Vgg19) -> None:
    config = debug()
    usual, other = Weights(perceptual=3.0), Weights(perceptual=7.0, texture=2.0)
    found = []
    for weights in (None, other):
        phase = Phase(name="fusion", trains=("fusion",), num_steps=1, weights=weights)
        recipe = Recipe(name="x", phases=(phase,), weights=usual, discriminator_width=2)
        batch = gather([Batches(painted, config, phase, {}, first=0, seed=0)[0]])
        discriminators = Discriminators(config, recipe)
        trainer = OurTrainer(model=Model(config), discriminators=discriminators, vgg=vgg, recipe=recipe, seed=0)
        found.append({term.name: term.weight for term in generator_terms(trainer, phase, batch)[0]})
    assert found[0]["fusion perceptual"] == 3
    assert found[1]["fusion perceptual"] == 7
    assert found[1]["fusion texture"] == 2
    assert found[1].keys() - found[0].keys() == {"fusion texture"}


def test_larger_batches_see_the_same_samples() -> None:
    recipe = base_recipe()
    larger = enlarge_batches(recipe, 5)
    assert larger.num_samples == recipe.num_samples
    assert [phase.batch for phase in larger.phases] == [10, 10, 5, 5, 5, 5]
    assert stretch(recipe, 2).num_samples == 2 * recipe.num_samples
    assert all(phase.num_steps == 1 for phase in stretch(recipe, 1e-9).phases)


def test_a_model_without_a_stage_never_trains_it() -> None:
    recipe = fit_to_model(paper_recipe(10), ABLATION["ablation-hsd"]())
    assert [phase.trains for phase in recipe.phases] == [("coarse",), ("coarse",)]
    chosen = choose_phases(base_recipe(), ["full", "coarse"])
    assert [phase.name for phase in chosen.phases] == ["coarse", "full"]


def test_every_row_of_the_ablation_has_the_papers_schedule() -> None:
    assert {recipe_of_preset(name) for name in ABLATION} == {"paper"}
    assert [recipe_of_preset(name) for name in ("base", "debug")] == ["base", "debug"]


def test_the_control_of_the_layers_differs_from_base_in_them_alone() -> None:
    control = PRESETS["base-incomplete"]()
    assert (control.layers, recipe_of_preset(control.name)) == ("incomplete", "base")
    assert replace(control, name="base", layers="complete") == PRESETS["base"]()


# Each row: what it changes of the row before. H, S, D are guides; PL complete layers; F fusion.
ROWS = {
    "ablation-h": {},
    "ablation-hs": {"guides.parsing": True},
    "ablation-hsd": {"guides.depth": True},
    "ablation-incomplete": {"layers": "incomplete"},
    "ablation-layers": {"layers": "complete"},
    "paper": {"fuse": True},
    "ablation-warp": {"guides.warp": True, "guides.filled": False},
    "ablation-filled": {"guides.filled": True},
    "ablation-blend": {"blend": True},
    "ablation-skips": {"skips": True, "full_resolution_norm": False},
    "ablation-dressed": {"guides.dressed": True},
    "ablation-points": {"guides.points": True},
    "ablation-retouch": {"retouch": True},
    "ablation-normals": {"guides.normals": True},
}


def flat(tree: dict, place: str = "") -> dict[str, object]:
    found = {}
    for name, value in tree.items():
        found |= flat(value, f"{place}{name}.") if isinstance(value, dict) else {f"{place}{name}": value}
    return found


def test_each_row_of_the_ablation_changes_one_thing() -> None:
    assert list(ABLATION) == list(ROWS)
    first = ABLATION["ablation-h"]()
    assert (first.guides.heatmaps, first.guides.parsing, first.guides.depth, first.layers, first.fuse) == (
        True, False, False, "none", False,
    )  # fmt: skip
    before = flat(asdict(first))
    for name, build in ABLATION.items():
        now = flat(asdict(build()))
        assert now["name"] == name
        changed = {key: value for key, value in now.items() if value != before[key] and key != "name"}
        generators = {f"{part}." for part in GENERATORS}
        short = {
            key.split(".", 1)[1] if key.split(".")[0] + "." in generators else key: v for key, v in changed.items()
        }
        assert short == ROWS[name], name
        before = now


def shrunk(config: ModelConfig) -> ModelConfig:
    """The same wiring in the size of `debug`."""
    small, sizes = {}, asdict(debug())
    for part in GENERATORS:
        large = getattr(config, part)
        small[part] = GeneratorConfig(
            width=4, num_downs=1, num_blocks=1, stem=large.stem, full_resolution_norm=large.full_resolution_norm,
            skips=large.skips, blend=large.blend, retouch=large.retouch,
        )  # fmt: skip
    small |= {name: sizes[name] // 2 for name in ("canvas", "coarse_size", "face_size", "arm_size", "leg_size")}
    return replace(config, **small)


TERMS = {
    "ablation-h": {"coarse"}, "ablation-hsd": {"coarse"}, "ablation-incomplete": {"coarse", "layers"},
    "ablation-layers": {"coarse", "layers", "completeness"},
}  # fmt: skip


AT_ENDS = ("ablation-h", "ablation-incomplete", "ablation-layers", "paper", "ablation-blend", "ablation-normals")
"""Rows between which stages come or go, and the last one."""


@pytest.mark.parametrize(
    "name", [name if name in AT_ENDS else pytest.param(name, marks=pytest.mark.long) for name in ABLATION]
)
def test_every_row_learns_what_it_has(name: str, painted: Path, sets: CompleteSets, vgg: Vgg19) -> None:
    config = shrunk(ABLATION[name]())
    recipe = fit_to_model(
        Recipe(name="x", phases=(Phase(name="joint", trains=STAGES, num_steps=1),), discriminator_width=2), config
    )
    phase = recipe.phases[0]
    batch = gather([Batches(painted, config, phase, sets, first=0, seed=0)[0]])
    model = Model(config)
    assert model.coarse.generator.stem[0].in_channels == 3 + num_guide_channels(config.guides)
    trainer = OurTrainer(model=model, discriminators=Discriminators(config, recipe), vgg=vgg, recipe=recipe, seed=0)
    terms, comparisons = generator_terms(trainer, phase, batch)
    torch.stack([term.value for term in terms]).sum().backward()
    assert all(p.grad is not None for p in model.parameters()), "something is never used"
    names = {term.name for term in terms}
    found = {
        "coarse": "coarse matching" in names, "layers": "left_leg perceptual" in names,
        "completeness": "left_leg completeness" in names, "fusion": "fusion matching" in names,
    }  # fmt: skip
    everything = {"coarse", "layers", "completeness", "fusion"}
    expected = TERMS.get(name, {"coarse"} if name == "ablation-hs" else everything)
    assert {name for name, there in found.items() if there} == expected
    judges = {"coarse", *(["fusion"] if "fusion" in expected else [])}
    judges |= {"head", "arm", "leg"} if "completeness" in expected else set()
    assert {comparison.discriminator for comparison in comparisons} == judges


def test_a_discriminator_may_see_a_window(painted: Path, sets: CompleteSets, vgg: Vgg19) -> None:
    phase = Phase(name="joint", trains=STAGES, num_steps=1, judged=24)
    recipe = Recipe(name="x", phases=(phase,), discriminator_width=2)
    config = debug()
    batch = gather([Batches(painted, config, phase, sets, first=0, seed=0)[0]])
    trainer = OurTrainer(
        model=Model(config), discriminators=Discriminators(config, recipe), vgg=vgg, recipe=recipe, seed=0
    )  # fmt: skip
    seen = {found.discriminator: found for found in generator_terms(trainer, phase, batch)[1]}
    sample = batch.sample
    for discriminator, size in (("coarse", config.coarse_size), ("fusion", config.canvas)):
        pictures = (resize(sample.conditions.source, size), resize(sample.target, size))
        windows = (seen[discriminator].real_source, seen[discriminator].real)
        assert [tuple(window.shape[-2:]) for window in (*windows, seen[discriminator].made)] == [(24, 24)] * 3
        places = [
            (row, column)
            for row in range(size - 23)
            for column in range(size - 23)
            if all(
                torch.equal(picture[..., row : row + 24, column : column + 24], window)
                for picture, window in zip(pictures, windows, strict=True)
            )
        ]
        assert places, "source and target are cut at one place"


def test_the_fusion_may_learn_alone(painted: Path, vgg: Vgg19) -> None:
    phase = Phase(name="fusion", trains=("fusion",), num_steps=1)
    recipe, config = Recipe(name="x", phases=(phase,), discriminator_width=2), debug()
    batch = gather([Batches(painted, config, phase, {}, first=0, seed=0)[0]])
    assert not batch.taught
    model = Model(config)
    trainer = OurTrainer(model=model, discriminators=Discriminators(config, recipe), vgg=vgg, recipe=recipe, seed=0)
    terms, comparisons = generator_terms(trainer, phase, batch)
    torch.stack([term.value for term in terms]).sum().backward()
    assert {term.name.split()[0] for term in terms} == {"fusion"}
    assert [found.discriminator for found in comparisons] == ["fusion"]
    assert model.fusion is not None
    learning = {id(p) for p in model.fusion.parameters()}
    assert learning == {id(p) for p in trainer.trained(phase)}
    assert all((p.grad is not None) == (id(p) in learning) for p in model.parameters())
