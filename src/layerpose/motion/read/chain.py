"""A scene's tree of nodes -> the largest skeleton in it; joints as they stand in their parents -> in the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from layerpose.motion.rig import World

FEW, MOST = 10, 3000
"""Joints of a skeleton, at the least and at the most."""


@dataclass(frozen=True, kw_only=True)
class Local:
    """Joints relative to their parents."""

    turns: Float[np.ndarray, "t n 3 3"]
    scales: Float[np.ndarray, "t n 3"]
    places: Float[np.ndarray, "t n 3"]


def local_to_world(local: Local, parents: Sequence[int], unscaled: frozenset[int] = frozenset()) -> World:
    """Scales move the joints below and are no part of the turns. `unscaled` joints do not take their parent's scale."""
    turns, places = local.turns.copy(), local.places.copy()
    stretched = local.turns * local.scales[:, :, None]
    for joint, parent in enumerate(parents):
        if parent < 0:
            continue
        places[:, joint] = places[:, parent] + np.einsum("tij,tj->ti", stretched[:, parent], local.places[:, joint])
        turns[:, joint] = turns[:, parent] @ local.turns[:, joint]
        above = stretched[:, parent]
        if joint in unscaled:
            above = above / np.where(local.scales[:, parent] == 0, 1.0, local.scales[:, parent])[:, None]
        stretched[:, joint] = above @ stretched[:, joint]
    return turns, places


def largest_tree(wanted: Sequence[int], above: Sequence[int]) -> list[int]:
    """The wanted nodes below the root that has most of them, with all between: each parent before its children.

    `above` is every node's parent, -1 for none. ValueError if nodes hang in a circle, or for too few or too many.
    """
    roots = _roots(above)
    [(root, _)] = Counter(roots[node] for node in wanted).most_common(1) or [(-1, 0)]
    kept: dict[int, None] = {}
    for node in wanted:
        line = []
        while node >= 0 and roots[node] == root and node not in kept:
            line.append(node)
            node = above[node]
        kept |= dict.fromkeys(line[::-1])
    if not FEW <= len(kept) <= MOST:
        raise ValueError(
            f"its largest skeleton has {len(kept)} joints; expected a person's, {FEW} to {MOST}: export the armature"
        )
    return list(kept)


def quarter_turn(turn: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """The rotation by quarter turns about the axes that is nearest to a rotation."""
    quarter, left = np.zeros((3, 3)), np.abs(turn)
    for _ in range(3):
        row, column = np.unravel_index(int(left.argmax()), (3, 3))
        quarter[row, column] = np.sign(turn[row, column])
        left[row], left[:, column] = -1, -1
    return quarter if np.linalg.det(quarter) > 0 else np.eye(3)


def _roots(above: Sequence[int]) -> list[int]:
    """The root that each node hangs on in the end."""
    roots = [-1] * len(above)
    for node in range(len(above)):
        line = [node]
        while roots[line[-1]] < 0 and above[line[-1]] >= 0:
            line.append(above[line[-1]])
            if len(line) > len(above):
                raise ValueError("it is damaged: its nodes hang on each other in a circle")
        root = line[-1] if roots[line[-1]] < 0 else roots[line[-1]]
        for row in line:
            roots[row] = root
    return roots
