"""A camera at a finite distance, as a warp of space after which weak perspective is exact.

What is nearer than the pelvis grows, what is farther shrinks, in the ratio of the distances; the pelvis's plane stays.
So pictures have a photo's perspective while the body's weak-perspective camera stays the guide, as in the paper.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

NEAREST_M, FARTHEST_M = 2.8, 12.0
"""From a phone in a room to a long lens."""


def sample_distance(rng: np.random.Generator) -> float:
    """Distance from the camera to the pelvis in metres; every doubling is equally likely."""
    return float(np.exp(rng.uniform(np.log(NEAREST_M), np.log(FARTHEST_M))))


def foreshorten(points: Float[np.ndarray, "n 3"], distance_m: float) -> Float[np.ndarray, "n 3"]:
    """Points in body axes (y away from the viewer) as a camera at this distance from the origin sees them."""
    nearer = distance_m / np.maximum(distance_m + points[:, 1:2], 0.1 * distance_m)
    return np.concatenate([points[:, :1] * nearer, points[:, 1:2], points[:, 2:] * nearer], axis=1)
