"""A finished comparison -> two pictures to publish with its tables: how every row learned, and what every row draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image

from layerpose.cache import writing
from layerpose.data.records import Records
from layerpose.evaluation.answers import answer_path, resample
from layerpose.evaluation.measure import TRUTH
from layerpose.evaluation.report import Report
from layerpose.pictures import image_to_picture, read_photo, write_png
from layerpose.sheet import PAPER, draw_pose, grid
from layerpose.training.journal import read_losses

KINDS = {
    "perceptual": ("perceptual", "neighbours"), "colour": ("colour",), "matching": ("matching",),
    "adversarial": ("adversarial", "completeness"),
}  # fmt: skip
"""Curves, and the last words of the losses that each is the mean of; a system has not all of them."""
POINTS = 60
"""Of a curve; each is the mean over so many parts of the run."""
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
        for number, (kind, words) in enumerate(KINDS.items()):
            steps, values = _average({tag: found for tag, found in losses.items() if tag.endswith(words)})
            if len(steps):
                panel.plot(steps, values, label=kind, color=f"C{number}", linewidth=1)
        panel.set_title(name, fontsize=9)
        panel.set_yscale("log")
        panel.grid(alpha=0.3)
        panel.tick_params(which="both", labelsize=7)
    for panel in panels[len(runs) :]:
        panel.set_axis_off()
    handles = {label: line for panel in panels for line, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(KINDS), fontsize=8)
    with writing(file) as temporary:
        figure.savefig(temporary, format="svg")


def write_sheet(report: Report, records: Records, folder: Path, file: Path) -> None:
    """Some pairs one below the other: the pose that is asked for, what every row draws, and the true picture; PNG.

    `folder` holds the answers.
    """
    ordered = sorted(report.of(report.main), key=lambda m: m.figures[report.protocols[0]]["lpips"])
    chosen = np.linspace(0, len(ordered) - 1, min(SHOWN, len(ordered))).round().astype(int)
    rows = [row for row in report.rows if row != TRUTH]
    cells = []
    for pair in (ordered[number].pair for number in chosen):
        person, _, target = pair
        truth = image_to_picture(resample(records.load(person, target)[0], report.size))
        cells += [(row.removeprefix("source "), _open(answer_path(folder, row, pair))) for row in rows]
        cells += [("pose", draw_pose(records.body(person, target), report.size)), (TRUTH, truth)]
    write_png(grid(cells, len(rows) + 2, CELL), file, comment=f"{report.hash}, {report.size} px")


def _open(path: Path) -> Image.Image:
    """A row's picture; an empty cell where it is missing or damaged, which the report has told."""
    try:
        return read_photo(path)
    except (ValueError, OSError):
        return Image.new("RGB", (1, 1), PAPER)


def _average(losses: Mapping[str, Mapping[int, float]]) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Steps, and the mean of all the losses around each."""
    found: dict[int, list[float]] = {}
    for values in losses.values():
        for step, value in values.items():
            found.setdefault(step, []).append(value)
    parts = [part for part in np.array_split(sorted(found), POINTS) if len(part)]
    means = [np.mean([value for step in part for value in found[int(step)]]) for part in parts]
    return np.array([part.mean() for part in parts]), np.array(means)
