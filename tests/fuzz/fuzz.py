"""``python tests/fuzz/fuzz.py [--seconds 1800]``: damaged files of every format, read until the time is over; a table.

A file is told by format, seed and number. What breaks a promise is made smaller and kept in ``found``, where the tests
read it from then on; the exit code is 1. Each run begins with the seed after the last one's.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import multiprocessing
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from harness import WRONG, Outcome, try_file
from mutate import damage
from valid import FORMATS, NAMES, Format, write_all

from layerpose.cli import main as layerpose

FOUND = Path(__file__).parent / "found"
SEED = Path(__file__).parents[2] / "build" / "fuzz.seed"
BATCH = 20
BY_COMMAND = 10
"""One file of a motion in so many goes through the command line."""
SHRINKING_S, SHRINKING_TRIES = 60, 80


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A damaged file and what came of it."""

    format: str
    number: int
    how: str
    outcome: Outcome


def try_one(format: Format, written: Path, seed: int, number: int, *, keep: bool = False) -> Tried:
    """Damage a copy of the written file by the seed and the number, and read it."""
    with tempfile.TemporaryDirectory() as folder:
        room, marker, out = (Path(folder) / name for name in ("room", "marker", "out"))
        shutil.copytree(written.parent, room)
        out.mkdir()
        path = room / written.name
        before = {file: file.read_bytes() for file in room.rglob("*") if file.is_file()}
        rng = np.random.default_rng([seed, NAMES.index(format.name), number])
        how = damage(path, rng, marker)
        by_command = format.motion and number % BY_COMMAND == 0
        read = convert_into(out) if by_command else format.read
        damaged = next((file for file, data in before.items() if file.read_bytes() != data), None)

        def outcome() -> Outcome:
            found = try_file(read, path, room=room, writes=by_command)
            return Outcome(kind="call", said="code of the file ran") if marker.exists() else found

        found = outcome()
        if keep and found.is_wrong and damaged is not None:
            shrink(damaged, lambda: outcome().kind == found.kind)
            keep_found(format, damaged)
        return Tried(format=format.name, number=number, how=how + " (command)" * by_command, outcome=found)


def convert_into(out: Path) -> Callable[[Path], None]:
    """What the command line makes of a motion: exit 0, or 2 and one line."""

    def read(path: Path) -> None:
        said = io.StringIO()
        with redirect_stderr(said), redirect_stdout(io.StringIO()):
            code = layerpose(["convert", str(path), "-o", str(out / "a.bvh"), "--range", "0:2", "--fps", "30"])
        lines = said.getvalue().splitlines()
        assert code in (0, 2), f"exit code {code}"
        assert all(line.startswith("layerpose: ") for line in lines), lines
        assert code == 0 or (lines and "warning" not in lines[-1]), lines
        assert code == 0 or not any(out.iterdir()), "a refused file has left something"
        if code:
            raise ValueError(lines[-1])

    return read


def shrink(file: Path, still: Callable[[], bool]) -> None:
    """Leave out of the file whatever it does not need to go on being wrong."""
    end, data, size, tries = time.monotonic() + SHRINKING_S, file.read_bytes(), len(file.read_bytes()) // 2, 0
    while size and time.monotonic() < end and tries < SHRINKING_TRIES:
        for at in range(0, len(data), size):
            file.write_bytes(data[:at] + data[at + size :])
            tries += 1
            if tries >= SHRINKING_TRIES or time.monotonic() > end:
                break
            if still():
                data = file.read_bytes()
                break
        else:
            size //= 2
    file.write_bytes(data)


def keep_found(format: Format, file: Path) -> Path:
    """``found/bvh/1a2b3c4d-a.bvh``."""
    data = file.read_bytes()
    path = FOUND / slug(format.name) / f"{hashlib.sha256(data).hexdigest()[:8]}-{file.name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def slug(name: str) -> str:
    """The name of a format as that of a folder."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def try_some(name: str, written: Path, seed: int, numbers: range) -> list[Tried]:
    """A batch of one format."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    format = FORMATS[NAMES.index(name)]
    return [try_one(format, written, seed, number, keep=True) for number in numbers]


class Tally:
    """How many files of each format ended how, and the most that one of them took."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.most: dict[str, tuple[float, float]] = {}

    def add(self, name: str, outcome: Outcome) -> None:
        """One file more."""
        self.counts[name, outcome.kind] += 1
        seconds, memory = self.most.get(name, (0.0, 0.0))
        self.most[name] = max(seconds, outcome.seconds), max(memory, outcome.memory_mb)

    @property
    def num_wrong(self) -> int:
        """That broke a promise."""
        return sum(count for (_, kind), count in self.counts.items() if kind in WRONG)

    def to_table(self) -> str:
        """Format by outcome."""
        kinds = ["read", "refused", *(kind for kind in WRONG if any(self.counts[name, kind] for name in NAMES))]
        lines = [f"| format | files | {' | '.join(kinds)} | processor | memory |", "|---|" + "---|" * (len(kinds) + 3)]
        lines += [self._to_row(name, [name], kinds) for name in NAMES if name in self.most]
        return "\n".join([*lines, self._to_row("all", list(self.most), kinds)])

    def _to_row(self, title: str, names: list[str], kinds: list[str]) -> str:
        row = [sum(self.counts[name, kind] for name in names) for kind in kinds]
        seconds, memory = (max((self.most[name][which] for name in names), default=0.0) for which in (0, 1))
        return f"| {title} | {sum(row)} | {' | '.join(map(str, row))} | {seconds:.1f} s | {memory:.0f} MB |"


def next_seed() -> int:
    """Counts the runs of this checkout."""
    seed = int(SEED.read_text()) + 1 if SEED.is_file() else 0
    SEED.parent.mkdir(exist_ok=True)
    SEED.write_text(str(seed))
    return seed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", choices=NAMES, nargs="+", default=NAMES)
    given = parser.parse_args()
    seed = next_seed() if given.seed is None else given.seed
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        written = write_all(Path(folder), tuple(given.only))
        print(f"seed {seed}, {len(written)} formats, {given.seconds:g} s", flush=True)
        began, batch, running = time.monotonic(), 0, set[Future[list[Tried]]]()
        with ProcessPoolExecutor(given.jobs, mp_context=multiprocessing.get_context("fork")) as pool:
            while running or batch == 0 or time.monotonic() - began < given.seconds:
                while len(running) < 2 * given.jobs and time.monotonic() - began < given.seconds:
                    name = given.only[batch % len(given.only)]
                    first = batch // len(given.only) * BATCH
                    running.add(pool.submit(try_some, name, written[name], seed, range(first, first + BATCH)))
                    batch += 1
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for tried in (one for future in done for one in future.result()):
                    tally.add(tried.format, tried.outcome)
                    if tried.outcome.is_wrong:
                        print(f"{tried.format} {tried.number}: {tried.how}: {tried.outcome}", flush=True)
    print(tally.to_table())
    print(f"{tally.counts.total()} files in {time.monotonic() - began:.0f} s, {tally.num_wrong} broke a promise")
    return 1 if tally.num_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
