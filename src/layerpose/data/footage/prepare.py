"""Videos and folders of photos -> a data set on disk, person by person; what is there already is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from layerpose import __version__
from layerpose.body.model import body_name
from layerpose.data.footage.candidates import FOLDER, Order, candidates_of, find_candidates, give_up
from layerpose.data.footage.people import SPLIT_RULE, check_sources, number_sources
from layerpose.data.footage.review import read_review
from layerpose.data.footage.select import Outcome, select
from layerpose.data.records import describe
from layerpose.data.store import PEOPLE
from layerpose.runtime.cluster import Cluster
from layerpose.runtime.locks import alone_in
from layerpose.runtime.workers import spread


def prepare(
    out: Path, paths: Sequence[Path], order: Order, *, workers: int | Cluster, report: Callable[[int, int], None]
) -> list[Outcome]:
    """Make the people that are missing and apply the verdicts of the review; `report` hears how many are done.

    Where nobody at all came out, a new folder is removed again.
    """
    _check(order)
    check_sources(paths)
    decisions, is_new = read_review(out), not out.exists()
    outcomes: list[Outcome] = []
    with alone_in(out):
        try:
            outcomes = _make(out, paths, order, decisions, workers, report)
        finally:
            if is_new and all(outcome.problem for outcome in outcomes) and not any(candidates_of(out, "").glob("*")):
                shutil.rmtree(out, ignore_errors=True)
    return outcomes


def _make(
    out: Path, paths: Sequence[Path], order: Order, decisions: dict[str, dict[str, bool]],
    workers: int | Cluster, report: Callable[[int, int], None],
) -> list[Outcome]:  # fmt: skip
    for data in (out, out / FOLDER):
        (data / PEOPLE).mkdir(parents=True, exist_ok=True)
        describe(data, _description(order))
    sources = number_sources(out, paths)
    missing = [source for source in sources if not candidates_of(out, source.person).is_dir()]
    report(len(sources) - len(missing), len(sources))
    problems: dict[str, str] = {}
    rows = [out.resolve()] * len(missing), missing, [order] * len(missing)
    found = spread(find_candidates, *rows, workers=workers, lost=give_up)
    for done, (source, problem) in enumerate(zip(missing, found, strict=True), start=1):
        problems[source.person] = problem
        report(len(sources) - len(missing) + done, len(sources))
    return [
        Outcome(person=source.person, source=str(source.path), problem=problem)
        if (problem := problems.get(source.person))
        else select(out, source.person, decisions.get(source.person, {}))
        for source in sources
    ]


def _check(order: Order) -> None:
    smallest = {"frames": 2, "size": 64}
    for name, low in smallest.items():
        if getattr(order, name) < low:
            raise ValueError(f"{name} is {getattr(order, name)}; expected {low} or more")


def _description(order: Order) -> dict[str, object]:
    return {
        "canvas": order.size, "frames": order.frames, "worst_reprojection": order.limits.reprojection,
        "least_overlap": order.limits.overlap, "layerpose": __version__, "body": body_name(), "splits": SPLIT_RULE,
    }  # fmt: skip
