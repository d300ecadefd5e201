"""Models + test pairs -> pictures on disk, a folder for each row of the table; what is there is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn.functional import interpolate

from layerpose.config import ModelConfig, scaled
from layerpose.data.benchmark import Pair
from layerpose.data.pairs import Pairs, Prepare
from layerpose.data.records import Records
from layerpose.evaluation.read_source import ReadSource, exact_sources
from layerpose.maps.source import SourceView
from layerpose.media.pictures import image_to_picture, picture_to_image, read_photo
from layerpose.presets import base
from layerpose.runtime.cache import writing
from layerpose.stages.conditions import Conditions, prepare
from layerpose.types import Transfer

TRIVIAL = ("source copied", "source warped", "source warped with nearest colours", "source warped and filled")
"""Predictions that need no training, by the bare body; every table begins with them.

Holes are left, take the nearest colour in the picture, or are filled as for our own networks (`maps.correspondence`).
"""
DRESSED = "dressed source warped and filled"
"""The same by the body in its clothes: what a model that is told so adds nothing to."""
STAGES = ("coarse", "pasted", "full")
"""Of one model of ours."""


Draw = Callable[[Conditions], Sequence[Float[Tensor, "1 3 _ _"]]]
"""What a model is told -> a picture for each row, of any size."""


@dataclass(frozen=True, kw_only=True)
class Drawer:
    """Who draws some of a table's rows."""

    rows: tuple[str, ...]
    """The last one is the result, the others lead to it."""
    config: ModelConfig
    """What is prepared for it."""
    open: Callable[[], Draw]
    """Reads the networks, if there are any; they are in memory while their rows are drawn."""
    prepare: Prepare = prepare


def copy_and_warp(size: int) -> Drawer:
    """The trivial baselines."""
    whole = scaled(base(), size / base().canvas)
    config = replace(whole, layers="none", guides=replace(whole.guides, dressed=False))

    def draw(conditions: Conditions) -> list[Tensor]:
        assert conditions.warp is not None
        warp, body = conditions.warp, 1 - conditions.maps.parsing[:, :1]
        return [conditions.source, warp.image, take_nearest(warp.image, warp.visible) * body, warp.filled]

    return Drawer(rows=TRIVIAL, config=config, open=lambda: draw)


def take_nearest(image: Float[Tensor, "1 3 h w"], known: Float[Tensor, "1 1 h w"]) -> Float[Tensor, "1 3 h w"]:
    """Every pixel's colour, or that of the nearest pixel whose colour is known; as it is where none is."""
    holes = known[0, 0].cpu().numpy() < 1
    if holes.all():
        return image
    nearest = np.asarray(distance_transform_edt(holes, return_distances=False, return_indices=True))
    rows, columns = torch.as_tensor(nearest)
    return image[..., rows, columns]


def every_stage(config: ModelConfig, open_model: Callable[[], Callable[[Conditions], Transfer]]) -> Drawer:
    """One model of ours with all its stages, after the warp in its clothes where it is told that."""
    dressed = config.guides.warp and config.guides.filled and config.guides.dressed

    def open_stages() -> Draw:
        model = open_model()

        def draw(conditions: Conditions) -> list[Tensor]:
            made = model(conditions)
            stages = [made.coarse, made.pasted, made.image]
            return stages if made.warp is None or not dressed else [made.warp.filled, *stages]

        return draw

    return Drawer(rows=(DRESSED, *STAGES) if dressed else STAGES, config=config, open=open_stages)


def draw_predictions(
    drawers: Sequence[Drawer], records: Records, chosen: Sequence[Pair], folder: Path, *, size: int,
    report: Callable[[int, int], None], sources: ReadSource | None = None, targets: ReadSource | None = None,
) -> dict[Pair, str]:  # fmt: skip
    """Write the picture of every row for every pair; returns the pairs whose source or target cannot be read, and why.

    `report` hears how many of how many pictures' sets are done. Without `sources` and `targets` their bodies are those
    of the data set; in their own pose people have their source's.
    """
    sources, targets = sources or exact_sources(records), targets or exact_sources(records)
    undrawn: dict[Pair, str] = {}
    for number, drawer in enumerate(drawers):
        pairs = Pairs(
            records, records.people, drawer.config, length=len(chosen), seed=0, disturb=False, prepare=drawer.prepare
        )
        draw, view_of = None, _look_once(sources, drawer.config)
        for done, pair in enumerate(chosen, start=1):
            paths = [prediction_path(folder, row, pair) for row in drawer.rows]
            if pair not in undrawn and not all(path.is_file() for path in paths):
                try:
                    view, truth = view_of(*pair[:2]), pairs.read(pair[0], pair[2])
                    stands = sources if pair[1] == pair[2] else targets
                    sample = pairs.finish(view, replace(truth, body=stands(pair[0], pair[2]).shot.body))
                except (ValueError, OSError) as error:
                    undrawn[pair] = str(error)
                else:
                    draw = draw or drawer.open()
                    for path, image in zip(paths, draw(sample.conditions), strict=True):
                        write_prediction(resample(image.float().cpu(), size), path)
            report(number * len(chosen) + done, len(drawers) * len(chosen))
    return undrawn


def _look_once(sources: ReadSource, config: ModelConfig) -> Callable[[str, str], SourceView]:
    """What the sources show; pairs with the same source often follow each other."""
    return lru_cache(maxsize=2)(lambda person, frame: sources(person, frame).view(config))


def prediction_path(folder: Path, row: str, pair: Pair) -> Path:
    """Where the picture of a row and a pair lies."""
    return folder / row.replace(" ", "-") / f"{'-'.join(pair)}.png"


def read_prediction(folder: Path, row: str, pair: Pair, size: int) -> Float[Tensor, "1 3 h w"]:
    """A picture of a row. ValueError or OSError if it is missing, damaged or of another size."""
    path = prediction_path(folder, row, pair)
    image = picture_to_image(read_photo(path))
    if image.shape[-2:] != (size, size):
        height, width = image.shape[-2:]
        raise ValueError(f"{path} has {width} x {height} pixels; expected {size} x {size}")
    return image


def true_picture(records: Records, pair: Pair, size: int) -> Image.Image:
    """What a pair's predictions should have been, at the size at which they are compared."""
    return image_to_picture(resample(records.load(pair[0], pair[2])[0], size))


def resample(image: Float[Tensor, "b c h w"], size: int) -> Float[Tensor, "b c s s"]:
    """To the size at which pictures are compared; bicubic, antialiased."""
    if image.shape[-1] == size:
        return image
    return interpolate(image, size=(size, size), mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)


def write_prediction(image: Float[Tensor, "1 3 h w"], path: Path) -> None:
    """Write a picture where `read_prediction` finds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path) as temporary, torch.inference_mode():
        image_to_picture(image).save(temporary, format="PNG", compress_level=1)
