"""Plots are the same bytes whenever they are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerpose.evaluation.plots import write_svg


def test_the_same_figure_is_the_same_file(tmp_path: Path) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2, 3], label="loss")
    figure.legend()
    for name in ("one.svg", "two.svg"):
        write_svg(figure, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text()
