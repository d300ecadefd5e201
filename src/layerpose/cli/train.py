"""Data set -> a trained model folder: the command `train`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from layerpose.cli.console import Pace, busy, is_terminal, say
from layerpose.cli.options import Device
from layerpose.cli.train_volume import train_volume_network

if TYPE_CHECKING:
    from layerpose.baselines.registry import BaselineConfig
    from layerpose.config import ModelConfig
    from layerpose.training.loop import Progress as Place
    from layerpose.training.plan import Machine, Plan
    from layerpose.training.recipes import BaselineRecipe, Recipe

BUNDLED = "bundled"
BASE = "base"
SIZE_STEP = 64
"""Sizes are multiples of it, so that every stage can halve its picture; one is too small for the face layer."""
LINE_SECONDS = 10
"""How often a line is printed where there is no terminal for a bar."""


def train(
    data: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="RUN")],
    model: Literal["layerpose", "pix2pixhd", "dsc", "lwgan", "volume"] = "layerpose",
    preset: str | None = None,
    size: int | None = None,
    width: float = 1.0,
    recipe: Literal["preset", "paper", "base", "debug"] = "preset",
    phases: tuple[str, ...] = (),
    epochs: float | None = None,
    steps_scale: float = 1.0,
    batch_scale: int = 1,
    hinge: bool = False,
    r1: float | None = None,
    average: float | None = None,
    warm_up: int | None = None,
    seed: int = 0,
    init: Annotated[str | None, tyro.conf.arg(metavar="FOLDER|bundled")] = None,
    device: Device = "auto",
    devices: int = 1,
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto",
    compile: bool = False,
    accumulate: int = 1,
    workers: int = 1,
    validate_every: int = 200,
    save_minutes: float = 5.0,
    lpips: Annotated[Path | None, tyro.conf.arg(metavar="PT")] = None,
    dry_run: bool = False,
) -> None:
    """Train a model. The same command again goes on where the last one stopped, bit for bit on a CPU.

    RUN holds the model folders `last` and `best` (for --weights), the state to go on from, and TensorBoard's files.
    Several machines: start the same command on each with `torchrun --no-python`.

    Args:
        data: A data set, as `layerpose synth` makes it.
        out: The run's folder: a new one, or one to go on with.
        model: Ours; a system that the paper compares with, as its authors built and trained it; or the network that
            predicts a labelled volume from photo and pose (it takes --steps-scale, --seed, --workers, --dry-run).
        preset: base (without it), paper, debug, or a row of the ablation (ablation-h, ablation-hs, ...); of ours.
        size: Side of the finished picture in pixels; without it the preset's, or what the system was built for.
        width: Share of the channels of every network, for small machines.
        recipe: The training schedule; each preset has its own.
        phases: Only these phases of the recipe (coarse, layers, joint ...).
        epochs: Length of the whole schedule in epochs; the phases keep their proportions.
        steps_scale: Every phase so many times as long.
        batch_scale: So many times as many samples a step, in as many fewer steps; for several devices.
        hinge: Hinge loss for the patch discriminators instead of least squares.
        r1: Weight of the R1 gradient penalty; 0 for none.
        average: Decay of the running average of the weights; 0 for none.
        warm_up: Steps at each phase's start over which the learning rate grows.
        seed: Another seed, another run.
        init: Start from the weights of this model folder or the bundled ones, or from a run and its discriminators.
        device: Where the networks run; auto takes the GPU if there is one.
        devices: Processes on this machine: GPUs, or shares of the CPU.
        precision: Numbers in which convolutions multiply; auto takes bf16 where the device is fast at it, else fp32.
        compile: Compile the networks; minutes at the start, faster afterwards.
        accumulate: Parts in which each process works through its share of a batch, to save memory.
        workers: Processes that prepare data, for each device.
        validate_every: Steps between two looks at the validation pairs.
        save_minutes: Minutes between two checkpoints.
        lpips: Weights of LPIPS (lpips_alex_v01.pt); without them validation goes by SSIM.
        dry_run: Print the whole configuration and stop.
    """
    if model == "volume":
        ours = {"--preset": preset, "--size": size, "--phases": phases or None, "--epochs": epochs, "--r1": r1}
        more = {"--hinge": hinge or None, "--average": average, "--warm-up": warm_up, "--init": init, "--lpips": lpips}
        only = {"--device": "cuda" if device == "cuda" else None, "--compile": compile or None}
        _refuse_ours(model, ours | more | only)
        train_volume_network(data, out, steps_scale=steps_scale, seed=seed, workers=workers, dry_run=dry_run)
        return
    with busy("Starting"):
        from layerpose.runtime.device import choose_device
        from layerpose.runtime.precision import fast_precision
        from layerpose.training.check import check
        from layerpose.training.loop import train as run
        from layerpose.training.plan import Machine, Plan
        from layerpose.training.processes import launched_by_torchrun
    config = _configure(model, preset, size, width)
    whole = _make_recipe(data, model, preset, recipe, width)
    chosen = _fit_recipe(data, whole, config, phases, epochs, steps_scale, batch_scale)
    changes = {"r1": r1, "average": average, "warm_up": warm_up, "adversarial": "hinge" if hinge else None}
    if model != "layerpose":
        _refuse_ours(model, {"--r1": r1, "--hinge": hinge or None, "--preset": preset, "--phases": phases or None})
    chosen = replace(chosen, **{name: value for name, value in changes.items() if value is not None})
    with _model_folder(init) as folder:
        on = choose_device(device)
        plan = Plan(config=config, recipe=chosen, data=data, seed=seed, init=folder, validate_every=validate_every)
        machine = Machine(
            device=on, devices=devices, compile=compile,
            precision=fast_precision(on, training=True) if precision == "auto" else precision,
            accumulate=accumulate, workers=workers, save_minutes=save_minutes, lpips=lpips,
        )  # fmt: skip
        machine = launched_by_torchrun(machine)
        check(plan, machine, out)
        if dry_run:
            _print_everything(plan, machine, out)
            return
        with _progress() as report, _one_voice():
            speaks = run(plan, machine, out, report)
    if speaks:
        say(f"Wrote {out / 'last'}, {out / 'best'}")


def _configure(model: str, preset: str | None, size: int | None, width: float) -> ModelConfig | BaselineConfig:
    from layerpose.baselines.registry import published, resized
    from layerpose.config import scaled
    from layerpose.presets import narrowed

    if not 0 < width <= 1:
        raise ValueError(f"--width is {width}; expected a share of the channels, more than 0 and at most 1")
    if model != "layerpose":
        theirs = published(model)
        return resized(theirs, canvas=size or theirs.canvas, share=width)
    ours = _preset(preset or BASE)
    if size is not None:
        if size % SIZE_STEP or not 2 * SIZE_STEP <= size <= ours.canvas:
            raise ValueError(
                f"--size is {size}; expected a multiple of {SIZE_STEP} from {2 * SIZE_STEP} to {ours.canvas}"
            )
        ours = scaled(ours, size / ours.canvas)
    return narrowed(ours, width)


def _preset(name: str) -> ModelConfig:
    from layerpose.presets import PRESETS

    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; expected one of {', '.join(PRESETS)}")
    return PRESETS[name]()


def _refuse_ours(model: str, given: dict[str, object]) -> None:
    """ValueError for an option that only our own model has."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"{name} is an option of our own model, not of {model}; leave it away")


def _make_recipe(data: Path, model: str, preset: str | None, name: str, width: float) -> Recipe | BaselineRecipe:
    from layerpose.presets import narrow
    from layerpose.training import recipes

    pictures = _count_pictures(data)
    if model != "layerpose":
        if name != "preset":
            raise ValueError(f"--recipe {name} is ours; {model} has its own; leave it away")
        return recipes.baseline_recipe(model, pictures)
    ours = recipes.RECIPES[recipes.recipe_of_preset(preset or BASE) if name == "preset" else name](pictures)
    return replace(ours, discriminator_width=narrow(ours.discriminator_width, width))


def _fit_recipe(
    data: Path, whole: Recipe | BaselineRecipe, config: ModelConfig | BaselineConfig, phases: tuple[str, ...],
    epochs: float | None, scale: float, batch_scale: int,
) -> Recipe | BaselineRecipe:  # fmt: skip
    from layerpose.config import ModelConfig
    from layerpose.training import recipes

    if scale <= 0 or batch_scale < 1 or (epochs is not None and epochs <= 0):
        raise ValueError("--steps-scale, --epochs and --batch-scale must be greater than 0")
    chosen = recipes.choose_phases(whole, phases) if phases else whole
    if isinstance(chosen, recipes.Recipe) and isinstance(config, ModelConfig):
        chosen = recipes.fit_to_model(chosen, config)
    if epochs is not None:
        scale *= epochs * _count_pictures(data) / max(chosen.num_samples, 1)
    return recipes.enlarge_batches(recipes.stretch(chosen, scale), batch_scale)


def _count_pictures(data: Path) -> int:
    from layerpose.data.records import Records

    records = Records(data)
    return sum(len(records.frames(person)) for person in records.split("train"))


@contextmanager
def _model_folder(init: str | None) -> Iterator[Path | None]:
    if init != BUNDLED:
        yield None if init is None else Path(init)
        return
    from layerpose.transfer import model_folder

    with model_folder() as folder:
        yield folder


def _print_everything(plan: Plan, machine: Machine, out: Path) -> None:
    import json
    from dataclasses import asdict

    from layerpose.training.plan import describe

    everything = {"out": out, "data": plan.data, "plan": describe(plan), "machine": asdict(machine)}
    say(json.dumps(everything, indent=1, default=str))


@contextmanager
def _progress() -> Iterator[Callable[[Place], None]]:
    """A bar for each phase on stderr, with the time left; a line now and then on stdout where there is no terminal."""
    if not is_terminal():
        yield partial(_say_place, Pace(LINE_SECONDS))
        return
    from layerpose.cli.bars import learning_bars

    with learning_bars() as bar:
        tasks = {}

        def report(place: Place) -> None:
            if place.phase not in tasks:
                tasks[place.phase] = bar.add_task(place.phase, total=place.num_steps, losses="")
            task = tasks[place.phase]
            bar.update(task, completed=place.step, losses=_figures(place.values, 3))
            if place.figures:
                bar.console.print(f"{place.phase} {place.step}: {_figures(place.figures)}", highlight=False)

        yield report


def _say_place(pace: Pace, place: Place) -> None:
    """One line every few seconds."""
    last = place.step >= place.num_steps or bool(place.figures)
    seconds = pace.find(place.phase, place.step, last=last)
    if seconds is not None:
        left = seconds * (place.num_steps - place.step) / 60
        say(
            f"{place.phase} {place.step}/{place.num_steps} {seconds:.2f} s/step, {left:.0f} min left |"
            f" {_figures(place.figures | place.values, 8)}"
        )


def _figures(values: dict[str, float], most: int = 99) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in list(values.items())[:most])


@contextmanager
def _one_voice() -> Iterator[None]:
    """Of several processes that stop together, the first says why."""
    try:
        yield
    except (ValueError, OSError) as error:
        if int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))):
            raise SystemExit(2) from error
        raise
