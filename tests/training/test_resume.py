"""A run that is killed again and again ends where an undisturbed one ends."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import lightning_fabric  # noqa: F401  (once, not in every process)
import numpy as np
import pytest
import tensorboardX  # noqa: F401
import torch
import torch._dynamo  # the first optimiser of a process imports it, which takes seconds

from layerpose.training import loop
from layerpose.training.checkpoint import FILE, LAST
from layerpose.training.loop import train
from layerpose.training.plan import Machine, Plan

KILLS = 10


def in_a_process(plan: Plan, machine: Machine, out: Path):
    """Train in a process of its own, which a fork makes at once."""
    process = get_context("fork").Process(target=_train, args=(plan, machine, out))
    process.start()
    return process


def _train(plan: Plan, machine: Machine, out: Path) -> None:
    torch.set_num_threads(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    train(plan, machine, out, lambda _: None)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_run_killed_ten_times_ends_with_the_same_weights_bit_for_bit(
    plan: Plan, machine: Machine, tmp_path: Path
) -> None:
    torch.set_num_threads(1)  # as in the forks: sums depend on it
    told: list[float] = []
    train(plan, machine, tmp_path / "whole", lambda _: told.append(time.monotonic()))  # and every fork is warm
    lasted = told[-1] - told[0]
    rng, kills, deaths = np.random.default_rng(5), 0, []
    while kills < KILLS:
        process = in_a_process(plan, machine, tmp_path / "killed")
        time.sleep(rng.uniform(0.04, 0.28) * lasted)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        deaths.append(_where(tmp_path / "killed" / FILE))
        kills += 1
    print(f"lasted {lasted:.1f} s, killed at", deaths)
    process = in_a_process(plan, machine, tmp_path / "killed")
    process.join()
    assert process.exitcode == 0
    assert len(set(deaths)) > 2, f"the kills all came at the same place: {deaths}"
    for name in ("model", "discriminators", "average"):
        ours, theirs = (torch.load(tmp_path / run / FILE, weights_only=True)[name] for run in ("whole", "killed"))
        assert all(torch.equal(ours[key], theirs[key]) for key in ours), name
    for model in ("last", "best"):
        ours, theirs = ((tmp_path / run / model / "model.safetensors").read_bytes() for run in ("whole", "killed"))
        assert ours == theirs


def test_who_is_stopped_while_the_last_model_is_written_writes_it_the_next_time(
    plan: Plan, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state comes last: with the state alone there would be nothing left to do."""
    short = replace(plan, recipe=replace(plan.recipe, phases=(replace(plan.recipe.phases[0], num_steps=1),)))

    def stop(run: loop.Run, name: str, *_: object) -> None:
        if name == LAST:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_save_model", stop)
        with pytest.raises(KeyboardInterrupt):
            train(short, machine, tmp_path / "run", lambda _: None)
    assert not (tmp_path / "run" / LAST).exists()
    train(short, machine, tmp_path / "run", lambda _: None)
    assert (tmp_path / "run" / LAST / "model.safetensors").is_file()


def _where(state: Path) -> tuple[int, int] | None:
    if not state.exists():
        return None
    stored = torch.load(state, weights_only=True)
    return stored["phase"], stored["step"]


def test_another_seed_gives_other_weights(plan: Plan, machine: Machine, tmp_path: Path) -> None:
    phase = replace(plan.recipe.phases[0], num_steps=1, batch=1)
    short = replace(plan, recipe=replace(plan.recipe, phases=(phase,)))
    for seed in (1, 2):
        train(replace(short, seed=seed), machine, tmp_path / str(seed), lambda _: None)
    one, two = (torch.load(tmp_path / str(seed) / FILE, weights_only=True)["model"] for seed in (1, 2))
    assert not torch.equal(one["coarse.generator.stem.0.weight"], two["coarse.generator.stem.0.weight"])
