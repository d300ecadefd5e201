"""A posed body of any model: triangles with their parts, and the keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Body axes, metres, the pelvis at the origin."""

    vertices: Float[np.ndarray, "v 3"]
    keypoints: Float[np.ndarray, "18 3"]
    faces: Int[np.ndarray, "f 3"]
    triangle_parts: Int[np.ndarray, "f"]
