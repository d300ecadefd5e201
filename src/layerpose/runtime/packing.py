"""Weights <-> a byte each: a step for every 32 numbers of a row, so that a large number costs its neighbours little.

The error is 0.7 % of a row's length in the mean, too little to be seen in what a network draws. Where that is too much,
two further bits make it a quarter.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Float16, Int, Int8, UInt8
from torch import Tensor

GROUP, LARGEST, LARGEST_FINE = 32, 127, 511
FINE = 4096.0
"""Steps are kept in 16 bits, so many times as large: those of weights would be too small for them."""
STEPS = ".steps"
"""What follows a packed array's name in the name of its steps."""
LEAST = 2048
"""Smaller arrays are not worth it."""


def pack(
    values: Float[np.ndarray, "r *n"], largest: int = LARGEST
) -> tuple[Int[np.ndarray, "r *n"], Float16[np.ndarray, "r g"]]:
    """Whole numbers in the same shape, and the steps that they count; a row's last group may be shorter."""
    rows = values.astype(np.float32).reshape(len(values), -1)
    length = rows.shape[1]
    groups = np.pad(rows, ((0, 0), (0, -length % GROUP))).reshape(len(rows), -1, GROUP)
    steps = np.maximum(np.abs(groups).max(2) / largest * FINE, np.finfo(np.float16).tiny).astype(np.float16)
    counted = np.round(groups / (steps.astype(np.float32) / FINE)[..., None]).clip(-largest, largest)
    kind = np.int8 if largest == LARGEST else np.int16
    return counted.reshape(len(rows), -1)[:, :length].astype(kind).reshape(values.shape), steps


def unpack(packed: Int[np.ndarray, "r *n"], steps: Float16[np.ndarray, "r g"]) -> Float[np.ndarray, "r *n"]:
    """The numbers again. TypeError if the steps are not those of so many numbers."""
    rows = packed.reshape(len(packed), -1)
    if steps.shape != (len(rows), -(-rows.shape[1] // GROUP)):
        raise TypeError(f"{rows.shape} packed numbers with {steps.shape} steps")
    every = np.repeat(steps.astype(np.float32) / FINE, GROUP, axis=1)[:, : rows.shape[1]]
    return (rows * every).reshape(packed.shape)


def pack_finely(values: Float[np.ndarray, "r *n"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bytes and steps as `pack`, and two further bits of every number, four numbers to a byte."""
    packed, steps = pack(values, largest=LARGEST_FINE)
    rest = np.pad((packed & 3).ravel().astype(np.uint8), (0, -packed.size % 4)).reshape(-1, 4)
    return (packed >> 2).astype(np.int8), steps, (rest << np.array([0, 2, 4, 6], np.uint8)).sum(1, dtype=np.uint8)


def unpack_finely(
    packed: Int8[np.ndarray, "r *n"], steps: Float16[np.ndarray, "r g"], rest: UInt8[np.ndarray, "b"]
) -> Float[np.ndarray, "r *n"]:
    """The numbers again. TypeError as `unpack`."""
    bits = (rest[:, None] >> np.array([0, 2, 4, 6], np.uint8) & 3).ravel()[: packed.size]
    if len(bits) < packed.size:
        raise TypeError(f"{packed.size} packed numbers with bits of {len(bits)}")
    return unpack((packed.astype(np.int16) << 2) + bits.reshape(packed.shape), steps)


def pack_state(state: Mapping[str, Float[Tensor, "*n"]]) -> dict[str, Tensor]:
    """A network's weights: large ones packed, their steps beside them, small ones in 16 bits."""
    stored: dict[str, Tensor] = {}
    for name, values in state.items():
        if values.ndim < 2 or values.numel() < LEAST:
            stored[name] = values.detach().to(torch.float16)
        else:
            packed, steps = pack(values.detach().float().cpu().numpy())
            stored[name], stored[name + STEPS] = torch.from_numpy(packed), torch.from_numpy(steps)
    return stored


def unpack_state(stored: Mapping[str, Tensor]) -> dict[str, Float[Tensor, "*n"]]:
    """Every weight by its name, in 32 bits; also of a file in which none is packed. TypeError as `unpack`."""
    return {
        name: torch.from_numpy(unpack(values.numpy(), stored[name + STEPS].numpy()))
        if name + STEPS in stored
        else values.to(torch.float32, copy=True)
        for name, values in stored.items()
        if not name.endswith(STEPS)
    }
