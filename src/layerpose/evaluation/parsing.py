"""Found and true classes of every pixel -> IoU of each class, counted over all pictures together."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from layerpose.types import CLASSES

Counts = Int[Tensor, "2 7"]
"""For each class the pixels that are it in both, and those that are it in either."""


def count_overlap(found: Int[Tensor, "h w"], true: Int[Tensor, "h w"]) -> Counts:
    """Compare one picture."""
    pairs = torch.bincount((true.long() * len(CLASSES) + found.long()).flatten(), minlength=len(CLASSES) ** 2)
    table = pairs.view(len(CLASSES), len(CLASSES))
    shared = table.diagonal()
    return torch.stack([shared, table.sum(0) + table.sum(1) - shared])


def class_ious(counts: Iterable[Counts]) -> Float[Tensor, "7"]:
    """IoU of each class; not a number for one that occurs nowhere."""
    shared, either = torch.stack(list(counts)).sum(0).double()
    return shared / either
