"""A model + test pairs -> pictures on disk, a folder for each row of the table; what is there is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from layerpose.cache import writing
from layerpose.data.benchmark import Pair
from layerpose.data.pairs import Pairs
from layerpose.pictures import image_to_picture, picture_to_image, read_photo
from layerpose.stages.conditions import Conditions
from layerpose.types import Transfer

ROWS = ("source copied", "source warped", "source warped and filled", "coarse", "pasted", "full")
"""The trivial answers first, then every stage."""
MAIN_ROW = "full"


def draw_answers(
    draw: Callable[[Conditions], Transfer], pairs: Pairs, chosen: Sequence[Pair], folder: Path,
    report: Callable[[int, int], None],
) -> tuple[str, ...]:  # fmt: skip
    """Write the picture of every row for every pair; returns the rows that this model has.

    `report` hears how many of how many pairs are done.
    """
    rows = ()
    for done, (person, source, target) in enumerate(chosen, start=1):
        expected = [answer_path(folder, row, (person, source, target)) for row in (rows or ROWS)]
        if not rows or not all(path.is_file() for path in expected):
            sample = pairs.make(person, source, target, np.random.default_rng(0))
            found = _answers(draw(sample.conditions))
            rows = tuple(found)
            for row, image in found.items():
                path = answer_path(folder, row, (person, source, target))
                if not path.is_file():
                    _write(resample(image.float().cpu(), pairs.records.canvas), path)
        report(done, len(chosen))
    return rows


def answer_path(folder: Path, row: str, pair: Pair) -> Path:
    """Where the picture of a row and a pair lies."""
    return folder / row.replace(" ", "-") / f"{'-'.join(pair)}.png"


def read_answer(folder: Path, row: str, pair: Pair, size: int) -> Float[Tensor, "1 3 h w"]:
    """A picture of a row. ValueError or OSError if it is missing, damaged or of another size."""
    path = answer_path(folder, row, pair)
    image = picture_to_image(read_photo(path))
    if image.shape[-2:] != (size, size):
        height, width = image.shape[-2:]
        raise ValueError(f"{path} has {width} x {height} pixels; expected {size} x {size}")
    return image


def resample(image: Float[Tensor, "b c h w"], size: int) -> Float[Tensor, "b c s s"]:
    """To the size at which pictures are compared; bicubic, antialiased."""
    if image.shape[-1] == size:
        return image
    return interpolate(image, size=(size, size), mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)


def _answers(made: Transfer) -> dict[str, Tensor]:
    found = {"source copied": made.source}
    if made.warp is not None:
        found |= {"source warped": made.warp.image, "source warped and filled": made.warp.filled}
    return {**found, "coarse": made.coarse, "pasted": made.pasted, "full": made.image}


def _write(image: Float[Tensor, "1 3 h w"], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path) as temporary, torch.inference_mode():
        image_to_picture(image).save(temporary, format="PNG", compress_level=1)
