"""The shape of a skeleton -> which of its joints are arms, legs, trunk and head.

Two pairs of branches that are alike hang from a person's trunk: legs nearer to the root, arms further on. In a limb the
two longest bones that follow each other are its halves. Left is told by where the toes point (failing that, by the
knees).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float

from layerpose.motion.anatomy import Anatomy, Tree, build_anatomy
from layerpose.motion.joint_names import Label
from layerpose.motion.turning import unit_vectors

ALIKE = 0.15
"""Two branches are alike if the shorter is shorter by at most this share."""
SHORTEST = 0.15
"""Length of an arm or a leg, at the least, as a share of the whole skeleton."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two branches that are alike, and the joint from which both hang."""

    stem: int
    tops: tuple[int, int]
    length: float


def by_shape(tree: Tree) -> Anatomy | None:
    """Two legs at the root, two arms and a neck further up the trunk; None if the skeleton is no such thing."""
    reach = _reaches(tree)
    pairs = sorted(_pairs(tree, reach), key=lambda pair: pair.length, reverse=True)
    for first, second in combinations(pairs[:12], 2):
        legs, arms = sorted((first, second), key=lambda pair: len(tree.above(pair.stem)))
        if legs.stem == arms.stem or not _apart(tree, legs, arms):
            continue
        limbs = {"leg": [_halves(tree, reach, top) for top in legs.tops],
                 "arm": [_halves(tree, reach, top) for top in arms.tops]}  # fmt: skip
        if any(halves is None for both in limbs.values() for halves in both):
            continue
        return _build(tree, {kind: [halves for halves in both if halves] for kind, both in limbs.items()})
    return None


def _build(tree: Tree, limbs: dict[str, list[list[int]]]) -> Anatomy | None:
    left = _left(tree, limbs)
    sided = {}
    for kind, (one, other) in limbs.items():
        line = tree.places[:, one[0]] - tree.places[:, other[0]]
        one, other = (one, other) if float((line * left).sum(1).mean()) > 0 else (other, one)
        sided |= {f"{kind}.L": one, f"{kind}.R": other}
    return build_anatomy(tree, [Label(part="", side="")] * len(tree.joints), sided)


def _left(tree: Tree, limbs: dict[str, list[list[int]]]) -> Float[np.ndarray, "t 3"]:
    """Direction to the person's left in each frame, as toes or knees tell."""
    places, legs = tree.places, limbs["leg"]
    arms, hips = ([limb[0] for limb in limbs[kind]] for kind in ("arm", "leg"))
    up = places[:, arms].sum(1) - places[:, hips].sum(1)
    looks = np.zeros_like(up)
    for hip, knee, ankle in legs:
        toes = [row for row in tree.below(ankle) if tree.lengths[row] > 0]
        looks += (
            places[:, toes[0]] - places[:, ankle] if toes else places[:, knee] * 2 - places[:, hip] - places[:, ankle]
        )
    looks -= (looks * unit_vectors(up)).sum(1, keepdims=True) * unit_vectors(up)
    left = unit_vectors(np.cross(up, looks))
    return left if np.linalg.norm(left, axis=1).min() > 0 else np.tile([1.0, 0.0, 0.0], (len(left), 1))


def _reaches(tree: Tree) -> list[float]:
    """How far it is from each joint's parent to the furthest end below the joint."""
    reach = [float(length) for length in tree.lengths]
    for row in range(len(reach) - 1, -1, -1):
        reach[row] += max((reach[child] for child in tree.children[row]), default=0.0)
    return reach


def _pairs(tree: Tree, reach: list[float]) -> list[Pair]:
    return [
        Pair(stem=stem, tops=(one, other), length=min(reach[one], reach[other]))
        for stem, children in enumerate(tree.children)
        for one, other in combinations(children[:12], 2)
        if min(reach[one], reach[other]) > max(SHORTEST, (1 - ALIKE) * max(reach[one], reach[other]))
        and abs(len(tree.below(one)) - len(tree.below(other))) <= 2
    ]


def _apart(tree: Tree, legs: Pair, arms: Pair) -> bool:
    """The arms do not hang from a leg, nor the legs from an arm."""
    return not {*legs.tops} & {*tree.above(arms.stem), arms.stem} and not {*arms.tops} & {*tree.above(legs.stem)}


def _halves(tree: Tree, reach: list[float], top: int) -> list[int] | None:
    """Upper joint, middle joint and end joint of a limb that begins with the joint `top`."""
    line = [top]
    while below := tree.children[line[-1]]:
        line.append(max(below, key=lambda row: reach[row]))
    steps = [row for row in line[1:] if tree.lengths[row] > 0.01]
    if len(steps) < 2:
        return None
    ends = max(pairwise(steps), key=lambda two: tree.lengths[two[0]] + tree.lengths[two[1]])
    return [tree.parents[ends[0]], *ends]
