"""Plan + machine -> a run: the phases one after the other; the same call again goes on where the last one stopped.

A run's folder holds ``run.json`` (the plan), ``state.pt`` (all that is needed to go on), the model folders ``last`` and
``best``, ``complete.json`` (which pictures show which part whole) and ``tensorboard``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn
from torch.optim import Adam

from layerpose.data.complete import CompleteSets, complete_parts
from layerpose.data.records import Records
from layerpose.runtime.cache import write_json
from layerpose.runtime.locks import alone_in
from layerpose.training import checkpoint
from layerpose.training.batches import Batches, Shares, load_batches, move
from layerpose.training.checkpoint import State
from layerpose.training.logger import Logger
from layerpose.training.plan import Machine, Plan, claim
from layerpose.training.processes import start, together
from layerpose.training.recipes import Phase
from layerpose.training.step import NotFiniteError, take_step
from layerpose.training.system import System, Trainer
from layerpose.training.trainer import assemble, system_of
from layerpose.training.validation import Validation, Verdict

if TYPE_CHECKING:
    from lightning_fabric import Fabric

BEST, SETS = "best", "complete.json"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run is."""

    phase: str
    step: int
    """Steps of the phase that are done."""
    num_steps: int
    values: dict[str, float]
    """Every term of the last step."""
    figures: dict[str, float]
    """What validation found after it; empty where it did not look."""


Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What stays the same while a run goes on."""

    plan: Plan
    machine: Machine
    out: Path
    fabric: Fabric
    system: System
    trainer: Trainer
    sets: CompleteSets
    shown: nn.Module
    """What is validated and saved: the average, or a copy of the model."""
    logger: Logger | None
    """In the first process only."""
    report: Report


def train(plan: Plan, machine: Machine, out: Path, report: Report) -> bool:
    """Begin or go on, to the end. Returns whether this is the process that speaks for all."""
    fabric = start(machine)
    with ExitStack() as held:
        with together(fabric):
            if fabric.is_global_zero:
                held.enter_context(alone_in(out))
                claim(out, plan)
        return _train(plan, machine, out, report, fabric)


def _train(plan: Plan, machine: Machine, out: Path, report: Report, fabric: Fabric) -> bool:
    with together(fabric):
        system = system_of(plan)
        trainer, state, optimizers = assemble(plan, machine, out / checkpoint.FILE, fabric.device)
        sets = _find_sets(plan, out) if fabric.is_global_zero else {}
    sets = fabric.broadcast(sets)
    done = sum(phase.num_steps for phase in plan.recipe.phases[: state.phase]) + state.step
    logger = Logger(out, done) if fabric.is_global_zero else None
    run = Run(
        plan=plan, machine=machine, out=out, fabric=fabric, system=system, trainer=trainer, sets=sets,
        shown=system.show().to(fabric.device).eval(), logger=logger, report=report,
    )  # fmt: skip
    try:
        for number in range(state.phase, len(plan.recipe.phases)):
            _train_phase(run, state, number, optimizers)
            optimizers = {}
    finally:
        if logger is not None:
            logger.close()
    return fabric.is_global_zero


def _find_sets(plan: Plan, out: Path) -> CompleteSets:
    """The complete-part sets; they are worked out once."""
    if system_of(plan).drawn(1).layers != "complete" or not any(
        "layers" in phase.trains for phase in plan.recipe.phases
    ):
        return {}
    file = out / SETS
    if not file.exists():
        records = Records(plan.data)
        sets = complete_parts(records, records.split("train"))
        write_json(file, sets)
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return {part: [(person, frame) for person, frame in places] for part, places in stored.items()}
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{file} is damaged ({error}); delete it, it will be made again") from error


def _train_phase(run: Run, state: State, number: int, optimizers: dict) -> None:
    plan, machine, fabric, trainer, system = run.plan, run.machine, run.fabric, run.trainer, run.system
    phase = plan.recipe.phases[number]
    before = plan.recipe.phases[:number]
    first = sum(earlier.num_steps * earlier.batch for earlier in before)

    # Optimizers are new in each phase.
    maker = state.maker = Adam(trainer.trained(phase), lr=phase.learning_rate, betas=(0.5, 0.999), fused=True)
    judge = state.judge = Adam(
        trainer.discriminators.parameters(), lr=phase.learning_rate, betas=(0.5, 0.999), fused=True
    )
    for name, stored in optimizers.items():
        getattr(state, name).load_state_dict(stored)

    # Data from where the phase stands.
    config = system.drawn(phase.size)
    if not {"layers", "fusion"} & set(phase.trains):
        config = replace(config, layers="none")
    batches = Batches(plan.data, config, phase, run.sets, first=first, seed=plan.seed, prepare=system.prepare)
    shares = Shares(
        phase, first=first, step=state.step, process=fabric.global_rank, num_processes=fabric.world_size,
        accumulate=machine.accumulate,
    )  # fmt: skip
    loader = iter(load_batches(batches, shares, workers=machine.workers, device=fabric.device))
    validation = Validation(plan, system, phase, fabric.device, machine.lpips) if fabric.is_global_zero else None
    saved = time.monotonic()

    for step in range(state.step, phase.num_steps):
        with together(fabric):
            batch = [move(next(loader), fabric.device) for _ in range(machine.accumulate)]
        rate = plan.recipe.learning_rate(phase, step)
        for group in (*maker.param_groups, *judge.param_groups):
            group["lr"] = rate
        try:
            values = take_step(fabric, trainer, state, phase, batch, step)
        except NotFiniteError as error:
            raise _name_batch(error, batches, phase, step) from error
        if state.average is not None:
            checkpoint.average_into(state.average, trainer.model, min(plan.recipe.average, (step + 1) / (step + 10)))
        state.step = step + 1
        is_last = state.step == phase.num_steps
        figures: dict[str, float] = {}
        with together(fabric):
            if run.logger is not None and validation is not None:
                done = sum(earlier.num_steps for earlier in before) + state.step
                run.logger.note_losses(phase.name, values | {"learning rate": rate}, done)
                if is_last or state.step % plan.validate_every == 0:
                    figures = _validate(run, state, phase, validation, run.logger, done)
                if is_last:
                    state.phase, state.step, state.best, state.maker, state.judge = number + 1, 0, None, None, None
                if is_last or time.monotonic() - saved >= 60 * machine.save_minutes:
                    _save(run, state)
                    saved = time.monotonic()
        if fabric.is_global_zero:
            place = Progress(
                phase=phase.name, step=step + 1, num_steps=phase.num_steps, values=values, figures=figures
            )  # fmt: skip
            run.report(place)
    state.phase, state.step, state.best = number + 1, 0, None


def _name_batch(error: NotFiniteError, batches: Batches, phase: Phase, step: int) -> ValueError:
    begin = batches.first + step * phase.batch
    names = "; ".join(batches.pairs.name(number) for number in range(begin, begin + min(phase.batch, 4)))
    more = ", ..." if phase.batch > 4 else ""
    return ValueError(
        f"{error} in phase '{phase.name}', step {step + 1}, samples {begin} to {begin + phase.batch - 1}"
        f" ({names}{more}); the last good checkpoint is kept"
    )


def _validate(
    run: Run, state: State, phase: Phase, validation: Validation, logger: Logger, done: int
) -> dict[str, float]:
    verdict = validation.look(_show(run, state), run.fabric)
    logger.note_verdict(phase.name, verdict, done)
    if state.best is None or verdict.badness < state.best:
        state.best = verdict.badness
        _save_model(run, BEST, phase, state, verdict)
    return verdict.figures


def _save(run: Run, state: State) -> None:
    """The state last: who is killed before it does the same steps again, and writes the same."""
    _show(run, state)
    phases = run.plan.recipe.phases
    _save_model(run, checkpoint.LAST, phases[min(state.phase, len(phases) - 1)], state, None)
    if run.logger is not None:
        run.logger.flush()
    checkpoint.save_state(run.out / checkpoint.FILE, state)


def _show(run: Run, state: State) -> nn.Module:
    """The model as it would be used now."""
    run.system.dress(run.shown, state.model.state_dict() if state.average is None else state.average)
    return run.shown


def _save_model(run: Run, name: str, phase: Phase, state: State, verdict: Verdict | None) -> None:
    facts = {
        "recipe": run.plan.recipe.name, "seed": run.plan.seed, "phase": phase.name, "step": state.step,
        "validation": verdict.figures if verdict else {},
    }  # fmt: skip
    run.system.save(run.shown, run.out / name, facts)
