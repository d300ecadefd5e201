"""The source parsing on real photos, to look at: ``python benchmarks/parsing_photos.py SHEET.png PHOTO...``.

A row for each photo: the photo on its canvas, the fitted body over it, the body's projection filled up to the mask, the
parsing that `estimate` gives, and where the two differ (the latter's classes there).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import tyro
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from layerpose.estimation.estimate import estimate
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import draw_body
from layerpose.media.pictures import image_to_picture, read_photo, write_png
from layerpose.sheets.transfer import Cell, draw_fit, grid, parsing_to_picture

SIZE, CELL = 512, 320


def main(sheet: tyro.conf.Positional[Path], photos: tyro.conf.Positional[tuple[Path, ...]]) -> None:
    cells = []
    for path in photos:
        try:
            cells += row(path)
        except ValueError as error:
            print(f"{path.name}: {error}")
    write_png(grid(cells, 5, CELL), sheet, comment="Photos with generated drawings over them.")


def row(path: Path) -> list[Cell]:
    photo = read_photo(path)
    seen = estimate(photo, SIZE)
    picture = seen.canvas.picture(np.array(photo))
    drawn, cut, mask = draw_body(seen.body, SIZE), seen.photo.image, seen.photo.mask
    projected, found = parse_source(drawn, mask), seen.parsing
    differ = (projected.argmax(1) != found.argmax(1))[0]
    print(f"{path.name}: differs on {differ.sum() / (mask > 0.5).sum():.1%} of the person; {seen.quality}")
    return [
        (path.name, Image.fromarray((picture * 255).astype(np.uint8))), ("fit", draw_fit(cut, seen.body)),
        ("projection, filled", over(projected, cut)), ("edges followed", over(found, cut)),
        ("where they differ", parsing_to_picture(torch.where(differ, found, torch.eye(7)[0].view(1, 7, 1, 1)))),
    ]  # fmt: skip


def over(parsing: Float[Tensor, "1 7 h w"], photo: Float[Tensor, "1 3 h w"]) -> Image.Image:
    return Image.blend(image_to_picture(photo), parsing_to_picture(parsing), 0.6)


if __name__ == "__main__":
    tyro.cli(main)
