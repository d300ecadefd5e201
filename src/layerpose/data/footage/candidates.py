"""Source -> candidates on disk: every keyframe that has a body, and the list of those that have none.

Candidates are a data set of their own, below the one that they are chosen for: ``DATA/candidates``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from layerpose.data.footage.choose import choose_keyframes
from layerpose.data.footage.measure import Candidate, Limits, find_shape, measure
from layerpose.data.footage.people import Source
from layerpose.data.footage.watch import Sight, longest_shot, note_jumps, watch
from layerpose.data.records import write_person
from layerpose.data.store import PEOPLE
from layerpose.runtime.workers import work_alone

FOLDER = "candidates"
RECORD = "person.json"


def candidates_of(out: Path, person: str) -> Path:
    """Where a person's candidates lie."""
    return out / FOLDER / PEOPLE / person


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be made of each person."""

    size: int = 1024
    """Side of the pictures in pixels."""
    frames: int = 60
    """At most so many keyframes of each person."""
    limits: Limits = field(default_factory=Limits)


def find_candidates(out: Path, source: Source, order: Order) -> str:
    """Watch, choose, fit and cut; writes them whole or not at all. Returns what went wrong, if it did.

    What is there already stays: a worker of a cluster may die between the last byte and its answer.
    """
    if candidates_of(out, source.person).is_dir():
        return ""
    work_alone()
    try:
        with threadpool_limits(1):
            sights = _set_others_aside(note_jumps(watch(source)) if source.is_video else watch(source))
            keyframes = choose_keyframes(sights, order.frames)
            if not keyframes:
                return f"{source.path} shows no whole person that could be followed{_most_frequent(sights)}"
            phenotype = find_shape(source, keyframes)
            found = list(measure(source, keyframes, phenotype, order.size, order.limits))
    except ValueError as error:
        return str(error)
    candidates = [one for one in found if isinstance(one, Candidate)]
    aside = [one for one in (*sights, *found) if isinstance(one, Sight) and one.problem]
    recipe = {
        "split": source.split, "source": str(source.path), "looked_at": len(sights),
        "candidates": [_to_record(one) for one in candidates],
        "aside": [{"picture": source.name(one.time), "problem": one.problem} for one in aside],
    }  # fmt: skip
    write_person(candidates_of(out, source.person), phenotype.tolist(), recipe, [one.frame for one in candidates])
    return ""


def give_up(_out: Path, source: Source, _order: Order) -> str:
    """What went wrong where no worker of a cluster survives a source."""
    return f"{source.path} ends every worker that takes it (memory, or a damaged video); leave it out or shorten it"


def read_candidates(folder: Path) -> dict[str, Any]:
    """What is known about the candidates. ValueError if the folder was damaged."""
    try:
        return json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder} is damaged ({error}); delete it, it will be made again") from error


def _set_others_aside(sights: Sequence[Sight]) -> list[Sight]:
    """Only the longest stretch between two cuts counts: after a cut it may be somebody else."""
    kept = longest_shot(sights)
    return [
        sight if sight.shot == kept or sight.problem
        else Sight(index=sight.index, time=sight.time, shot=sight.shot, problem="cut: this may be another person")
        for sight in sights
    ]  # fmt: skip


def _most_frequent(sights: Sequence[Sight]) -> str:
    problems = [sight.problem for sight in sights]
    return f" (in most of {len(sights)} frames: {max(problems, key=problems.count)})" if problems else ""


def _to_record(one: Candidate) -> dict[str, Any]:
    return {
        "index": one.index, "reprojection": round(one.reprojection, 5), "overlap": round(one.overlap, 4),
        "problem": one.problem,
    }  # fmt: skip
