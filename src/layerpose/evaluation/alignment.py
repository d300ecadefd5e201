"""Predictions on disk -> the same laid over the true pictures by optical flow, then with slow colour evened out too.

What is left of a prediction's error after the first is not misplaced but looks otherwise; after the second it is not
the light or the tint either.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from layerpose.data.benchmark import Pair
from layerpose.data.records import Records
from layerpose.evaluation.predictions import prediction_path, read_prediction, resample, write_prediction
from layerpose.evaluation.truth import EMPTY
from layerpose.media.pictures import image_to_picture

LAID_OVER, EVENED = ", aligned", ", aligned, colours evened"
"""What the rows are called, after the name of the row that they are made from."""
FARTHEST = 0.06
"""No pixel is moved by more than this share of the picture's side."""
SMOOTH = 0.008
"""Neighbours move alike: standard deviation of the blur of the flow, as a share of the side."""
SLOW = 0.06
"""Colour differences are slow that are left by a blur of this standard deviation, as a share of the side."""
LEAST_COVER = 1e-3
Image = Float[Tensor, "1 3 h w"]


def aligned_rows(rows: Sequence[str]) -> tuple[str, ...]:
    """The rows beside the plain ones."""
    return tuple(f"{row}{kind}" for row in rows for kind in (LAID_OVER, EVENED))


def draw_aligned(
    rows: Sequence[str], records: Records, chosen: Sequence[Pair], folder: Path, *, size: int
) -> None:  # fmt: skip
    """Write both pictures for every row and pair; what is there is kept, and what cannot be read is left out."""
    for pair in chosen:
        wanted = [
            row for row in rows if not all(prediction_path(folder, n, pair).is_file() for n in aligned_rows([row]))
        ]
        for row in wanted:
            try:
                image, (target, mask, _) = read_prediction(folder, row, pair, size), records.load(pair[0], pair[2])
            except (ValueError, OSError):
                continue
            laid, evened = align(image, resample(target, size), resample(mask, size))
            write_prediction(laid, prediction_path(folder, row + LAID_OVER, pair))
            write_prediction(evened, prediction_path(folder, row + EVENED, pair))


def align(image: Image, target: Image, mask: Float[Tensor, "1 1 h w"]) -> tuple[Image, Image]:
    """A prediction laid over the true picture, and the same with slow colour differences evened out."""
    laid = lay_over(image, find_flow(image, target))
    return laid, even_out(laid, target, mask)


def find_flow(image: Image, target: Image) -> Float[np.ndarray, "h w 2"]:
    """From each pixel of the true picture to its place in the prediction, in pixels; bounded and smooth."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(_grey(target), _grey(image), None)  # pyright: ignore[reportCallIssue, reportArgumentType]
    side = image.shape[-1]
    lengths = np.linalg.norm(flow, axis=2, keepdims=True)
    bounded = flow * np.minimum(1, FARTHEST * side / np.maximum(lengths, 1e-6))
    return cv2.GaussianBlur(bounded, (0, 0), SMOOTH * side)


def lay_over(image: Image, flow: Float[np.ndarray, "h w 2"]) -> Image:
    """The prediction, each pixel from where the flow points to."""
    rows, columns = np.indices(flow.shape[:2]).astype(np.float32)
    pixels = np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())
    moved = cv2.remap(
        pixels, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )  # fmt: skip
    return torch.from_numpy(moved).permute(2, 0, 1)[None].clamp(-1, 1)


def even_out(image: Image, target: Image, mask: Float[Tensor, "1 1 h w"]) -> Image:
    """The prediction with the true picture's slow colours, where both show the person."""
    both = ((mask > 0.5) & (image.abs().amax(1, keepdim=True) > EMPTY)).float()
    sigma = SLOW * image.shape[-1]
    cover = _blur(both, sigma)
    slow = _blur((target - image) * both, sigma) / cover.clamp(min=LEAST_COVER)
    return (image + slow * both).clamp(-1, 1)


def _blur(planes: Float[Tensor, "1 c h w"], sigma: float) -> Float[Tensor, "1 c h w"]:
    pixels = np.ascontiguousarray(planes[0].permute(1, 2, 0).numpy())
    blurred = cv2.GaussianBlur(pixels, (0, 0), sigma).reshape(pixels.shape)
    return torch.from_numpy(blurred).permute(2, 0, 1)[None]


def _grey(image: Image) -> UInt8[np.ndarray, "h w"]:
    return np.array(image_to_picture(image).convert("L"))
