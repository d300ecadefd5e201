"""Data set + budget -> every row trained alike, then all measured on the same pairs; a stopped contest goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from layerpose.comparison.contenders import enter
from layerpose.comparison.measuring import Heard, Table, measure_table
from layerpose.comparison.pictures import write_curves, write_sheet
from layerpose.comparison.rows import Budget, plan_row, row_name
from layerpose.comparison.tables import write_tables
from layerpose.evaluation.predictions import copy_and_warp
from layerpose.evaluation.report import Report
from layerpose.media.outputs import check_output_folder
from layerpose.runtime.locks import alone_in
from layerpose.runtime.making import check_making, keep_making
from layerpose.runtime.workers import count_cores, spread
from layerpose.training.check import check_folder, check_plan
from layerpose.training.checkpoint import LAST
from layerpose.training.loop import Progress, train
from layerpose.training.plan import Machine, Plan

FILE = "contest.json"
RUNS, REPORT = "runs", "report"
SHEET, CURVES = "sheet.png", "curves.svg"


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Which rows, with which seeds, on what."""

    data: Path
    keys: tuple[str, ...]
    """Rows, by their keys in `NAMES`."""
    seeds: tuple[int, ...]
    budget: Budget

    def plans(self) -> dict[tuple[str, int], Plan]:
        """What each run trains, by row and seed."""
        return {(k, seed): plan_row(k, self.budget, self.data, seed) for seed in self.seeds for k in self.keys}


def check_contest(contest: Contest, machine: Machine, out: Path) -> None:
    """ValueError unless every row can be trained, or go on. Writes nothing."""
    check_making(out / FILE, _describe(contest), holds="comparison")
    check_output_folder(out)
    for (key, seed), plan in contest.plans().items():
        if (run := run_folder(out, key, seed)).exists():
            check_folder(plan, run)
        check_plan(plan, machine)


def run_contest(
    contest: Contest, machine: Machine, table: Table, out: Path, heard: Callable[[str, Progress], None], drawn: Heard,
    measured: Heard, *, jobs: int = 1,
) -> Report:  # fmt: skip
    """Train what is not trained yet, then draw and measure every row; tables and report lie in `out`.

    With several `jobs` so many rows are trained side by side, and `heard` is called in their processes.
    """
    with alone_in(out):
        keep_making(out / FILE, _describe(contest), holds="comparison")
        (out / RUNS).mkdir(exist_ok=True)
        return _run(contest, machine, table, out, heard, drawn, measured, jobs)


def _run(
    contest: Contest, machine: Machine, table: Table, out: Path, heard: Callable[[str, Progress], None], drawn: Heard,
    measured: Heard, jobs: int,
) -> Report:  # fmt: skip
    plans = contest.plans()
    runs = {row_name(key, seed, contest.seeds): run_folder(out, key, seed) for key, seed in plans}
    work = partial(_train_row, machine=machine, heard=heard, jobs=jobs)
    for _ in spread(work, list(runs), list(runs.values()), list(plans.values()), workers=jobs):
        pass
    systems = {name: enter(folder / LAST, row=name, device=machine.device) for name, folder in runs.items()}
    facts = {
        "budget": contest.budget.say(), "seeds": ", ".join(map(str, contest.seeds)),
        "weights": ", ".join(f"{name} {system.fingerprint}" for name, system in systems.items()),
    }  # fmt: skip
    (out / REPORT).mkdir(exist_ok=True)
    drawers = [copy_and_warp(table.size), *(system.drawer for system in systems.values())]
    report = measure_table(replace(table, facts=table.facts | facts), drawers, out / REPORT, drawn, measured)
    write_tables(report, contest.keys, contest.seeds, out)
    write_sheet(report, table.records, out / REPORT, out / SHEET)
    write_curves(runs, out / CURVES)
    return report


def _train_row(
    name: str, folder: Path, plan: Plan, *, machine: Machine, heard: Callable[[str, Progress], None], jobs: int
) -> None:
    """One row, to the end; beside others with its share of the cores."""
    if jobs > 1:
        torch.set_num_threads(max(count_cores() // jobs, 1))
    train(plan, machine, folder, lambda place: heard(name, place))


def run_folder(out: Path, key: str, seed: int) -> Path:
    """Where a row is trained."""
    return out / RUNS / f"{key}-{seed}"


def _describe(contest: Contest) -> dict[str, Any]:
    """What may not change when it goes on; the data set is checked run by run."""
    return {"rows": list(contest.keys), "seeds": list(contest.seeds), **asdict(contest.budget)}
