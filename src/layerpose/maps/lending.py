"""Which vertices a photo shows -> for every hidden one that vertex whose colour it takes.

Clothes look alike in front and behind, so it is looked for straight through the body, within its part. What is found
there but usually differs, as a face does from hair and a throat from a collar, gives way to what is alike. What a trunk
has in its middle alone, an open jacket's shirt, a print, a neckline, a plait, is not on its other side: that is as the
flanks are.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.ndimage import maximum_filter1d
from scipy.spatial import cKDTree

from layerpose.body.model import body_model
from layerpose.maps.joints import vertex_parts
from layerpose.maps.render import mesh
from layerpose.maps.usual import bundled_usual
from layerpose.types import CLASSES

THROUGH = 0.1
"""How far front and back count as apart when a hidden point looks for a colour."""
UNLIKE = 0.05
"""A first choice that usually differs more than this (`Usual.materials`) is looked over again ..."""
STRANGE = 0.1
"""A flank that usually differs more than this, and more than the first choice, does not lend."""
UNLIKE_M = 0.6
"""... with places that always differ counted as so much farther apart."""
FEWEST_PEERS = 20
"""A part of which fewer vertices are shown takes its colours from anywhere."""
TORSO = CLASSES.index("torso")
FEWEST_ON_TRUNK = 200
"""Of fewer shown vertices nobody can say what its middle is."""
FLANK, OUTER = 0.7, 0.25
"""A hidden place in the middle looks at the first share of the trunk's half width, one at the side at both together."""
OTHERWISE = 0.3
"""Mean colours, of -1..1, that are farther apart are another stuff."""
NUM_AROUND = 16
"""Vertices over which a stuff's colour is the mean: weave and folds are not another stuff."""
ROW_M, ROWS = 0.01, 5
"""A trunk's half width is that of so many rows, each so high."""


@lru_cache(maxsize=1)
def skin_vertices() -> Int[np.ndarray, "s"]:
    """Vertices that have a colour: the body's, and the skirt's."""
    return np.flatnonzero(vertex_parts())


def find_lenders(
    known: Bool[np.ndarray, "s"], lends: Bool[np.ndarray, "s"], colours: Float[np.ndarray, "s 3"]
) -> Int[np.ndarray, "u"]:
    """For every unknown skin vertex, numbers of the skin vertices that lend. `colours`: what is known, in -1..1."""
    nearest, parts = np.zeros(len(known), dtype=np.int64), vertex_parts()[skin_vertices()]
    places, materials = _places() * [1, THROUGH, 1], _materials()[skin_vertices()]
    both = np.hstack([places, UNLIKE_M * materials])
    for part in range(1, len(CLASSES)):
        peers, lost = np.flatnonzero(lends & (parts == part)), np.flatnonzero(~known & (parts == part))
        if len(peers) < FEWEST_PEERS:
            peers = np.flatnonzero(lends if lends.any() else known)
        nearest[lost] = peers[cKDTree(places[peers]).query(places[lost])[1]]
        unlike = lost[_differ(materials[lost], materials[nearest[lost]]) > UNLIKE]
        nearest[unlike] = peers[cKDTree(both[peers]).query(both[unlike])[1]]
        if part == TORSO and len(peers) >= FEWEST_ON_TRUNK and len(lost):
            nearest[lost] = _leave_the_middle(peers, lost, nearest[lost], colours, materials)
    return nearest[~known]


def _leave_the_middle(
    peers: Int[np.ndarray, "p"], lost: Int[np.ndarray, "n"], nearest: Int[np.ndarray, "n"],
    colours: Float[np.ndarray, "s 3"], materials: Float[np.ndarray, "s m"],
) -> Int[np.ndarray, "n"]:  # fmt: skip
    """The lenders of a trunk's hidden vertices, those of another stuff than the flank at their height exchanged."""
    places = _places() * [1, THROUGH, 1]
    tree = cKDTree(places[peers])
    stuff = np.zeros_like(colours)
    stuff[peers] = colours[peers][tree.query(places[peers], k=NUM_AROUND)[1]].mean(1)
    across, half = places[lost, 0], _half_widths(peers, lost)
    outwards = np.where(across < 0, -1, 1) * (FLANK + OUTER * np.minimum(np.abs(across) / half, 1)) * half
    flank = peers[tree.query(np.column_stack([outwards, places[lost, 1:]]))[1]]
    off = np.linalg.norm(stuff[nearest] - stuff[flank], axis=1)
    here, there, before = (materials[some] for some in (lost, flank, nearest))
    usual = _differ(here, there) <= np.maximum(_differ(here, before), STRANGE)
    return np.where((off > OTHERWISE) & (np.abs(across) < half) & usual, flank, nearest)


def _differ(some: Float[np.ndarray, "n m"], others: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n"]:
    """By how much places usually differ from others, 0..1, by their materials."""
    return ((some - others) ** 2).sum(1)


def _half_widths(peers: Int[np.ndarray, "p"], lost: Int[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """How far from the middle the outmost of the peers is at each vertex' height, in metres."""
    places = _places()
    lowest = places[peers, 2].min()
    rows = ((places[:, 2] - lowest) / ROW_M).round().astype(int)
    widest = np.zeros(rows[peers].max() + 1)
    np.maximum.at(widest, rows[peers], np.abs(places[peers, 0]))
    return maximum_filter1d(widest, ROWS)[rows[lost].clip(0, len(widest) - 1)].clip(ROW_M)


@lru_cache(maxsize=1)
def _places() -> Float[np.ndarray, "s 3"]:
    return mesh(torch.device("cpu")).points.double().numpy()[skin_vertices()]


def _materials() -> Float[np.ndarray, "v m"]:
    """What usually is of one colour; cloth between the legs is what the legs wear."""
    skirt, materials = body_model().skirt, bundled_usual().materials.copy()
    materials[skirt.vertices] = skirt.hang(materials, np.zeros(len(skirt.vertices)))
    return materials
