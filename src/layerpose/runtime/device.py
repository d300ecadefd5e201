"""What a user calls a device -> the one that there is."""

from __future__ import annotations

from typing import Literal

import torch


def choose_device(name: Literal["auto", "cpu", "cuda"]) -> Literal["cpu", "cuda"]:
    """Auto takes the GPU if there is one. ValueError for a GPU that is not there."""
    there = name != "cpu" and torch.cuda.is_available()
    if name == "cuda" and not there:
        raise ValueError("--device cuda: found no usable GPU; use --device cpu or auto")
    return "cuda" if there else "cpu"
