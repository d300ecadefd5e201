"""How well real people are carried: ``python benchmarks/real_people.py DATA -o OUT [--each 5]``.

DATA is what ``layerpose prepare CLIPS -o DATA`` made. A fixed list of pairs, the same number for each person, is drawn
with a fixed seed and kept in ``DATA/pairs.csv``; every source is also drawn in its own pose. For each person: the
trivial baselines, the dressed warp and the result, plain, laid over the truth by optical flow, with slow colour
differences evened out, and in their own pose: LPIPS of the person, protocol `fg`. In their own pose also the mean
difference from the photo in levels, of the person and of the face; of the pairs also how alike the faces are.

``--read`` reads every picture anew with this layerpose, sources and targets, from before a painted background.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from layerpose.cli.evaluate import LPIPS_FILE
from layerpose.comparison.measuring import Table, measure_table
from layerpose.data.benchmark import COLUMNS, Pair, hash_pairs, read_pairs
from layerpose.data.pairs import view_difference
from layerpose.data.records import Records
from layerpose.evaluation.alignment import EVENED, LAID_OVER
from layerpose.evaluation.measure import FACE, PHOTO, Measured
from layerpose.evaluation.predictions import DRESSED, TRIVIAL, Drawer, copy_and_warp
from layerpose.evaluation.read_source import fitted_sources
from layerpose.evaluation.report import Report
from layerpose.runtime.cache import cache_dir, writing
from layerpose.stages.conditions import Conditions
from layerpose.transfer import PoseTransfer

FILE = "pairs.csv"
SEED = 23
SOURCES = 2
"""Pictures of each person that are carried, and drawn in their own pose."""
HEADS = {
    "copied": "source copied", "bare warp": "source warped and filled", "warp": DRESSED, "full": "full",
    "aligned": f"full{LAID_OVER}", "evened": f"full{EVENED}",
}  # fmt: skip
OWN_HEADS = {"own warp": DRESSED, "own full": "full", "own aligned": f"full{LAID_OVER}"}
LPIPS = ("fg", "lpips")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder of the report and its pictures")
    parser.add_argument("--model", type=Path, help="model folder; without it the bundled one")
    parser.add_argument("--lpips", type=Path, help="the weights of the metric")
    parser.add_argument("--each", type=int, default=5, help="pairs of each person, where no list is there yet")
    parser.add_argument("--size", type=int, help="side at which people are drawn; without it the data set's")
    parser.add_argument("--people", nargs="*", default=(), help="only these; what is measured is kept for later runs")
    parser.add_argument("--read", action="store_true", help="fit bodies and masks anew instead of the data set's")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    records = Records(given.data)
    pairs = fixed_pairs(records, given.each)
    pairs = tuple(pair for pair in pairs if not given.people or pair[0] in given.people)
    model = PoseTransfer.load(given.model, device="cpu")
    drawn = model.at_size(given.size or records.canvas)
    drawers = [copy_and_fill(records.canvas), warp_and_result(drawn)]
    given.out.mkdir(parents=True, exist_ok=True)
    read = fitted_sources(records, given.out) if given.read else None
    table = Table(
        records=records, pairs=pairs, lpips=given.lpips or cache_dir() / LPIPS_FILE, size=records.canvas,
        protocols=("fg",), bodies="none", workers=given.workers, own_pose=True, aligned=True, faces=True,
        facts={"data": given.data.name, "weights": model.fingerprint}, sources=read, targets=read,
    )  # fmt: skip
    report = measure_table(table, drawers, given.out, say("drawn"), say("measured"))
    sizes = f"drawn at {drawn.config.canvas} px, compared at {records.canvas}"
    print(f"{len(pairs)} pairs, hash {hash_pairs(pairs)}, {sizes}, weights {model.fingerprint}")
    print(by_person(records, report))


def copy_and_fill(size: int) -> Drawer:
    """Two of the trivial baselines."""
    every = copy_and_warp(size)
    return replace(
        every, rows=(TRIVIAL[0], TRIVIAL[-1]), open=lambda: lambda told: every.open()(told)[:: len(TRIVIAL) - 1]
    )


def warp_and_result(model: PoseTransfer) -> Drawer:
    """The dressed warp and the model's last word."""

    def draw(told: Conditions) -> list[Tensor]:
        made = model.draw(told)
        assert made.warp is not None
        return [made.warp.filled, made.image]

    return Drawer(rows=(DRESSED, "full"), config=model.config, open=lambda: draw)


def fixed_pairs(records: Records, each: int) -> tuple[Pair, ...]:
    """The data set's own list; it is drawn and written if there is none."""
    file = records.path / FILE
    if not file.is_file():
        pairs = [pair for person in records.people for pair in draw_pairs(records, person, each)]
        with writing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as opened:
            csv.writer(opened).writerows([COLUMNS, *pairs])
    return read_pairs(file).rows


def draw_pairs(records: Records, person: str, count: int) -> list[Pair]:
    """From two sources, seen from as different sides as there are, to targets spread over all turns of the body."""
    frames = records.frames(person)
    first = frames[np.random.default_rng([SEED, *person.encode()]).integers(len(frames))]
    second = max(frames, key=lambda frame: view_difference(records, person, first, frame))
    pairs = []
    for number, source in enumerate((first, second)[:SOURCES]):
        others = sorted((f for f in frames if f != source), key=lambda f: view_difference(records, person, source, f))
        wanted = (count + 1 - number) // SOURCES
        picked = np.linspace(0, len(others) - 1, min(wanted, len(others))).round().astype(int)
        pairs += [(person, source, others[place]) for place in picked]
    return pairs


def by_person(records: Records, report: Report) -> str:
    """A line for each person, and one for all."""
    people = list(dict.fromkeys(m.pair[0] for m in report.measured))
    heads = (*HEADS, "face", *OWN_HEADS, "own levels", "face levels")
    lines = [f"{'person':24s} {'pairs':>5s} " + " ".join(f"{head:>11s}" for head in heads)]
    for person in (*people, None):
        name = "all" if person is None else f"{person} {Path(records.person(person).get('source', '')).name}"
        count = len({m.pair for m in report.measured if person in (None, m.pair[0])})
        pairs, own = report.measured, report.own_pose
        cells = [mean(pairs, row, person, LPIPS) for row in HEADS.values()]
        cells += [mean(pairs, "full", person, (FACE, "likeness"))]
        cells += [mean(own, row, person, LPIPS) for row in OWN_HEADS.values()]
        cells += [mean(own, "full", person, (group, "levels")) for group in (PHOTO, FACE)]
        lines.append(f"{name:24s} {count:5d} " + " ".join(f"{cell:11.4f}" for cell in cells))
    return "\n".join(lines)


def mean(measured: tuple[Measured, ...], row: str, person: str | None, figure: tuple[str, str]) -> float:
    """A figure of a row, of one person or of all."""
    group, name = figure
    values = [
        m.figures[group][name]
        for m in measured
        if m.row == row and person in (None, m.pair[0]) and name in m.figures.get(group, {})
    ]
    return float(np.mean(values)) if values else float("nan")


def say(what: str):
    def report(done: int, total: int) -> None:
        if done in (total, total // 2):
            print(f"{what} {done} of {total}", flush=True)

    return report


if __name__ == "__main__":
    main()
