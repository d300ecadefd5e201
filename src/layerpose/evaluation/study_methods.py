"""Reports -> the methods that people choose among: every result in them, under the name by which it is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerpose.data.benchmark import Pair
from layerpose.evaluation.measure import TRUTH
from layerpose.evaluation.predictions import DRESSED, STAGES, TRIVIAL, prediction_path

FILE = "report.json"
*STEPS, FULL = STAGES
"""What leads to the result of one model of ours; and its result, known by the report's name."""
NO_RESULTS = (*TRIVIAL, DRESSED, *STEPS, TRUTH)
"""Rows of a report that are no method: trivial answers, what leads to a result, and the truth."""
SAME = ("data", "split")
"""What the reports of one study must have in common."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A row of a report."""

    name: str
    report: Path
    row: str
    facts: dict[str, str]
    """What the report says it was made with."""

    @property
    def folder(self) -> Path:
        """Where its results lie."""
        return self.picture(("", "", "")).parent

    def picture(self, pair: Pair) -> Path:
        """Its result."""
        return prediction_path(self.report, self.row, pair)


def read_methods(reports: Sequence[Path], wanted: Sequence[str] = ()) -> list[Method]:
    """The methods of the reports, all or the wanted ones in their order. ValueError unless they can be compared."""
    found: dict[str, Method] = {}
    for report in reports:
        facts, rows = _read(report)
        for row in rows:
            name = report.resolve().name if row == FULL else row
            if name in found:
                raise ValueError(f"two results are called {name!r}; rename a report's folder, or leave one out")
            found[name] = Method(name=name, report=report, row=row, facts=facts)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise ValueError(f"the reports have no result called {unknown[0]!r}; they have {', '.join(found)}")
    methods = [found[name] for name in wanted or found]
    if len(methods) < 2:
        raise ValueError(f"found {len(methods)} result; expected two or more, so that there is something to choose")
    for key in SAME:
        values = {one.report: one.facts.get(key) for one in methods}
        if len(set(values.values())) > 1:
            said = ", ".join(f"{report}: {value}" for report, value in values.items())
            raise ValueError(f"the reports are not of the same {key} ({said}); make one study for each data set")
    return methods


def _read(report: Path) -> tuple[dict[str, str], list[str]]:
    file = report / FILE
    if not file.is_file():
        raise ValueError(f"{report} is no finished report: it has no {FILE}; make one with `layerpose evaluate`")
    try:
        record: Any = json.loads(file.read_text(encoding="utf-8"))
        facts = {str(key): str(value) for key, value in record["facts"].items()}
        return {"data": facts["data"], **facts}, [row for row in record["rows"] if row not in NO_RESULTS]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} cannot be read ({error!r}); evaluate again into another folder") from error
