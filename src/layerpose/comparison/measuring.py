"""Who draws + on what -> pictures, figures, and a report in a folder; what is there is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from layerpose.data.benchmark import Pair
from layerpose.data.records import Records
from layerpose.evaluation.answers import TRIVIAL, Drawer, copy_and_warp, draw_answers
from layerpose.evaluation.measure import TRUTH, Job, measure_answers
from layerpose.evaluation.page import write_page
from layerpose.evaluation.report import Report, write_report

Heard = Callable[[int, int], None]
Bodies = Literal["none", "full", "all"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """What is measured, and how."""

    records: Records
    pairs: tuple[Pair, ...]
    lpips: Path
    size: int
    """Side in pixels at which pictures are compared."""
    protocols: tuple[str, ...]
    bodies: Bodies
    """Where bodies are estimated anew: in each drawer's result and in the truth, or in every row."""
    workers: int
    facts: dict[str, str]


def measure_table(
    table: Table, drawers: Sequence[Drawer], out: Path, drawn: Heard, measured: Heard, *, main: str | None = None
) -> Report:
    """Draw and measure every row, the trivial answers first; writes tables, page and plots into `out`.

    `main` is the row by which the page is ordered; without it, the last.
    """
    if not any(row in TRIVIAL for drawer in drawers for row in drawer.rows):
        drawers = [copy_and_warp(table.size), *drawers]
    rows = tuple(row for drawer in drawers for row in drawer.rows)
    undrawn = draw_answers(drawers, table.records, table.pairs, out, size=table.size, report=drawn)
    results = tuple(drawer.rows[-1] for drawer in drawers if drawer.rows[-1] not in TRIVIAL)
    landing = {"none": (), "full": (*results, TRUTH), "all": (*rows, TRUTH)}[table.bodies]
    job = Job(
        data=table.records.path, folder=out, lpips=table.lpips, protocols=table.protocols, landing_rows=landing,
        size=table.size, undrawn=undrawn,
    )  # fmt: skip
    found = measure_answers(job, (*rows, TRUTH), table.pairs, workers=table.workers, report=measured)
    report = Report(
        measured=tuple(found), protocols=table.protocols, size=table.size, main=main or rows[-1], facts=table.facts
    )  # fmt: skip
    write_report(report, out)
    write_page(report, table.records, out)
    return report
