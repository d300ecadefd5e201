"""Steps from pixel to pixel + what is known round a hole -> the picture whose steps they are (Poisson's equation).

Perez, Gangnet, Blake: Poisson image editing (2003). Solved by a multigrid whose passes are kernels in Warp.
"""

from __future__ import annotations

import cv2
import numpy as np
import warp as wp
from jaxtyping import Bool, Float32, Int32

from layerpose.scene.kernels import relax

COARSEST = 32
"""Side below which nothing is made smaller."""
SMOOTHINGS = 3
"""Passes there and back on each size."""


def solve(
    wanted: Float32[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], counts: Float32[np.ndarray, "h w"], hold: float
) -> Float32[np.ndarray, "h w 3"]:
    """What differs by so much from its neighbours (Poisson) and is 0 outside the hole: in a multigrid's V.

    Neighbours that do not `count` may be anything.
    """
    places, error = np.argwhere(hole).astype(np.int32), np.zeros_like(wanted)
    coarsest = min(hole.shape) <= COARSEST
    _relax(wanted, hold, counts, places, error, COARSEST if coarsest else SMOOTHINGS)
    if not coarsest:
        size = hole.shape[1] // 2, hole.shape[0] // 2
        left = (wanted + sum_steps(error, counts) - hold * error) * hole[..., None]
        half, within, told = (
            cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (left, hole.astype(np.float32), counts)
        )
        within, told = within > 0.5, (told > 0.5).astype(np.float32)
        found = solve(4 * half * within[..., None], within, told, 4 * hold)
        error += cv2.resize(found, hole.shape[::-1], interpolation=cv2.INTER_LINEAR) * hole[..., None]
        _relax(wanted, hold, counts, places, error, SMOOTHINGS)
    return error


def _relax(
    wanted: Float32[np.ndarray, "h w 3"], hold: float, counts: Float32[np.ndarray, "h w"],
    places: Int32[np.ndarray, "n 2"], error: Float32[np.ndarray, "h w 3"], times: int,
) -> None:  # fmt: skip
    """Passes over the hole, there and back, in place."""
    back = np.ascontiguousarray(places[::-1])
    for _ in range(times):
        for order in (places, back):
            wp.launch(
                relax, dim=len(order), device="cpu", inputs=[wanted, hold, counts, order], outputs=[error]
            )  # fmt: skip


def sum_steps(
    image: Float32[np.ndarray, "h w 3"], counts: Float32[np.ndarray, "h w"], found: tuple[np.ndarray, ...] = ()
) -> Float32[np.ndarray, "h w 3"]:
    """How much higher than a pixel its neighbours that count are together, beyond the steps that were found."""
    total = np.zeros_like(image)
    for axis in (0, 1):
        later, sooner = [slice(None)] * 2, [slice(None)] * 2
        later[axis], sooner[axis] = slice(1, None), slice(None, -1)
        step = np.diff(image, axis=axis) - (found[axis] if found else 0)
        step *= (counts[tuple(later)] * counts[tuple(sooner)])[..., None]
        total[tuple(sooner)] += step
        total[tuple(later)] -= step
    return total
