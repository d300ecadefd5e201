"""Candidates + what a human decided -> the person's folder of the data set, and why the others are not in it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from layerpose.data.footage.candidates import RECORD, candidates_of, read_candidates
from layerpose.data.store import PEOPLE
from layerpose.runtime.arrays import read_arrays
from layerpose.runtime.cache import writing_folder

LEAST_FRAMES = 2
"""Pairs need two."""
STRUCK = "by hand: struck"
Decisions = dict[str, bool]
"""Candidate -> whether a human keeps it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one person."""

    person: str
    source: str
    kept: tuple[str, ...] = ()
    """Names of the candidates that are in the data set, in order."""
    aside: tuple[tuple[str, str], ...] = ()
    """Of every other candidate and picture its name and the reason."""
    reprojection: float = 0.0
    overlap: float = 0.0
    """Means over the kept frames."""
    problem: str = ""
    """Why there is no such person in the data set."""


def select(out: Path, person: str, decisions: Decisions) -> Outcome:
    """Put the good candidates into ``people``, unless just those are there; a human's word goes before the limits."""
    folder, target = candidates_of(out, person), out / PEOPLE / person
    record = read_candidates(folder)
    verdicts = {
        f"{row:03d}": _judge(one["problem"], decisions.get(f"{row:03d}"))
        for row, one in enumerate(record["candidates"])
    }
    kept = tuple(name for name, problem in verdicts.items() if not problem)
    aside = [(name, problem) for name, problem in verdicts.items() if problem]
    aside += [(one["picture"], one["problem"]) for one in record["aside"]]
    if len(kept) < LEAST_FRAMES:
        if target.exists():
            shutil.rmtree(target)
        problem = f"{record['source']} gives {len(kept)} good frames; pairs need {LEAST_FRAMES}{_first(aside)}"
        return Outcome(person=person, source=record["source"], aside=tuple(aside), problem=problem)
    chosen = [record["candidates"][int(name)] for name in kept]
    if not target.exists() or read_candidates(target)["kept"] != list(kept):
        _write(folder, target, record, kept, aside)
    return Outcome(
        person=person, source=record["source"], kept=kept, aside=tuple(aside),
        reprojection=float(np.mean([one["reprojection"] for one in chosen])),
        overlap=float(np.mean([one["overlap"] for one in chosen])),
    )  # fmt: skip


def _judge(problem: str, decision: bool | None) -> str:
    if decision is None:
        return problem
    return "" if decision else problem or STRUCK


def _first(aside: list[tuple[str, str]]) -> str:
    return f" (first put aside: {aside[0][1]})" if aside else ""


def _write(
    folder: Path, target: Path, record: dict[str, Any], kept: tuple[str, ...], aside: list[tuple[str, str]]
) -> None:
    """The person's folder; the pictures are hard links where the disk allows it."""
    rows = [int(name) for name in kept]
    target.parent.mkdir(exist_ok=True)
    with writing_folder(target) as part:
        for number, name in enumerate(kept):
            _link(folder / f"{name}.png", part / f"{number:03d}.png")
        shared, arrays = {"phenotype"}, read_arrays(folder / "poses.npz")
        chosen: dict[str, Any] = {name: one if name in shared else one[rows] for name, one in arrays.items()}
        np.savez(part / "poses.npz", **chosen)
        frames = [
            {**record["frames"][row], "name": f"{number:03d}", **record["candidates"][row]}
            for number, row in enumerate(rows)
        ]
        told = {name: record[name] for name in ("split", "source", "looked_at")}
        text = json.dumps({**told, "kept": kept, "aside": aside, "frames": frames}, indent=1)
        (part / RECORD).write_text(text + "\n", encoding="utf-8")


def _link(file: Path, name: Path) -> None:
    try:
        os.link(file, name)
    except OSError:
        shutil.copy2(file, name)
