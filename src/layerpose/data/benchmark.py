"""The benchmarks that anyone can rebuild: which people they hold, and the fixed list of test pairs."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layerpose.data.records import Records
from layerpose.runtime.cache import writing

FILE = "test_pairs.csv"
COLUMNS = ["person", "source", "target"]
SEED = 2021
"""For pairs of data sets without a list."""
Pair = tuple[str, str, str]
"""Person, source frame, target frame."""


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A data set with a name."""

    name: str
    people: int
    frames: int
    size: int
    seed: int
    num_pairs: int


@dataclass(frozen=True, kw_only=True)
class PairList:
    """Test pairs on disk; results are compared only over lists with the same hash."""

    path: Path
    rows: tuple[Pair, ...]

    @property
    def hash(self) -> str:
        """Name of the list."""
        return hash_pairs(self.rows)


BENCHMARKS = {
    "synth-sport": Benchmark(name="synth-sport", people=800, frames=8, size=1024, seed=2021, num_pairs=400),
    "synth-mini": Benchmark(name="synth-mini", people=20, frames=6, size=256, seed=2021, num_pairs=40),
}


def draw_pairs(benchmark: Benchmark, frames: dict[str, list[str]]) -> tuple[Pair, ...]:
    """Test pairs, spread evenly over the people (name -> frames), no pair twice."""
    found = _draw(frames, benchmark.num_pairs, benchmark.seed)
    if len(found) < benchmark.num_pairs:
        raise ValueError(f"{benchmark.name} needs {benchmark.num_pairs} test pairs; the data set's people have fewer")
    return found


def _draw(frames: dict[str, list[str]], count: int, seed: int) -> tuple[Pair, ...]:
    """Pairs spread evenly over the people; fewer than `count` where there are no more."""
    rng, found = np.random.default_rng(seed), []
    orders = {}
    for person, names in frames.items():
        every = [(person, source, target) for source in names for target in names if source != target]
        orders[person] = [every[i] for i in rng.permutation(len(every))]
    while len(found) < count and any(orders.values()):
        found += [order.pop() for order in orders.values() if order]
    return tuple(found[:count])


def write_pairs(records: Records, benchmark: Benchmark) -> PairList:
    """Write a benchmark's list of test pairs beside its pictures."""
    rows = draw_pairs(benchmark, {person: records.frames(person) for person in records.split("test")})
    with writing(records.path / FILE) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return PairList(path=records.path / FILE, rows=rows)


def choose_pairs(records: Records, split: str, count: int) -> list[Pair]:
    """The first pairs of a data set's own list, or pairs drawn evenly over the split's people with a fixed seed."""
    if split == "test" and (records.path / FILE).is_file():
        rows = read_pairs(records.path / FILE).rows
        missing = sorted({pair[0] for pair in rows[:count]} - set(records.people))
        if missing:
            raise ValueError(
                f"{records.path} lacks {len(missing)} people of its list, {missing[0]} first; make them again"
            )
        return list(rows[:count])
    people = {person: records.frames(person) for person in records.split(split)}
    if not people:
        raise ValueError(f"{records.path} has no people of the split {split}; make some with `layerpose synth`")
    return list(_draw(people, count, SEED))


def read_pairs(path: Path) -> PairList:
    """Read a list of test pairs. ValueError if it is none."""
    if not path.is_file():
        raise ValueError(f"found no list of test pairs {path}; make the data set with --benchmark")
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    if head != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise ValueError(f"{path} is no list of test pairs; expected the columns {', '.join(COLUMNS)}")
    return PairList(path=path, rows=tuple((person, source, target) for person, source, target in rows))


def hash_pairs(pairs: Sequence[Pair]) -> str:
    """Name of a list of pairs."""
    return hashlib.sha256("\n".join("/".join(pair) for pair in pairs).encode()).hexdigest()[:12]
