"""A figure of matplotlib -> an SVG file, the same bytes from the same figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from layerpose.runtime.cache import writing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SALT = "layerpose"
"""From which names inside the file are made; matplotlib draws one by lot."""


def write_svg(figure: Figure, file: Path) -> None:
    """Write it, without the time."""
    from matplotlib import rc_context

    with writing(file) as temporary, rc_context({"svg.hashsalt": SALT}):
        figure.savefig(temporary, format="svg", metadata={"Date": None})
