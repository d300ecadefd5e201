"""The report of every row -> the paper's Table II and Table IV, each as Markdown, CSV and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from layerpose.comparison.rows import FUSED, NAMES, TABLE_2, TABLE_4, row_name
from layerpose.evaluation.interval import Mean, change_of
from layerpose.evaluation.measure import TRUTH, Measured
from layerpose.evaluation.predictions import TRIVIAL
from layerpose.evaluation.report import Report, to_markdown, write_report
from layerpose.runtime.cache import write_json, writing

TITLES = {"table-2": "Table II: against other systems", "table-4": "Table IV: what each part adds"}


def make_tables(report: Report, keys: Sequence[str], seeds: Sequence[int]) -> dict[str, Report]:
    """Both tables by the names of their folders; a table is left out where none of its rows took part.

    With several seeds, a figure of a pair is its mean over the seeds.
    """
    tables = {}
    for name, members in {"table-2": TABLE_2, "table-4": TABLE_4}.items():
        present = [key for key in members if key in keys]
        found = {(FUSED if (name, key) == ("table-4", "paper") else NAMES[key]): key for key in present}
        if not found:
            continue
        first = TRIVIAL if name == "table-2" else ()
        rows = [m for m in report.measured if m.row in first]
        for row, key in found.items():
            rows += merge_seeds(report, row, [row_name(key, seed, seeds) for seed in seeds])
        rows += [m for m in report.measured if m.row == TRUTH]
        facts = report.facts | (_spread(report, found, seeds) if len(seeds) > 1 else {})
        tables[name] = replace(report, measured=tuple(rows), main=list(found)[-1], facts=facts)
    return tables


def merge_seeds(report: Report, row: str, names: Sequence[str]) -> list[Measured]:
    """One row of several: the mean of every figure of a pair. A pair that one of them lacks is named and left out."""
    merged = []
    for same in zip(*([m for m in report.measured if m.row == name] for name in names), strict=True):
        problem = "; ".join(m.problem for m in same if m.problem)
        figures = {} if problem else same[0].figures
        means = {
            group: {name: sum(m.figures[group][name] for m in same) / len(same) for name in values}
            for group, values in figures.items()
        }
        nobody = any(m.nobody for m in same)
        merged.append(replace(same[0], row=row, figures=means, nobody=nobody, problem=problem))
    return merged


def tables_to_markdown(tables: dict[str, Report]) -> str:
    """Both tables in one text, each with the margins over its first row that was trained."""
    parts = []
    for name, table in tables.items():
        parts += [f"## {TITLES[name]}\n\n{to_markdown(table)}", *_margins_to_markdown(table)]
    return "\n".join(parts)


def find_margins(report: Report) -> dict[str, dict[str, Mean]]:
    """By what share LPIPS and the error of OSA (1 less OSA) differ from the first trained row's, pair by pair."""
    rows = [row for row in report.rows if row not in (*TRIVIAL, TRUTH)]
    kinds = [(group, "lpips") for group in report.protocols] + [("body", "osa")]
    found: dict[str, dict[str, Mean]] = {}
    first = {m.pair: m for m in report.of(rows[0])} if rows else {}
    for row in rows[1:]:
        both = [(first[m.pair], m) for m in report.of(row) if m.pair in first]
        for group, name in kinds:
            if both and all(group in m.figures for pair in both for m in pair):
                base, ours = ([m.figures[group][name] for m in side] for side in zip(*both, strict=True))
                if name == "osa":
                    base, ours = ([1 - value for value in side] for side in (base, ours))
                label = "OSA error" if name == "osa" else f"LPIPS ({group})"
                found.setdefault(row, {})[label] = change_of(ours, base)
    return found


def _margins_to_markdown(report: Report) -> list[str]:
    margins = find_margins(report)
    if not margins:
        return []
    first = next(row for row in report.rows if row not in (*TRIVIAL, TRUTH))
    labels = list(next(iter(margins.values())))
    lines = [f"| against {first} | {' | '.join(labels)} |", "|---" * (len(labels) + 1) + "|"]
    for row, found in margins.items():
        cells = (f"{m.value:+.1%} [{m.low:+.1%}, {m.high:+.1%}]" for m in found.values())
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return ["\n".join(lines) + "\n"]


def write_tables(report: Report, keys: Sequence[str], seeds: Sequence[int], out: Path) -> None:
    """Write ``tables.md``, and each table's ``report.md``, ``figures.csv`` and ``report.json`` in a folder."""
    tables = make_tables(report, keys, seeds)
    for name, table in tables.items():
        (out / name).mkdir(exist_ok=True)
        write_report(table, out / name)
        margins = {row: {n: asdict(m) for n, m in found.items()} for row, found in find_margins(table).items()}
        write_json(out / name / "margins.json", margins, indent=1)
    with writing(out / "tables.md") as temporary:
        temporary.write_text(tables_to_markdown(tables), encoding="utf-8")


def _spread(report: Report, found: dict[str, str], seeds: Sequence[int]) -> dict[str, str]:
    """LPIPS of every seed, to see how much it matters."""
    group, lines = report.protocols[0], []
    for row, key in found.items():
        values = []
        for seed in seeds:
            own = [m.figures[group]["lpips"] for m in report.of(row_name(key, seed, seeds))]
            values.append(f"{sum(own) / len(own):.4f}" if own else "-")
        lines.append(f"{row} {' '.join(values)}")
    return {f"LPIPS ({group}) seed by seed": "; ".join(lines)}
