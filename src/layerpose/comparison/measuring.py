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
from layerpose.evaluation.answers import DRESSED, TRIVIAL, Drawer, copy_and_warp, draw_answers
from layerpose.evaluation.measure import TRUTH, Job, measure_answers
from layerpose.evaluation.page import write_page
from layerpose.evaluation.report import Report, write_report
from layerpose.evaluation.sources import ReadSource

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


def measure_table(
    table: Table, drawers: Sequence[Drawer], out: Path, drawn: Heard, measured: Heard, *, main: str | None = None
) -> Report:
    """Draw and measure every row, the trivial answers first; writes tables, page and plots into `out`.

    `main` is the row by which the page is ordered; without it, the last.
    """
    if not any(row in TRIVIAL for drawer in drawers for row in drawer.rows):
        drawers = [copy_and_warp(table.size), *drawers]
    rows = tuple(row for drawer in drawers for row in drawer.rows)
    results = tuple(drawer.rows[-1] for drawer in drawers if drawer.rows[-1] not in TRIVIAL)
    own = tuple(dict.fromkeys((person, source, source) for person, source, _ in table.pairs)) if table.own_pose else ()
    ours = [drawer for drawer in drawers if not set(drawer.rows) & set(TRIVIAL)]
    draw = partial(
        draw_answers, folder=out, size=table.size, report=drawn, sources=table.sources, targets=table.targets
    )
    undrawn = draw(drawers, table.records, table.pairs) | draw(ours, table.records, own)
    if table.aligned:
        moved = [row for row in rows if row in (DRESSED, *results)]
        draw_aligned(moved, table.records, (*table.pairs, *own), out, size=table.size)
        rows = tuple(name for row in rows for name in (row, *(aligned_rows([row]) if row in moved else ())))
    landing = {"none": (), "full": (*results, TRUTH), "all": (*rows, TRUTH)}[table.bodies]
    job = Job(
        data=table.records.path, folder=out, lpips=table.lpips, protocols=table.protocols, landing_rows=landing,
        size=table.size, undrawn=undrawn, faces=table.faces, face_model=table.face_model,
    )  # fmt: skip
    found = measure_answers(job, (*rows, TRUTH), table.pairs, workers=table.workers, report=measured)
    alone, last = replace(job, landing_rows=(), own_pose=True), [row for row in rows if row not in TRIVIAL]
    in_own = measure_answers(alone, last, own, workers=table.workers, report=measured) if own else []
    report = Report(
        measured=tuple(found), protocols=table.protocols, size=table.size, main=main or drawers[-1].rows[-1],
        facts=table.facts, own_pose=tuple(in_own),
    )  # fmt: skip
    write_report(report, out)
    write_page(report, table.records, out)
    return report
