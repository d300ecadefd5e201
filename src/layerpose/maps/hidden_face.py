"""What a photo shows of a head -> colours of the face that it hides.

Point by point, from what is usually alike, a hidden face would take hair here and skin there, and lie about in patches.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from layerpose.body.model import body_model
from layerpose.maps.joints import vertex_parts
from layerpose.maps.usual import bundled_usual
from layerpose.types import CLASSES

SKIN, HAIR = 0.25, 0.75
"""How usual hair is where there is a face for sure, and where there is hair."""
REACH_M = 0.04
"""Over how much of the skin that is shown a hidden place takes the mean (standard deviation)."""
FEWEST = 12
"""Shown places of a stuff; with fewer nothing is told apart."""
APART = 0.3
"""Mean colours of skin and hair that are closer, of -1..1, are not told apart."""
STEPS = 5
"""Of Lloyd's algorithm, from the colours of the sure places."""


@lru_cache(maxsize=1)
def head_vertices() -> Int[np.ndarray, "h"]:
    """Numbers of the head's vertices."""
    return np.flatnonzero(vertex_parts() == CLASSES.index("head"))


@lru_cache(maxsize=1)
def hairiness() -> Float[np.ndarray, "h"]:
    """How usual hair is at each of the head's vertices, 0..1: whether it is rather of one colour with crown or nose."""
    places, materials = body_model().template[head_vertices()], bundled_usual().materials[head_vertices()]
    crown, nose = (materials[place] for place in (places[:, 2].argmax(), places[:, 1].argmin()))
    from_crown, from_nose = (((materials - one) ** 2).sum(1) for one in (crown, nose))
    return from_nose / (from_nose + from_crown + 1e-9)


def paint_hidden_face(
    colours: Float[np.ndarray, "h 3"], known: Bool[np.ndarray, "h"], lends: Bool[np.ndarray, "h"]
) -> Float[np.ndarray, "h 3"]:
    """Colours of the head's vertices, in -1..1, with the face's that are not `known` made of the skin that `lends`."""
    usual, places = hairiness(), body_model().template[head_vertices()]
    # Where the mean face has a shade: not on scalp, ears and neck.
    face = (bundled_usual().face[head_vertices()] != 0).any(1)
    lost = np.flatnonzero(~known & face & (usual < SKIN))
    give = np.flatnonzero(lends)
    skin = give[_is_skin(colours[give], usual[give])]
    if not len(lost) or len(skin) < FEWEST:
        return colours
    apart = ((places[lost][:, None] - places[skin]) ** 2).sum(-1)
    near = np.exp(-(apart - apart.min(1, keepdims=True)) / (2 * REACH_M**2))
    made = colours.copy()
    made[lost] = near @ colours[skin] / near.sum(1, keepdims=True)
    return made


def _is_skin(colours: Float[np.ndarray, "n 3"], usual: Float[np.ndarray, "n"]) -> Bool[np.ndarray, "n"]:
    """Which shown places are skin, by their colours; none if skin and hair cannot be told apart."""
    sure = usual < SKIN, usual > HAIR
    if min(one.sum() for one in sure) < FEWEST:
        return np.zeros(len(colours), dtype=bool)
    centres = [np.median(colours[one], axis=0) for one in sure]
    for _ in range(STEPS):
        nearest = np.stack([((colours - centre) ** 2).sum(1) for centre in centres]).argmin(0)
        centres = [colours[nearest == one].mean(0) if (nearest == one).any() else centres[one] for one in (0, 1)]
    if np.linalg.norm(centres[0] - centres[1]) <= APART:
        return np.zeros(len(colours), dtype=bool)
    return np.asarray(nearest == 0)
