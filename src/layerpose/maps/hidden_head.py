"""What a photo shows of a head -> colours of the places of the head that it hides: hair behind, skin in front.

Point by point, from what is usually alike, a hidden place would take hair here and skin there, and they lie about in
patches. Here a hidden place is hair or skin as people usually are and as this person is beside it (a high forehead,
hair over the ears), and has the colours of what is shown of that stuff near by.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from layerpose.body.model import body_model
from layerpose.maps.hair import FEWEST, HAIR, SKIN, Normal, Told, hairiness, head_vertices, tell_hair
from layerpose.maps.usual import bundled_usual

BESIDE_M = 0.03
"""Over how much of the head this person's hairline is known from a shown place (standard deviation)."""
AROUND = 0.4
"""Behind the ears, ways around the head count so much: hair that hangs down beside a neck hangs down behind it too."""
NUM_BESIDE = 16
"""So many shown places tell a hidden one's."""
USUAL = 1.0
"""What is usual counts as much as so many shown places right there."""
FEATURE = -0.2
"""Brows, eyes and lips, darker than the mean face by this (log), are no hint of hair."""
REACH_M, WIDER = 0.04, 0.2
"""A hidden place takes the mean over so much of what is shown (standard deviation), and over so much more for each
metre that it lies away from it."""
MOST = 400
"""So many shown places, spread over all of them, are enough for a mean."""
OWN = 0.5
"""Share of the colour that a hidden place has already, if it is of the right stuff: hair has strands and gloss."""


@lru_cache(maxsize=1)
def _plain() -> Bool[np.ndarray, "h"]:
    """Places without features."""
    return bundled_usual().face[head_vertices()].mean(1) > FEATURE


@lru_cache(maxsize=1)
def _ears() -> float:
    """How far from the front to the back they are, in metres: there the head is widest."""
    places = body_model().template[head_vertices()]
    return float(places[np.abs(places[:, 0]) > 0.95 * places[:, 0].max(), 1].mean())


def paint_hidden_head(
    colours: Float[np.ndarray, "h 3"], known: Bool[np.ndarray, "h"], lends: Bool[np.ndarray, "h"]
) -> Float[np.ndarray, "h 3"]:
    """Colours of the head's vertices, in -1..1, those that are not `known` made anew of what `lends`.

    Where hair and skin cannot be told apart, as of a bald head, they stay as they are.
    """
    told, lost = tell_hair(colours, lends), np.flatnonzero(~known)
    if told is None or not len(lost):
        return colours
    shown, made = np.flatnonzero(lends), colours.copy()
    is_hair = _guess_hair(told, shown, lost) > 0.5
    usual, plain = hairiness()[shown], _plain()[shown]
    for wanted, stuff, lenders in (
        (~is_hair, told.skin, (told.chances < 0.5) & (usual < HAIR) & plain),
        (is_hair, told.hair, (told.chances > 0.5) & (usual > SKIN) & plain),
    ):
        if lenders.sum() >= FEWEST and wanted.any():
            made[lost[wanted]] = _mix(colours, shown[lenders], lost[wanted], stuff)
    return made


def _guess_hair(told: Told, shown: Int[np.ndarray, "n"], lost: Int[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
    """How likely each hidden place is hair: what is usual, moved by how far the shown places beside it are unusual."""
    places, plain = body_model().template[head_vertices()], _plain()[shown]
    odd = (told.chances - hairiness()[shown])[plain]
    there, behind = places[shown][plain], places[lost, 1] > _ears()
    off, beside = np.empty((2, len(lost), min(NUM_BESIDE, 2 * len(there))))
    for some, scale in ((behind, [AROUND, AROUND, 1]), (~behind, [1, 1, 1])):
        tree = cKDTree(np.vstack([there, there * [-1, 1, 1]]) * scale)
        off[some], beside[some] = tree.query(places[lost[some]] * scale, k=beside.shape[1])
    weights = np.exp(-(off**2) / (2 * BESIDE_M**2))
    moved = (weights * np.tile(odd, 2)[beside.astype(int)]).sum(1) / (weights.sum(1) + USUAL)
    return hairiness()[lost] + moved


def _mix(
    colours: Float[np.ndarray, "h 3"], lenders: Int[np.ndarray, "n"], lost: Int[np.ndarray, "m"], stuff: Normal
) -> Float[np.ndarray, "m 3"]:
    """The mean of what is shown near by, with a share of what is there already if that is of this stuff."""
    lenders, places = lenders[:: -(-len(lenders) // MOST)], body_model().template[head_vertices()]
    apart = cdist(places[lost], places[lenders], "sqeuclidean")
    nearest = apart.min(1, keepdims=True)
    near = np.exp(-(apart - nearest) / (2 * (REACH_M + WIDER * np.sqrt(nearest)) ** 2))
    mean = near @ colours[lenders] / near.sum(1, keepdims=True)
    own = OWN * np.exp(-stuff.distance(colours[lost]) / 2)[:, None]
    return mean + own * (colours[lost] - mean)
