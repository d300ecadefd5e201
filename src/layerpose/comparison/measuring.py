"""Who draws + on what -> pictures, figures, and a report in a folder; what is there is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from layerpose.data.benchmark import Pair
from layerpose.data.records import Records
from layerpose.evaluation.alignment import aligned_rows, draw_aligned
from layerpose.evaluation.measure import TRUTH, Job, Measured, measure_predictions
from layerpose.evaluation.page import write_page
from layerpose.evaluation.predictions import DRESSED, TRIVIAL, Drawer, copy_and_warp, draw_predictions
from layerpose.evaluation.read_source import ReadSource
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
    sources: ReadSource | None = None
    targets: ReadSource | None = None
    """How sources are read, and the bodies that targets stand in; without them as the data set has them."""
    faces: bool = False
    """Faces are compared too."""
    face_model: Path | None = None
    """A recogniser's file, for faces."""
    own_pose: bool = False
    """Every source is also drawn in its own pose."""
    aligned: bool = False
    """Results and dressed warps are also measured after they are laid over the truth by optical flow."""

    @property
    def own_pairs(self) -> tuple[Pair, ...]:
        """Every source with itself, if asked for."""
        sources = dict.fromkeys((person, source, source) for person, source, _ in self.pairs)
        return tuple(sources) if self.own_pose else ()


def measure_table(
    table: Table, drawers: Sequence[Drawer], out: Path, drawn: Heard, measured: Heard, *, main: str | None = None
) -> Report:
    """Draw and measure every row, the trivial baselines first; writes tables, page and plots into `out`.

    `main` is the row by which the page is ordered; without it, the last.
    """
    if not any(row in TRIVIAL for drawer in drawers for row in drawer.rows):
        drawers = [copy_and_warp(table.size), *drawers]
    results = tuple(drawer.rows[-1] for drawer in drawers if drawer.rows[-1] not in TRIVIAL)
    undrawn, rows = _draw(table, drawers, results, out, drawn)
    landing = {"none": (), "full": (*results, TRUTH), "all": (*rows, TRUTH)}[table.bodies]
    job = Job(
        data=table.records.path, folder=out, lpips=table.lpips, protocols=table.protocols, landing_rows=landing,
        size=table.size, undrawn=undrawn, faces=table.faces, face_model=table.face_model,
    )  # fmt: skip
    found = measure_predictions(job, (*rows, TRUTH), table.pairs, workers=table.workers, report=measured)
    report = Report(
        measured=tuple(found), protocols=table.protocols, size=table.size, main=main or drawers[-1].rows[-1],
        facts=table.facts, own_pose=_measure_in_own_pose(table, job, rows, measured),
    )  # fmt: skip
    write_report(report, out)
    write_page(report, table.records, out)
    return report


def _draw(
    table: Table, drawers: Sequence[Drawer], results: Sequence[str], out: Path, drawn: Heard
) -> tuple[dict[Pair, str], tuple[str, ...]]:
    """Write the pictures of all rows; returns the pairs that cannot be drawn, and the rows in order."""
    draw = partial(
        draw_predictions, folder=out, size=table.size, report=drawn, sources=table.sources, targets=table.targets
    )
    ours = [drawer for drawer in drawers if not set(drawer.rows) & set(TRIVIAL)]
    undrawn = draw(drawers, table.records, table.pairs) | draw(ours, table.records, table.own_pairs)
    rows = tuple(row for drawer in drawers for row in drawer.rows)
    if not table.aligned:
        return undrawn, rows
    moved = [row for row in rows if row in (DRESSED, *results)]
    draw_aligned(moved, table.records, (*table.pairs, *table.own_pairs), out, size=table.size)
    return undrawn, tuple(name for row in rows for name in (row, *(aligned_rows([row]) if row in moved else ())))


def _measure_in_own_pose(table: Table, job: Job, rows: Sequence[str], measured: Heard) -> tuple[Measured, ...]:
    """What the photo itself would get right: no body is estimated anew."""
    if not table.own_pairs:
        return ()
    ours = [row for row in rows if row not in TRIVIAL]
    alone = replace(job, landing_rows=(), own_pose=True)
    return tuple(measure_predictions(alone, ours, table.own_pairs, workers=table.workers, report=measured))
