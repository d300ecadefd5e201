"""A set of pixels -> for every pixel the nearest one of the set."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Int


def nearest_pixels(have: Bool[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Number (row by row) of the nearest pixel of a set that is not empty."""
    _, label = cv2.distanceTransformWithLabels((~have).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    at, label = np.flatnonzero(have), np.asarray(label, dtype=np.int64)
    table = np.zeros(len(at) + 1, dtype=np.int64)
    table[label.ravel()[at]] = at
    return table[label]
