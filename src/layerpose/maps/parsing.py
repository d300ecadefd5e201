"""Body + person mask -> source parsing S_s: clothes and hair outside the body take the nearest part."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from layerpose.maps.nearest import nearest_pixels
from layerpose.maps.render import DrawnBody
from layerpose.types import CLASSES


def parse_source(drawn: DrawnBody, mask: Float[Tensor, "1 1 h w"]) -> Float[Tensor, "1 7 h w"]:
    """One-hot classes of the person in a photo; `mask` (0..1) is on the canvas on which the body was drawn."""
    labels = fill_labels(drawn.nearest.part.cpu().numpy() + 1, mask[0, 0].cpu().numpy() > 0.5)
    return labels_to_parsing(torch.as_tensor(labels, device=mask.device))


def labels_to_parsing(labels: Integer[Tensor, "h w"]) -> Float[Tensor, "1 7 h w"]:
    """A class for every pixel -> one-hot."""
    return torch.stack([labels == label for label in range(len(CLASSES))])[None].float()


def fill_labels(body: Integer[np.ndarray, "h w"], inside: Bool[np.ndarray, "h w"]) -> Integer[np.ndarray, "h w"]:
    """The body's classes inside the mask; where no body is, the class of the nearest pixel that shows one."""
    labels = np.where(inside, body, 0)
    seen = labels > 0
    if not seen.any():
        return labels
    return np.where(inside, labels.ravel()[nearest_pixels(seen)], 0)
