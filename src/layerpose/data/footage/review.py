"""Verdicts over candidates <-> a list that a human edits: ``review.csv``, one line for each candidate."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from layerpose.data.footage.candidates import candidates_of, read_candidates
from layerpose.data.footage.select import Decisions, Outcome
from layerpose.runtime.cache import writing

FILE = "review.csv"
COLUMNS = ["person", "frame", "verdict", "reprojection", "overlap", "reason", "picture"]
KEEP, ASIDE = "keep", "aside"


def write_review(out: Path, outcomes: Sequence[Outcome]) -> Path:
    """Write the list as the data set is now; a human then changes the verdicts."""
    rows = []
    for outcome in outcomes:
        if not candidates_of(out, outcome.person).is_dir():
            continue
        record, reasons = read_candidates(candidates_of(out, outcome.person)), dict(outcome.aside)
        for row, one in enumerate(record["candidates"]):
            name = f"{row:03d}"
            figures = [f"{one['reprojection']:.4f}", f"{one['overlap']:.3f}"]
            reason, picture = reasons.get(name, ""), record["frames"][row]["pose"]
            rows.append([outcome.person, name, ASIDE if reason else KEEP, *figures, reason, picture])
    with writing(out / FILE) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return out / FILE


def read_review(out: Path) -> dict[str, Decisions]:
    """What was decided, by person and candidate; empty without a list. ValueError over an unclear line."""
    file = out / FILE
    if not file.is_file():
        return {}
    decisions: dict[str, Decisions] = {}
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    if not rows or rows[0] != COLUMNS:
        raise ValueError(f"{file} is no list of verdicts; expected the columns {', '.join(COLUMNS)}; delete it")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS) or row[2].strip().lower() not in (KEEP, ASIDE):
            found = row[2] if len(row) > 2 else ",".join(row)
            raise ValueError(f"{file}, line {number}: found {found!r:.40}; expected the verdict {KEEP} or {ASIDE}")
        decisions.setdefault(row[0], {})[row[1]] = row[2].strip().lower() == KEEP
    return decisions
