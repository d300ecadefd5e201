"""A report + its pictures -> one HTML page: the table, a plot for each figure, the worst, median and best pictures."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from layerpose.data.records import Records
from layerpose.evaluation.measure import TRUTH, Measured
from layerpose.evaluation.plots import write_svg
from layerpose.evaluation.predictions import prediction_path, true_picture
from layerpose.evaluation.report import PICTURE, Report, to_markdown
from layerpose.runtime.cache import writing

SHOWN = 6
"""Pairs shown as worst, as median and as best."""
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
table.pictures { border-collapse: collapse; } .pictures td, .pictures th { padding: 2px 4px; font-weight: normal; }
.pictures img { width: 11rem; display: block; } pre { overflow-x: auto; background: #f4f4f4; padding: 1rem; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } pre { background: #242424; } }
"""


def write_page(report: Report, records: Records, folder: Path) -> None:
    """Write ``index.html`` and the plots beside the pictures."""
    plots = [_plot(report, group, name, folder) for group in report.protocols for name in PICTURE]
    images = "".join(f'<img src="{escape(p)}" alt="{escape(p)}">' for p in plots)
    ordered = report.ranked()
    middle = max(len(ordered) // 2 - SHOWN // 2, 0)
    groups = {
        "Worst": ordered[::-1][:SHOWN], "Median": ordered[middle : middle + SHOWN], "Best": ordered[:SHOWN]
    }  # fmt: skip
    sections = "".join(f"<h2>{name}</h2>{_pictures(report, records, found, folder)}" for name, found in groups.items())
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>layerpose report</title><style>{STYLE}</style>'
        f"<h1>Report</h1><pre>{escape(to_markdown(report))}</pre>{images}{sections}</html>\n"
    )
    with writing(folder / "index.html") as temporary:
        temporary.write_text(text, encoding="utf-8")


def _pictures(report: Report, records: Records, found: list[Measured], folder: Path) -> str:
    rows = [row for row in report.rows if row != TRUTH]
    head = "".join(f"<th>{escape(row)}</th>" for row in (*rows, TRUTH))
    lines = []
    for one in found:
        person, _, target = one.pair
        truth = folder / TRUTH / f"{person}-{target}.png"
        if not truth.is_file():
            truth.parent.mkdir(exist_ok=True)
            with writing(truth) as temporary:
                true_picture(records, one.pair, report.size).save(temporary, format="PNG")
        paths = [*(prediction_path(folder, row, one.pair) for row in rows), truth]
        cells = "".join(
            f'<td><img loading="lazy" src="{escape(str(p.relative_to(folder)))}" alt=""></td>' for p in paths
        )
        figure = one.figures[report.protocols[0]]["lpips"]
        lines.append(f"<tr>{cells}</tr><tr><td colspan={len(paths)}>{'-'.join(one.pair)}: LPIPS {figure:.4f}</td></tr>")
    return f'<table class="pictures"><tr>{head}</tr>{"".join(lines)}</table>'


def _plot(report: Report, group: str, name: str, folder: Path) -> str:
    """How the figure spreads over the pairs, row by row; returns the file's name."""
    from matplotlib.figure import Figure

    rows = [row for row in report.rows if row != TRUTH]
    values = [[m.figures[group][name] for m in report.of(row)] for row in rows]
    figure = Figure(figsize=(7, 0.5 * len(rows) + 1), layout="constrained")
    axes = figure.subplots()
    axes.boxplot(values, orientation="horizontal", showmeans=True, whis=(5, 95), showfliers=False)
    axes.set_yticks(np.arange(len(rows)) + 1, rows)
    axes.invert_yaxis()
    axes.set_xlabel(f"{PICTURE[name]}, protocol {group}")
    axes.grid(axis="x", alpha=0.3)
    file = folder / f"{group}-{name}.svg"
    write_svg(figure, file)
    return file.name
