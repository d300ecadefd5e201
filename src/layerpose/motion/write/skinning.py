"""The body's skin weights -> four a vertex, as engines want them.

Up to nine bones move a vertex of ours. Where the four strongest would put it elsewhere, four are chosen and weighed
anew, so that in a few poses that bend everything it is where it should be.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import nnls

from layerpose.body.model import Posed, Rest, body_model, skin
from layerpose.motion.library import library_pose

NUM = 4
BENDING = ("sit", "squat", "arms-up", "crossed-legs", "arms-folded", "run")
"""Poses of the library in which the vertices have to be right."""
MISSED_M = 0.0005
"""A vertex that is off by more in one of them is looked at."""
LEAST = 1e-3
"""Bones that move a vertex by less are left out of the choice."""
SUM, OWN = 10.0, 0.01
"""How much a sum of 1, and the body's own weights, count against metres."""


def four_weights(rest: Rest, bound: Posed) -> tuple[Int[np.ndarray, "v 4"], Float[np.ndarray, "v 4"]]:
    """Bones and weights of every vertex, with a sum of 1, for a skin that is bound as `bound` has it."""
    weights = body_model().weights.astype(np.float64)
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :NUM]
    chosen = np.take_along_axis(weights, bones, axis=1)
    chosen /= chosen.sum(1, keepdims=True)
    wanted, steps = _bend(rest, bound)
    spread = np.zeros_like(weights)
    np.put_along_axis(spread, bones, chosen, axis=1)
    found = np.stack([skin(bound.vertices, spread, step) for step in steps])
    off = np.linalg.norm(found - wanted, axis=2).max(0)
    for vertex in body_model().skin[off[body_model().skin] > MISSED_M]:
        at = steps[:, :, :3, :3] @ bound.vertices[vertex] + steps[:, :, :3, 3]
        bones[vertex], chosen[vertex] = _choose(at, wanted[:, vertex], weights[vertex])
    return bones, chosen


def _bend(rest: Rest, bound: Posed) -> tuple[Float[np.ndarray, "p v 3"], Float[np.ndarray, "p j 4 4"]]:
    """Where the vertices should be in each pose, and how each bone carries points there from the bound skin."""
    posed = [body_model().pose(rest, library_pose(name).rotations.double().numpy()) for name in BENDING]
    back = np.linalg.inv(bound.transforms)
    return np.stack([pose.vertices for pose in posed]), np.stack([pose.transforms @ back for pose in posed])


def _choose(
    at: Float[np.ndarray, "p j 3"], wanted: Float[np.ndarray, "p 3"], own: Float[np.ndarray, "j"]
) -> tuple[Int[np.ndarray, "4"], Float[np.ndarray, "4"]]:
    """Four bones and their weights for one vertex: the bone that is missed least is left out until four are left.

    `at` is where each bone alone would put it.
    """
    bones = np.flatnonzero(own > LEAST)
    weights, _ = _weigh(at, wanted, own, bones)
    while len(bones) > NUM:
        without = [np.delete(bones, row) for row in range(len(bones))]
        (weights, _), bones = min(
            ((_weigh(at, wanted, own, fewer), fewer) for fewer in without), key=lambda found: found[0][1]
        )
    missing = NUM - len(bones)
    return np.pad(bones, (0, missing)), np.pad(weights / weights.sum(), (0, missing))


def _weigh(
    at: Float[np.ndarray, "p j 3"], wanted: Float[np.ndarray, "p 3"], own: Float[np.ndarray, "j"],
    bones: Int[np.ndarray, "n"],
) -> tuple[Float[np.ndarray, "n"], float]:  # fmt: skip
    """Weights that put the vertex nearest to its places, and what they leave."""
    places = at[:, bones].transpose(0, 2, 1).reshape(-1, len(bones))
    rows = np.concatenate([places - wanted.reshape(-1, 1), SUM * np.ones((1, len(bones))), OWN * np.eye(len(bones))])
    return nnls(rows, np.concatenate([np.zeros(wanted.size), [SUM], OWN * own[bones]]))
