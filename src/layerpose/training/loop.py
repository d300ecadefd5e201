"""Recipe + data -> weights: the phases one after the other; every stop resumes at the last checkpoint."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.optim import Adam
from torch.utils.data import DataLoader, Subset

from layerpose.config import ModelConfig, scaled
from layerpose.data.pairs import Pairs, Sample
from layerpose.data.records import Records
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import collate, resize
from layerpose.stages.fuse import paste_layers
from layerpose.stages.model import Model
from layerpose.stages.model_folder import save_model
from layerpose.training import losses
from layerpose.training.checkpoint import average_into, load_state, save_state
from layerpose.training.objectives import Critics, cut_windows, layer_terms, picture_terms
from layerpose.training.preview import write_preview
from layerpose.training.recipes import Phase, Recipe
from layerpose.types import LAYERS, Term

SAVE_EVERY = 50
LOG_EVERY = 10
COMPLETE_SHARE = 0.98
"""A part counts as complete when this share of its own mask is visible."""
POOL_SIZE = 256


@dataclass(kw_only=True)
class Run:
    """What changes while training."""

    model: Model
    critics: Critics
    vgg: Vgg19
    recipe: Recipe
    average: dict[str, Tensor]
    pools: dict[str, list[tuple[Tensor, Tensor]]]
    generator: torch.Generator


def train(data: Path, out: Path, config: ModelConfig, recipe: Recipe, *, seed: int = 0, workers: int = 1) -> Model:
    """Run the recipe; the same call again goes on where the last one stopped. Returns the averaged model."""
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    model, critics, vgg = Model(config), Critics(config, recipe), Vgg19(recipe.deepest_tap)
    for network in (model, critics, vgg):
        network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    run = Run(
        model=model, critics=critics, vgg=vgg, recipe=recipe,
        average={name: value.clone() for name, value in model.state_dict().items()},
        pools={"head": [], "arm": [], "leg": []}, generator=torch.Generator().manual_seed(seed),
    )  # fmt: skip
    state_file = out / "state.pt"
    state = load_state(state_file) if state_file.exists() else None
    first_phase = 0
    if state is not None:
        model.load_state_dict(state["model"])
        critics.load_state_dict(state["critics"])
        run.average = state["average"]
        first_phase = state["phase"]
    for number, phase in enumerate(recipe.phases[first_phase:], first_phase):
        resumed = state if state is not None and number == first_phase and state["step"] else None
        _train_phase(run, phase, number, Records(data), out, seed=seed + number, workers=workers, state=resumed)
    return _averaged(run, config)


def _train_phase(
    run: Run, phase: Phase, number: int, records: Records, out: Path, *, seed: int, workers: int, state: dict | None
) -> None:
    config = scaled(run.model.config, phase.size)
    if "layers" not in phase.trains:
        config = replace(config, layers="none")
    parameters = [p for name in phase.trains for p in getattr(run.model, name).parameters()]
    maker = Adam(parameters, lr=phase.learning_rate, betas=(0.5, 0.999), fused=True)
    judge = Adam(run.critics.parameters(), lr=phase.learning_rate, betas=(0.5, 0.999), fused=True)
    first = 0
    if state is not None:
        first = state["step"]
        maker.load_state_dict(state["maker"])
        judge.load_state_dict(state["judge"])
    pairs = Pairs(records, records.split("train"), config, length=phase.num_steps * phase.batch, seed=seed)
    loader = DataLoader(
        Subset(pairs, range(first * phase.batch, len(pairs))), phase.batch, num_workers=workers, collate_fn=collate,
        prefetch_factor=4 if workers else None, worker_init_fn=_single_thread,
    )  # fmt: skip
    checks = Pairs(records, records.split("val"), scaled(run.model.config, phase.size), length=4, seed=7, disturb=False)
    begin, sums = time.monotonic(), {}
    for step, sample in enumerate(loader, first):
        rate = phase.learning_rate * min(1.0, 2 * (1 - step / phase.num_steps))
        for group in (*maker.param_groups, *judge.param_groups):
            group["lr"] = rate
        terms = _step(run, phase, step, sample, maker, judge)
        if run.recipe.average:
            average_into(run.average, run.model, min(run.recipe.average, (step + 1) / (step + 10)))
        for term in terms:
            if not torch.isfinite(term.value):
                raise ValueError(f"the loss '{term.name}' is {float(term.value)} at {phase.name} step {step}")
            sums.setdefault(term.name, []).append(float(term.value.detach()))
        if (step + 1) % LOG_EVERY == 0:
            pace = (time.monotonic() - begin) / (step + 1 - first)
            text = " ".join(f"{name} {sum(v) / len(v):.4f}" for name, v in sums.items())
            left = pace * (phase.num_steps - step - 1) / 60
            print(
                f"{phase.name} {step + 1}/{phase.num_steps} {pace:.2f} s/step, {left:.0f} min left | {text}", flush=True
            )
            sums = {}
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == phase.num_steps:
            done = step + 1 == phase.num_steps
            save_state(
                out / "state.pt",
                {
                    "model": run.model.state_dict(), "critics": run.critics.state_dict(), "average": run.average,
                    "maker": maker.state_dict(), "judge": judge.state_dict(),
                    "phase": number + done, "step": 0 if done else step + 1,
                },
            )  # fmt: skip
        if (step + 1) % (4 * SAVE_EVERY) == 0 or step + 1 == phase.num_steps:
            averaged = _averaged(run, run.model.config)
            save_model(averaged, out / "model")
            write_preview(averaged, checks, out / f"preview-{number}-{step + 1:05d}.png")


def _step(run: Run, phase: Phase, step: int, sample: Sample, maker: Adam, judge: Adam) -> list[Term]:
    """One step of the generators and one of the discriminators."""
    with torch.autocast("cpu", torch.bfloat16):
        made, reports = _objectives(run, phase, step, sample)
    maker.zero_grad(set_to_none=True)
    sum((term.weight * term.value for term in made), torch.zeros(())).backward()
    maker.step()
    with torch.autocast("cpu", torch.bfloat16):
        judged = [report() for report in reports]
    judged = [term for term in judged if term is not None]
    if judged:
        judge.zero_grad(set_to_none=True)
        sum((term.value for term in judged), torch.zeros(())).backward()
        judge.step()
    return made + judged


def _objectives(run: Run, phase: Phase, step: int, sample: Sample) -> tuple[list[Term], list]:
    """The generators' terms, and calls that make the discriminators' terms once the generators have moved."""
    conditions, weights = sample.conditions, run.recipe.weights
    terms, reports = [], []
    with torch.set_grad_enabled("coarse" in phase.trains):
        coarse = run.model.coarse(conditions)
    if "coarse" in phase.trains:
        size = coarse.shape[-1]
        pictures = [resize(x, size) for x in (conditions.source, sample.target, sample.mask)]
        _add_picture(run, "coarse", phase, coarse, pictures, terms, reports)
    if "layers" not in phase.trains or run.model.layers is None:
        return terms, reports
    alone = "fusion" not in phase.trains
    turn = ("head", "arm", "leg")[step % 3]
    layers = []
    for index, part in enumerate(LAYERS):
        if alone and not part.endswith(turn):
            continue
        layer = run.model.layers.make_layer(part, conditions.parts[index], coarse)
        layers.append(layer)
        if not part.endswith(turn):
            continue
        target, visible = sample.part_targets[index], sample.part_visible[index]
        terms += layer_terms(run.critics, run.vgg, weights, layer, target, visible, phase.window, run.generator)
        reports.append(_judge_layer(run, layer, target, visible))
    if "fusion" in phase.trains and run.model.fusion is not None:
        pasted = paste_layers(coarse, tuple(layers), conditions.maps.parsing)
        image = run.model.fusion(conditions, pasted)
        pictures = [conditions.source, sample.target, sample.mask]
        _add_picture(run, "fusion", phase, image, pictures, terms, reports)
    return terms, reports


def _add_picture(
    run: Run, stage: str, phase: Phase, image: Tensor, pictures: list[Tensor], terms: list[Term], reports: list
) -> None:
    source, target, mask = pictures
    critic = getattr(run.critics, stage)
    window = cut_windows([image, target], mask, phase.window, run.generator)
    found = picture_terms(critic, run.vgg, run.recipe.weights, source, image, target, mask, (window[0], window[1]))
    terms += [Term(name=f"{stage} {t.name}", value=t.value, weight=t.weight) for t in found]
    detached = image.detach()

    def judge() -> Term:
        value = losses.patch_discriminator_loss(critic(source, target), critic(source, detached))
        return Term(name=f"{stage} judge", value=value, weight=1.0)

    reports.append(judge)


def _judge_layer(run: Run, layer, target: Tensor, visible: Tensor):
    """Whole parts seen in this batch go into the pool; the judge compares the layers with parts drawn from it."""
    name = layer.part.rpartition("_")[2]
    flip = layer.part.startswith("right_")
    pool = run.pools[name]
    covered = (visible * layer.mask).sum((1, 2, 3)) / layer.mask.sum((1, 2, 3)).clamp(min=1)
    for index in torch.nonzero(covered >= COMPLETE_SHARE).flatten().tolist():
        pair = (layer.source[index], (target * layer.mask)[index])
        pool.append(tuple(x.flip(-1) if flip else x for x in pair))
    del pool[:-POOL_SIZE]
    drawn = layer.image.detach() * layer.mask

    def judge() -> Term | None:
        if not pool:
            return None
        chosen = torch.randint(len(pool), (len(drawn),), generator=run.generator).tolist()
        if len({pool[i][0].shape for i in chosen} | {drawn.shape[1:]}) > 1:
            pool.clear()
            return None
        source = torch.stack([pool[i][0] for i in chosen])
        whole = torch.stack([pool[i][1] for i in chosen])
        real = run.critics.completeness(name, source, whole)
        fake = run.critics.completeness(name, layer.source, drawn)
        return Term(name=f"judge {name}", value=losses.completeness_discriminator_loss(real, fake), weight=1.0)

    return judge


def _averaged(run: Run, config: ModelConfig) -> Model:
    model = Model(config)
    model.load_state_dict(run.average if run.recipe.average else run.model.state_dict())
    return model.eval()


def _single_thread(_: int) -> None:
    torch.set_num_threads(1)


def main() -> None:
    """Stand-in for the command line until `layerpose train` comes: DATA RUN [SCALE]."""
    from layerpose.presets import base
    from layerpose.training.recipes import base_recipe

    scale = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    train(Path(sys.argv[1]), Path(sys.argv[2]), base(), base_recipe(minutes_scale=scale))


if __name__ == "__main__":
    main()
