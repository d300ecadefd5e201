"""Where a stage has something to draw -> the window in which it draws, for pictures that are flat grey elsewhere.

Paper: every stage draws its whole picture. `networks.window` gives the window what it would have been in the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.maps.crops import window_around
from layerpose.networks.generator import Generator
from layerpose.networks.window import run_within
from layerpose.types import Maps, Warp

MARGIN = 1 / 32
"""Around what is to be drawn, as a share of the picture's width."""
MOST = 0.85
"""A window of a larger share of the picture is not worth it."""
Record = TypeVar("Record", Maps, Warp)


@dataclass(frozen=True, kw_only=True)
class Window:
    """Rows and columns of a picture, and their share of it."""

    rows: slice
    columns: slice
    share: float

    def of(self, picture: Float[Tensor, "b c h w"], factor: int = 1) -> Float[Tensor, "b c r s"]:
        """What a picture of so many times the size shows in it."""
        rows, columns = (slice(span.start * factor, span.stop * factor) for span in (self.rows, self.columns))
        return picture[..., rows, columns]

    def of_all(self, record: Record, factor: int = 1) -> Record:
        """The same of every picture in a record."""
        return replace(record, **{one.name: self.of(getattr(record, one.name), factor) for one in fields(record)})


def find_window(generator: Generator, parsing: Float[Tensor, "b 7 h w"], *, factor: int = 1) -> Window | None:
    """Around a body, or a part, in a map that is so many times larger; None: all of it is to be drawn."""
    height, width = parsing.shape[-2] // factor, parsing.shape[-1] // factor
    if not generator.narrow or generator.training or len(parsing) > 1 or generator.config.stem != 3:
        return None
    there = parsing[0, 0] < 1
    rows, columns = window_around(there, int(MARGIN * width * factor))
    rows, columns = (_align(span, factor, generator.step) for span in (rows, columns))
    share = (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
    return Window(rows=rows, columns=columns, share=share) if share <= MOST else None


def _align(span: slice, factor: int, step: int) -> slice:
    """In a picture so many times smaller, from and to where every halving meets the same pixels as in the whole."""
    coarse = factor * step
    return slice(span.start // coarse * step, -(-span.stop // coarse) * step)


def run_window(generator: Generator, stacked: Float[Tensor, "1 c h w"], background: int | None, share: float) -> Tensor:
    """What the generator's head makes of the window; far away all is 0 but the channel `background`, which is 1."""
    far = torch.zeros(stacked.shape[1], device=stacked.device)
    if background is not None:
        far[background] = 1
        stacked[:, background] -= 1
    return run_within(generator, stacked, far, share)
