"""A finished comparison -> two pictures to publish with its tables: how every row learned, and what every row draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from layerpose.data.records import Records
from layerpose.evaluation.measure import TRUTH
from layerpose.evaluation.plots import write_svg
from layerpose.evaluation.predictions import prediction_path, true_picture
from layerpose.evaluation.report import Report
from layerpose.media.pictures import read_photo, write_png
from layerpose.sheets.transfer import PAPER, draw_pose_of, grid
from layerpose.training.logger import read_losses

KINDS = {
    "perceptual": ("perceptual", "neighbours"), "colour": ("colour",), "matching": ("matching",),
    "adversarial": ("adversarial", "completeness"),
}  # fmt: skip
"""Curves, and the last words of the losses that each is the mean of; a system has not all of them."""
POINTS = 60
"""Of a curve; each is the mean over one of so many parts of the run."""
COLUMNS = 4
SHOWN = 5
"""Pairs of the sheet, evenly from the one that the main row does best to its worst."""
CELL = 128


def write_curves(runs: Mapping[str, Path], file: Path) -> None:
    """One panel for each run: its losses, smoothed, by the step; SVG."""
    from matplotlib.figure import Figure

    lines = -(-len(runs) // COLUMNS)
    figure = Figure(figsize=(3.4 * COLUMNS, 2.4 * lines), layout="constrained")
    panels = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for panel, (name, folder) in zip(panels, runs.items(), strict=False):
        losses = read_losses(folder)
        num_steps = max((step for values in losses.values() for step in values), default=1)
        for number, (kind, words) in enumerate(KINDS.items()):
            if chosen := {tag: values for tag, values in losses.items() if tag.endswith(words)}:
                panel.plot(*_average(chosen, num_steps), label=kind, color=f"C{number}", linewidth=1)
        panel.set_title(name, fontsize=9)
        panel.set_yscale("log")
        panel.grid(alpha=0.3)
        panel.tick_params(which="both", labelsize=7)
    for panel in panels[len(runs) :]:
        panel.set_axis_off()
    handles = {label: line for panel in panels for line, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(KINDS), fontsize=8)
    write_svg(figure, file)


def write_sheet(report: Report, records: Records, folder: Path, file: Path) -> None:
    """Some pairs one below the other: the pose that is asked for, what every row draws, and the true picture; PNG.

    `folder` holds the predictions.
    """
    ordered = report.ranked()
    chosen = np.linspace(0, len(ordered) - 1, min(SHOWN, len(ordered))).round().astype(int)
    rows, draw_pose = [row for row in report.rows if row != TRUTH], draw_pose_of(records)
    cells = []
    for pair in (ordered[number].pair for number in chosen):
        cells += [(row.removeprefix("source "), _open(prediction_path(folder, row, pair))) for row in rows]
        cells += [("pose", draw_pose(pair)), (TRUTH, true_picture(records, pair, report.size))]
    write_png(grid(cells, len(rows) + 2, CELL), file, comment=f"{report.hash}, {report.size} px")


def _open(path: Path) -> Image.Image:
    """A row's picture; an empty cell where it is missing or damaged, which the report has told."""
    try:
        return read_photo(path)
    except (ValueError, OSError):
        return Image.new("RGB", (1, 1), PAPER)


def _average(losses: Mapping[str, Mapping[int, float]], num_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The middles of equal parts of a run, and the mean of all the losses in each; NaN where there are none."""
    found = np.array([pair for values in losses.values() for pair in values.items()]).reshape(-1, 2)
    edges = np.linspace(0, num_steps, min(POINTS, num_steps) + 1)
    counts, sums = (np.histogram(found[:, 0], edges, weights=weights)[0] for weights in (None, found[:, 1]))
    return (edges[:-1] + edges[1:]) / 2, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
