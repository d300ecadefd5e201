"""Measured pictures -> a report: Markdown, CSV and JSON tables, each with protocol, size, pairs, hash and intervals."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from layerpose.data.benchmark import hash_pairs
from layerpose.evaluation.interval import Mean, mean_of
from layerpose.evaluation.landing import NEAR
from layerpose.evaluation.measure import FACE, PHOTO, Measured
from layerpose.evaluation.predictions import DRESSED
from layerpose.evaluation.protocols import PROTOCOLS
from layerpose.runtime.cache import writing

VIEWS = {"< 60": (0.0, 60.0), "60-120": (60.0, 120.0), "> 120": (120.0, 180.1)}
"""Angles in degrees by which the body has turned between source and target."""
INVENTED = {"< 15 %": (0.0, 0.15), "15-40 %": (0.15, 0.4), "> 40 %": (0.4, 1.01)}
"""How much of the target's body the source does not show."""
BODY = {"osa": "OSA", "pck": "PCK", "part_iou": "part IoU"}
PICTURE = {"lpips": "LPIPS", "ssim": "SSIM", "psnr": "PSNR"}
PHOTO_FIGURES = {"levels": "levels off", "contrast": "contrast", "detail": "detail", "saturation": "saturation"}
FACES = {"found": "found", "likeness": "likeness", "cosine": "cosine", "levels": "levels off"}
NAMED = {"body": BODY, PHOTO: PHOTO_FIGURES, FACE: FACES}
"""The figures of every group that is no protocol."""
Ranges = dict[str, tuple[float, float]]
Of = Callable[[Measured], float]
OWN_POSE = "own pose, "
"""What a row is called where source and target are the same picture."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a table needs."""

    measured: tuple[Measured, ...]
    protocols: tuple[str, ...]
    size: int
    main: str
    """The row whose figures order the pictures of the page."""
    facts: dict[str, str]
    """What was measured: model, data, commit ..., printed under the tables."""
    own_pose: tuple[Measured, ...] = ()
    """The sources in their own pose."""

    @property
    def rows(self) -> list[str]:
        """Names of the rows, in order."""
        return list(dict.fromkeys(m.row for m in self.measured))

    @property
    def hash(self) -> str:
        """Name of the list of pairs."""
        return hash_pairs(list(dict.fromkeys(m.pair for m in self.measured)))

    @property
    def problems(self) -> list[str]:
        """Pictures that could not be measured."""
        return [m.problem for m in (*self.measured, *self.own_pose) if m.problem]

    @property
    def alone(self) -> Report | None:
        """A report of the sources in their own pose, if they were drawn in it."""
        if not self.own_pose:
            return None
        renamed = tuple(replace(m, row=own_pose_row(m.row)) for m in self.own_pose)
        return replace(self, measured=renamed, main=own_pose_row(self.main), own_pose=())

    def of(self, row: str) -> list[Measured]:
        """The pictures of a row that could be measured."""
        return [m for m in self.measured if m.row == row and not m.problem]

    def ranked(self) -> list[Measured]:
        """The main row's pictures, the best first by LPIPS of the first protocol."""
        return sorted(self.of(self.main), key=lambda m: m.figures[self.protocols[0]]["lpips"])


def write_report(report: Report, folder: Path) -> None:
    """Write ``report.md``, ``figures.csv`` and ``report.json``."""
    _write(folder / "report.md", to_markdown(report))
    _write(folder / "figures.csv", to_csv(report))
    _write(folder / "report.json", json.dumps(to_json(report), indent=1) + "\n")


def to_markdown(report: Report) -> str:
    """One table per protocol, one by difference of view, one of the bodies."""
    pairs = len({m.pair for m in report.measured})
    parts = [
        f"{pairs} pairs, hash `{report.hash}`, compared at {report.size} x {report.size} px; mean [95 % interval]."
    ]
    for name in report.protocols:
        parts += [f"Protocol `{name}`: {PROTOCOLS[name].says}.", _table(report, name, PICTURE)]
        parts += [f"LPIPS (protocol `{name}`) by difference of view in degrees:", _by_view(report, name)]
        parts += ["The same by the share of the target's body that the source does not show:", _by_share(report, name)]
    if any("body" in m.figures for m in report.measured):
        parts += [
            f"Bodies estimated anew from the pictures (landmarks and fit); PCK: joints off by less than {NEAR:.0%} of "
            "the stature; the row `target` is the true picture, the ceiling.",
            _table(report, "body", BODY), *_nobody(report),
        ]  # fmt: skip
    parts += _faces(report)
    if report.alone:
        parts += [*_own_pose(report.alone), *_faces(report.alone)]
    if report.problems:
        parts += [f"{len(report.problems)} pictures could not be measured and are in no mean:"]
        parts += ["\n".join(f"- {problem}" for problem in report.problems)]
    parts += ["\n".join(f"- {name}: {value}" for name, value in report.facts.items())]
    return "\n\n".join(parts) + "\n"


def to_csv(report: Report) -> str:
    """One line for each picture."""
    every = (*report.measured, *(report.alone.measured if report.alone else ()))
    names = [(group, name) for name, group in _columns(every)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    told = ("view_degrees", "invented")
    table.writerow(["row", "person", "source", "target", *told, *(f"{g}_{n}" for g, n in names), "problem"])
    for m in every:
        values = [m.figures.get(group, {}).get(name, "") for group, name in names]
        table.writerow([m.row, *m.pair, round(m.view_degrees, 1), round(m.invented, 3), *values, m.problem])
    return text.getvalue()


def to_json(report: Report) -> dict[str, Any]:
    """Means and intervals of every row, with what they were measured on."""
    told: dict[str, Any] = {
        "pairs": len({m.pair for m in report.measured}), "hash": report.hash, "size": report.size,
        "protocols": {name: PROTOCOLS[name].says for name in report.protocols}, "facts": report.facts,
        "rows": _rows_to_json(report), "problems": report.problems,
        "views": {
            group: {row: {v: asdict(mean) for v, mean in _views(report, group, row).items()} for row in report.rows}
            for group in report.protocols
        },
        "invented": {
            group: {row: {s: asdict(mean) for s, mean in _shares(report, group, row).items()} for row in report.rows}
            for group in report.protocols
        },
    }  # fmt: skip
    if own := report.alone:
        told["own_pose"] = {
            "pictures": len({m.pair for m in own.measured}), "hash": own.hash, "rows": _rows_to_json(own),
        }  # fmt: skip
    return told


def own_pose_row(row: str) -> str:
    """The name of a row where source and target are the same picture."""
    return OWN_POSE + row.replace(DRESSED, "warp")


def _rows_to_json(report: Report) -> dict[str, Any]:
    return {
        row: {
            f"{group}_{name}": asdict(mean_of(values))
            for name, group in _columns(report.measured)
            if (values := _values(report, row, group, name))
        }
        for row in report.rows
    }


def _columns(measured: Sequence[Measured]) -> Iterable[tuple[str, str]]:
    groups = dict.fromkeys(group for m in measured for group in m.figures)
    return [(name, group) for group in groups for name in NAMED.get(group, PICTURE)]


def _values(report: Report, row: str, group: str, name: str) -> list[float]:
    """A figure of all pictures of a row that have it."""
    return [m.figures[group][name] for m in report.of(row) if name in m.figures.get(group, {})]


def _own_pose(report: Report) -> list[str]:
    """The sources in their own pose, where nothing has to be invented."""
    pictures, name = len({m.pair for m in report.measured}), report.protocols[0]
    return [
        f"{pictures} sources in their own pose, hash `{report.hash}`; protocol `{name}`:",
        _table(report, name, PICTURE),
        "The same where the photo shows the person: mean absolute difference of 256 levels; standard deviation of the "
        "luminance, the same of its fine detail, and saturation, each over the photo's:",
        _table(report, PHOTO, PHOTO_FIGURES),
    ]  # fmt: skip


def _faces(report: Report) -> list[str]:
    """How alike the faces are."""
    pairs = {m.pair for m in report.measured if m.figures.get(FACE)}
    if not pairs:
        return []
    shown = {
        name: head for name, head in FACES.items() if any(name in m.figures.get(FACE, {}) for m in report.measured)
    }
    return [
        f"Faces, on the {len(pairs)} pictures whose truth shows one: share in which one is found, and how alike it is "
        "(correlation of the gradients of aligned faces; cosine by the recogniser; 0 where none is found):",
        _table(report, FACE, shown),
    ]  # fmt: skip


def _table(report: Report, group: str, names: dict[str, str]) -> str:
    def cell(row: str, name: str) -> str:
        values = _values(report, row, group, name)
        return _show(mean_of(values), name) if values else "-"

    rows = [row for row in report.rows if any(group in m.figures for m in report.of(row))]
    return _markdown(["", *names.values()], rows, [lambda row, name=name: cell(row, name) for name in names])


def _by_view(report: Report, group: str) -> str:
    return _in_ranges(report, VIEWS, lambda m: m.view_degrees, partial(_views, report, group))


def _by_share(report: Report, group: str) -> str:
    return _in_ranges(report, INVENTED, lambda m: m.invented, partial(_shares, report, group))


def _in_ranges(report: Report, ranges: Ranges, of: Of, means: Callable[[str], dict[str, Mean]]) -> str:
    """A column for each range, a line for each row."""
    first = report.of(report.rows[0])
    heads = [f"{name} (n = {sum(lo <= of(m) < hi for m in first)})" for name, (lo, hi) in ranges.items()]
    rows = {row: found for row in report.rows if (found := means(row))}
    return _markdown(
        ["", *heads], list(rows),
        [lambda row, name=name: _show(rows[row][name], "lpips") if name in rows[row] else "-" for name in ranges],
    )  # fmt: skip


def _views(report: Report, group: str, row: str) -> dict[str, Mean]:
    """LPIPS of a row for each difference of view that has pictures."""
    return _means(report.of(row), group, VIEWS, lambda m: m.view_degrees)


def _shares(report: Report, group: str, row: str) -> dict[str, Mean]:
    """LPIPS of a row for each share of the target that the source does not show."""
    return _means(report.of(row), group, INVENTED, lambda m: m.invented)


def _means(measured: Sequence[Measured], group: str, ranges: Ranges, of: Of) -> dict[str, Mean]:
    found = {}
    for name, (low, high) in ranges.items():
        if values := [m.figures[group]["lpips"] for m in measured if low <= of(m) < high]:
            found[name] = mean_of(values)
    return found


def _markdown(heads: list[str], rows: list[str], cells: Sequence[Callable[[str], str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(f"| {row} | {' | '.join(cell(row) for cell in cells)} |" for row in rows)])


def _show(mean: Mean, name: str) -> str:
    digits = 2 if name in ("psnr", "levels") else 4
    return f"{mean.value:.{digits}f} [{mean.low:.{digits}f}, {mean.high:.{digits}f}]"


def _nobody(report: Report) -> list[str]:
    counts = {row: sum(m.nobody for m in report.of(row)) for row in report.rows}
    found = ", ".join(f"{row} {count}" for row, count in counts.items() if count)
    return [f"No person was found (counted as 0) in: {found}."] if found else []


def _write(path: Path, text: str) -> None:
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
