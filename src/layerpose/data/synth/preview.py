"""A data set -> one contact sheet: a row per person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from layerpose.data.records import Records

GREY = 127


def write_sheet(
    records: Records, people: list[str], path: Path, *, side: int = 192, across: int = 1, poses: int = 8
) -> None:
    """People in rows, `across` of them beside each other, `poses` of each."""
    rows = -(-len(people) // across)
    sheet = np.full((rows * side, across * poses * side, 3), GREY, dtype=np.uint8)
    for number, person in enumerate(people):
        for column, frame in enumerate(records.frames(person)[:poses]):
            image, _, _ = records.load(person, frame)
            picture = Image.fromarray(((image[0] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy())
            top, left = number // across * side, (number % across * poses + column) * side
            sheet[top : top + side, left : left + side] = np.asarray(picture.resize((side, side), Image.Resampling.BOX))
    Image.fromarray(sheet).save(path)
