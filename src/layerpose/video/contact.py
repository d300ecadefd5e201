"""Finished frames -> contact sheet: the source and its fit, then pose and result side by side for frames all along."""

from __future__ import annotations

import numpy as np
from PIL import Image

from layerpose.estimation.estimate import Estimate
from layerpose.maps.render import draw_body, render_maps
from layerpose.media.pictures import image_to_picture
from layerpose.motion.filming import Film
from layerpose.sheets.transfer import Cell, draw_fit, grid, parsing_to_picture
from layerpose.video.store import FrameStore

PAIRS = 24
"""Cells of pose and result on a sheet, that of the source included."""
PAIRS_A_ROW = 4
CELL = 256
CHECKER = (168, 208)
"""The two greys behind a transparent frame."""


def draw_contact(seen: Estimate, film: Film, store: FrameStore) -> Image.Image:
    """One sheet for a film."""
    cells: list[Cell] = [
        ("source", image_to_picture(seen.photo.image)),
        ("fit", draw_fit(seen.photo.image, seen.body)),
    ]
    for frame in np.unique(np.linspace(0, store.num_frames - 1, PAIRS - 1).round().astype(int)).tolist():
        pose = parsing_to_picture(render_maps(draw_body(film.body(frame), CELL)).parsing)
        cells += [(f"pose {frame}", pose), (f"result {frame}", _opaque(store.load(frame)))]
    return grid(cells, 2 * PAIRS_A_ROW, CELL)


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    tiles = np.indices((picture.height, picture.width)) * 32 // picture.width
    board = Image.fromarray(np.asarray(CHECKER, dtype=np.uint8)[tiles.sum(0) % 2]).convert("RGBA")
    return Image.alpha_composite(board, picture).convert("RGB")
