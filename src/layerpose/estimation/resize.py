"""Estimate -> the same on a smaller canvas: nothing is looked for again, and the body stays where it is."""

from __future__ import annotations

from dataclasses import replace

from torch.nn.functional import avg_pool2d

from layerpose.estimation.estimate import Estimate
from layerpose.maps.parsing import labels_to_parsing
from layerpose.types import Photo


def resize_estimate(seen: Estimate, size: int) -> Estimate:
    """What a photo says, on a canvas of `size` pixels, a whole share of its own."""
    factor = seen.canvas.size // size
    assert factor * size == seen.canvas.size, "canvases shrink by whole factors"
    if factor == 1:
        return seen
    labels = avg_pool2d(seen.parsing, factor)[0].argmax(0)
    return replace(
        seen,
        photo=Photo(image=avg_pool2d(seen.photo.image, factor), mask=avg_pool2d(seen.photo.mask, factor)),
        parsing=labels_to_parsing(labels),
        canvas=replace(seen.canvas, size=size),
    )
