"""Estimate -> the same on a smaller canvas: nothing is looked for again, and the body stays where it is."""

from __future__ import annotations

from dataclasses import replace

from torch.nn.functional import avg_pool2d, one_hot

from layerpose.estimation.estimate import Estimate
from layerpose.types import CLASSES, Photo


def resize_estimate(seen: Estimate, size: int) -> Estimate:
    """What a photo says, on a canvas of `size` pixels, a whole share of its own."""
    factor = seen.canvas.size // size
    assert factor * size == seen.canvas.size, "canvases shrink by whole factors"
    if factor == 1:
        return seen
    parsing = avg_pool2d(seen.parsing, factor).argmax(1)
    return replace(
        seen,
        photo=Photo(image=avg_pool2d(seen.photo.image, factor), mask=avg_pool2d(seen.photo.mask, factor)),
        parsing=one_hot(parsing, len(CLASSES)).permute(0, 3, 1, 2).float(),
        canvas=replace(seen.canvas, size=size),
    )
