"""Pictures on disk + the true ones -> figures for every row and pair; what is measured already is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from layerpose.data.benchmark import Pair
from layerpose.data.pairs import view_difference
from layerpose.data.records import Records
from layerpose.evaluation.answers import answer_path, read_answer
from layerpose.evaluation.landing import NOWHERE, find_landing
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.protocols import PROTOCOLS
from layerpose.memory import keep_freed_memory

TRUTH = "target"
"""The row of the true pictures themselves: the ceiling of whatever is estimated from a picture."""
FILE = "figures.jsonl"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every process has to know."""

    data: Path
    folder: Path
    lpips: Path
    protocols: tuple[str, ...]
    landing_rows: tuple[str, ...]
    """Rows whose bodies are estimated; it takes a second a picture."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The figures of one picture. `problem` says why there are none."""

    row: str
    pair: Pair
    view_degrees: float
    figures: dict[str, dict[str, float]]
    """Protocol -> name -> figure; under `body`: osa, pck, part_iou."""
    nobody: bool = False
    """No person was found in the picture; its body figures are 0."""
    problem: str = ""


def measure_answers(
    job: Job, rows: Sequence[str], chosen: Sequence[Pair], *, workers: int, report: Callable[[int, int], None]
) -> list[Measured]:
    """Measure every row of every pair. A picture that cannot be read is named in its line, never left out."""
    file = job.folder / FILE
    there = {(m.row, m.pair): m for m in _read(file)} if file.is_file() else {}
    missing = [pair for pair in chosen if any((row, pair) not in there for row in rows)]
    with file.open("a", encoding="utf-8") as lines:
        for done, found in enumerate(_run(job, tuple(rows), missing, workers), start=len(chosen) - len(missing) + 1):
            for one in found:
                there[one.row, one.pair] = one
                if not one.problem:
                    lines.write(json.dumps(asdict(one)) + "\n")
            lines.flush()
            report(done, len(chosen))
    return [there[row, pair] for row in rows for pair in chosen]


def measure_pair(job: Job, rows: tuple[str, ...], pair: Pair) -> list[Measured]:
    """All rows of one pair."""
    torch.set_num_threads(1)
    with threadpool_limits(1), torch.inference_mode():
        records, metric = _open(job.data, job.lpips)
        target, mask, body = records.load(pair[0], pair[2])
        degrees = view_difference(records, *pair)
        found = []
        for row in rows:
            try:
                image = target if row == TRUTH else read_answer(job.folder, row, pair, records.canvas)
            except (ValueError, OSError) as error:
                problem = f"{answer_path(job.folder, row, pair)}: {error}"
                found.append(Measured(row=row, pair=pair, view_degrees=degrees, figures={}, problem=problem))
                continue
            figures = {name: asdict(PROTOCOLS[name].measure(image, target, mask, metric)) for name in job.protocols}
            landing = find_landing(image, body) if row in job.landing_rows else None
            if row in job.landing_rows:
                figures["body"] = asdict(landing or NOWHERE)
            nobody = row in job.landing_rows and landing is None
            found.append(Measured(row=row, pair=pair, view_degrees=degrees, figures=figures, nobody=nobody))
    return found


def _run(job: Job, rows: tuple[str, ...], pairs: list[Pair], workers: int) -> Iterator[list[Measured]]:
    if min(workers, len(pairs)) <= 1:
        yield from (measure_pair(job, rows, pair) for pair in pairs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=keep_freed_memory) as pool:
        try:
            yield from pool.map(measure_pair, [job] * len(pairs), [rows] * len(pairs), pairs)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _read(file: Path) -> Iterator[Measured]:
    """The lines of an earlier run; a line that was cut short is measured again."""
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            values = json.loads(line)
        except ValueError:
            continue
        yield Measured(**{**values, "pair": tuple(values["pair"])})


@lru_cache(maxsize=1)
def _open(data: Path, lpips: Path) -> tuple[Records, Lpips]:
    return Records(data), Lpips(lpips)
