"""Picture + soft labels -> labels whose outlines follow the picture's own edges (guided filter, He et al. 2010)."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float


def guided_filter(
    guide: Float[np.ndarray, "h w 3"], values: Float[np.ndarray, "h w c"], *, radius: int, epsilon: float
) -> Float[np.ndarray, "h w c"]:
    """Each channel of `values` (0..1) as a linear function of the colours around each pixel, clipped to 0..1.

    A larger `epsilon` (a variance of colours) lets weaker edges pass as texture.
    """
    side = (2 * radius + 1, 2 * radius + 1)

    def box(planes: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(planes, -1, side, borderType=cv2.BORDER_REFLECT).reshape(planes.shape)

    mean_guide = box(guide)
    spread = np.empty((*guide.shape, 3), dtype=np.float32)
    for i in range(3):
        for j in range(i, 3):
            spread[..., i, j] = box(guide[..., i] * guide[..., j]) - mean_guide[..., i] * mean_guide[..., j]
            spread[..., j, i] = spread[..., i, j]
    planes = []
    for channel in np.moveaxis(values, -1, 0):
        mean = box(channel)
        covariance = box(guide * channel[..., None]) - mean_guide * mean[..., None]
        slope = np.zeros_like(guide)
        edge = (mean > 1e-3) & (mean < 1 - 1e-3)
        local = spread[edge] + epsilon * np.eye(3, dtype=np.float32)
        slope[edge] = np.linalg.solve(local, covariance[edge][..., None])[..., 0]
        offset = mean - (slope * mean_guide).sum(-1)
        planes.append((box(slope) * guide).sum(-1) + box(offset))
    return np.clip(np.stack(planes, axis=-1), 0, 1)
