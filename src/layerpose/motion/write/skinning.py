"""The body's skin weights -> four a vertex, as engines want them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from layerpose.body.model import body_model

NUM = 4


def four_weights() -> tuple[Int[np.ndarray, "v 4"], Float[np.ndarray, "v 4"]]:
    """Bones and weights of every vertex; a sum of 1."""
    weights = body_model().weights.astype(np.float64)
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :NUM]
    chosen = np.take_along_axis(weights, bones, axis=1)
    return bones, chosen / chosen.sum(1, keepdims=True)
