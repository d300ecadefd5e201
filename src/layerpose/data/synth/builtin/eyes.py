"""Iris colour -> texture of the eyeballs, in the layout of `dress.eye_uv`: both eyes seen from the front."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
from jaxtyping import UInt8

EYE_CENTRES = ((0.7045, 0.7038), (0.2962, 0.3004))
EYE_RADIUS = 0.2427
"""The eyeball's, in shares of the texture."""
IRIS, PUPIL = 0.47, 0.19
"""Radii in shares of the eyeball's."""
IRISES = {
    "brown": (0.30, 0.17, 0.09), "darkbrown": (0.18, 0.10, 0.06), "hazel": (0.42, 0.31, 0.15),
    "green": (0.27, 0.34, 0.19), "blue": (0.20, 0.32, 0.46), "grey": (0.30, 0.34, 0.37),
}  # fmt: skip
LARGEST_PX = 256
SCLERA = (0.93, 0.91, 0.89)


def paint_eyes(name: str, size: int) -> UInt8[np.ndarray, "h w 4"]:
    """White of the eye, a streaked iris with a dark rim, the pupil."""
    size = min(size, LARGEST_PX)
    row, column = np.mgrid[:size, :size]
    u, v = (column + 0.5) / size, 1 - (row + 0.5) / size
    out = np.empty((size, size, 3), dtype=np.float64)
    out[:] = SCLERA
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    streaks = cv2.GaussianBlur(rng.standard_normal((1, 256)), (0, 0), 1.2)[0]
    for centre in EYE_CENTRES:
        away = np.hypot(u - centre[0], v - centre[1]) / EYE_RADIUS
        turn = ((np.arctan2(v - centre[1], u - centre[0]) / (2 * np.pi) + 0.5) * 255).astype(np.int64)
        veins = np.clip((away - 0.5) / 0.5, 0, 1)[..., None] * np.array([0.02, 0.13, 0.13])
        out = np.where((away < 1.3)[..., None], out - veins, out)
        rim = np.clip((away - 0.75 * IRIS) / (0.25 * IRIS), 0, 1) ** 2
        grey = 1.0 + 0.35 * streaks[turn] + 0.35 * np.exp(-(((away - 0.27) / 0.07) ** 2)) - 0.65 * rim
        iris = np.array(IRISES[name]) * grey[..., None]
        out = _mix(out, iris, (IRIS - away) / 0.03)
        out = _mix(out, np.full(3, 0.02), (PUPIL - away) / 0.03)
    solid = np.full((size, size, 1), 255, dtype=np.uint8)
    return np.concatenate([(out.clip(0, 1) * 255).astype(np.uint8), solid], axis=2)


def _mix(below: np.ndarray, above: np.ndarray, share: np.ndarray) -> np.ndarray:
    share = np.clip(share + 0.5, 0, 1)[..., None]
    return below * (1 - share) + above * share
