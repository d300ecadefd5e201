"""People whose pictures lie somewhere else -> a data set: person by person, resumable, what cannot be used is named.

``DATA/converted.jsonl`` has a line for each person that is done, ``DATA/refused.csv`` every picture that was refused.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from threadpoolctl import threadpool_limits

from layerpose.data.portrait import Portrait, Refusal
from layerpose.data.records import describe, write_person
from layerpose.data.store import PEOPLE
from layerpose.runtime.cache import writing
from layerpose.runtime.workers import spread, work_alone

JOURNAL, REFUSED = "converted.jsonl", "refused.csv"
FEWEST = 2
"""Pictures of a person; a pair needs two."""
ALONE = "no other picture of this person can be used"


@runtime_checkable
class Sitter(Protocol):
    """One person that is to be converted."""

    @property
    def name(self) -> str:
        """The person's folder."""
        ...

    @property
    def split(self) -> str:
        """``train``, ``val`` or ``test``."""
        ...

    @property
    def num_pictures(self) -> int:
        """How many pictures there are of them."""
        ...

    def portraits(self, size: int) -> Iterator[Portrait | Refusal]:
        """Every picture of the person on a canvas of `size` pixels, in order."""
        ...


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of a person's pictures."""

    person: str
    kept: tuple[str, ...]
    """In the order of the frames."""
    refused: tuple[Refusal, ...]


def convert(
    out: Path, sitters: Sequence[Sitter], info: dict[str, object], size: int, *, workers: int,
    report: Callable[[int, int], None],
) -> list[Done]:  # fmt: skip
    """Convert the people that are missing; `info` goes into the data set's description.

    `report` hears after each person how many of how many are done.
    """
    (out / PEOPLE).mkdir(parents=True, exist_ok=True)
    describe(out, {"canvas": size, **info})
    for leftover in (out / PEOPLE).glob(".*.part"):
        shutil.rmtree(leftover)
    done = _read(out / JOURNAL)
    with writing(out / JOURNAL) as temporary:
        temporary.write_text("".join(map(_line, done.values())), encoding="utf-8")
    missing = [sitter for sitter in sitters if sitter.name not in done]
    report(len(sitters) - len(missing), len(sitters))
    with (out / JOURNAL).open("a", encoding="utf-8") as journal:
        made = spread(convert_person, [out] * len(missing), missing, [size] * len(missing), workers=workers)
        for count, one in enumerate(made, start=len(sitters) - len(missing) + 1):
            done[one.person] = one
            journal.write(_line(one))
            journal.flush()
            report(count, len(sitters))
    found = [done[sitter.name] for sitter in sitters]
    _write_refused(out / REFUSED, found)
    return found


def convert_person(out: Path, sitter: Sitter, size: int) -> Done:
    """One person's folder, if two or more pictures can be used."""
    work_alone()
    folder = out / PEOPLE / sitter.name
    if folder.exists():  # written by a run that was killed before it noted so
        shutil.rmtree(folder)
    with threadpool_limits(1):
        found = list(sitter.portraits(size))
    portraits = [one for one in found if isinstance(one, Portrait)]
    refused = [one for one in found if isinstance(one, Refusal)]
    if len(portraits) < FEWEST:
        refused += [Refusal(picture=one.frame.source, reason=ALONE) for one in portraits]
        return Done(person=sitter.name, kept=(), refused=tuple(refused))
    shapes = np.stack([one.phenotype for one in portraits])
    write_person(folder, shapes, {"split": sitter.split}, [one.frame for one in portraits])
    return Done(person=sitter.name, kept=tuple(one.frame.source for one in portraits), refused=tuple(refused))


def _line(one: Done) -> str:
    return json.dumps(asdict(one)) + "\n"


def _read(journal: Path) -> dict[str, Done]:
    """The people of an earlier run; one whose line was cut short is converted again."""
    found: dict[str, Done] = {}
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.is_file() else ():
        try:
            values = json.loads(line)
        except ValueError:
            continue
        refused = tuple(Refusal(**refusal) for refusal in values["refused"])
        found[values["person"]] = Done(person=values["person"], kept=tuple(values["kept"]), refused=refused)
    return found


def _write_refused(file: Path, found: Sequence[Done]) -> None:
    rows = [(one.person, refusal.picture, refusal.reason) for one in found for refusal in one.refused]
    with writing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, lineterminator="\n").writerows([("person", "picture", "reason"), *rows])
