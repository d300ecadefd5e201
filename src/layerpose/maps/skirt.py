"""Drawn, dressed body + mask of the person -> how far down a skirt closes the gap between the legs.

Where a body's legs leave a gap and the photo shows the person there, cloth hangs between them. From which row on the
gap is open tells where the hem is. Legs that leave no gap tell nothing: then there is no skirt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.body.skirt import COLUMNS, ROWS
from layerpose.maps.render import DrawnBody

SAMPLES = 48
"""Places looked at from one leg's rim to the other's."""
CLOSED, OPEN = 0.9, 0.5
"""Of a row's gap at least so much is the person where cloth hangs, and less where none does."""
BELOW = 0.3
"""Below a hem less of the gap is the person: wide trousers close it here and there."""
LEAST_GAP = 3 / 1024
"""A gap of less (share of the canvas) tells nothing."""
FEWEST_ROWS = 5
"""That are closed (2 cm each)."""
FACING = 0.85
"""From the side the gap is what lies between a leg before and one behind; of the rims' distance so much is seen."""
LOWEST_START_M, LOWEST_HEM_M = -0.35, -0.16
"""Heights on the template: cloth that hangs from the hips closes the gap from here at the latest to here at least."""
LEAST_AREA_M2, LONG_AREA_M2 = 0.0015, 0.04
"""Less of the gap closed is a fit that is off; and if it is closed down to the ankles, it may be wide trousers."""
UNLIKE = 0.65
"""Cloth in the gap has the median colour of the legs to within this (of -1..1): else it is what stands behind."""


def measure_skirt(
    drawn: DrawnBody, image: Float[Tensor, "1 3 h w"], person: Bool[Tensor, "h w"], clothes: Float[np.ndarray, "v"]
) -> bool:
    """Put the rows of a skirt that the photo shows into `clothes` (1 where it is worn); whether there is one."""
    skirt = body_model().skirt
    rows = _read_rows(drawn, image.cpu().numpy()[0], person.cpu().numpy())
    last = _find_hem(rows)
    if last is None:
        return False
    clothes[skirt.vertices] = skirt.rows <= last
    return True


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """What the photo shows at places between the legs' front rims, row by row."""

    gap: Bool[np.ndarray, "r n"]
    """There is no body."""
    closed: Bool[np.ndarray, "r n"]
    """There is no body, but the person."""
    colours: Float[np.ndarray, "r n 3"]
    length: Float[np.ndarray, "r"]
    """From rim to rim, as a share of the canvas."""
    facing: Float[np.ndarray, "r"]
    """What is seen of the rims' distance in space."""
    scale: float


def _read_rows(drawn: DrawnBody, image: Float[np.ndarray, "3 h w"], person: Bool[np.ndarray, "h w"]) -> _Rows:
    skirt, size = body_model().skirt, drawn.size
    left, right = drawn.vertices.cpu().numpy()[skirt.vertices].reshape(4, ROWS, COLUMNS, 3)[:2, :, 0]
    apart = np.abs(left - right) / [drawn.scale, drawn.scale, 1]
    left, right = left[:, :2], right[:, :2]
    share = np.linspace(0, 1, SAMPLES)[None, :, None]
    pixel = np.floor((left[:, None] * (1 - share) + right[:, None] * share) * size).astype(np.int64)
    inside = ((pixel >= 0) & (pixel < size)).all(-1)
    column, row = np.moveaxis(pixel.clip(0, size - 1), -1, 0)
    gap = inside & (drawn.nearest.part.cpu().numpy()[row, column] < 0)
    return _Rows(
        gap=gap, closed=gap & person[row, column], colours=np.moveaxis(image[:, row, column], 0, -1),
        length=np.linalg.norm(left - right, axis=1), scale=drawn.scale,
        facing=np.linalg.norm(apart[:, :2], axis=1) / np.linalg.norm(apart, axis=1),
    )  # fmt: skip


def _find_hem(rows: _Rows) -> int | None:
    """The last row of a skirt, if there is one."""
    heights = body_model().skirt.heights_m
    gap, closed = rows.gap.mean(1), rows.closed.mean(1)
    tells = gap * rows.length >= LEAST_GAP
    first_open = int(np.append(np.flatnonzero(tells & (closed < OPEN * gap)), len(gap))[0])
    shut = np.flatnonzero((tells & (closed >= CLOSED * gap))[:first_open])
    if len(shut) < FEWEST_ROWS or heights[shut[0]] < LOWEST_START_M or heights[shut[-1]] > LOWEST_HEM_M:
        return None
    last = int(shut[-1])
    below = slice(last + 1, None)
    ends = bool(tells[below].any())
    if rows.facing[: last + 1].min() < FACING or (ends and closed[below].sum() > BELOW * gap[below].sum()):
        return None
    area_m2 = (closed * rows.length)[: last + 1].sum() / rows.scale * (heights[0] - heights[1])
    return last if area_m2 >= (LEAST_AREA_M2 if ends else LONG_AREA_M2) and _is_cloth(rows, last) else None


def _is_cloth(rows: _Rows, last: int) -> bool:
    """What closes the gap looks like what the legs wear beside it."""
    above = np.arange(len(rows.gap))[:, None] <= last
    cloth, legs = rows.colours[rows.closed & above], rows.colours[~rows.gap & above]
    return bool(np.abs(np.median(cloth, axis=0) - np.median(legs, axis=0)).max() < UNLIKE)
