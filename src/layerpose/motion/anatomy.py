"""The joints of a rig -> which of them is which part of a person: by their names, and failing that by their shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from layerpose.motion.fingers import find_fingers
from layerpose.motion.joint_names import Label, label

SPINES = {
    0: (), 1: ("spine04",), 2: ("spine05", "spine03"), 3: ("spine05", "spine03", "spine02"),
    4: ("spine05", "spine04", "spine03", "spine02"), 5: ("spine05", "spine04", "spine03", "spine02", "spine01"),
}  # fmt: skip
"""Bones of the body that follow a spine of so many joints, from the hips upwards."""
NECKS = {0: (), 1: ("neck01",), 2: ("neck01", "neck03"), 3: ("neck01", "neck02", "neck03")}
LIMBS = {"arm": ("upperarm01", "lowerarm01", "wrist"), "leg": ("upperleg01", "lowerleg01", "foot")}
"""Bones of the body at whose heads are shoulder, elbow and wrist; hip, knee and ankle."""
NEAR = 1e-3
"""Joints that are nearer than this share of the whole skeleton lie at one place."""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Joints, how they hang together and where they are in some frames."""

    joints: tuple[str, ...]
    parents: tuple[int, ...]
    places: Float[np.ndarray, "t n 3"]
    labels: tuple[Label, ...] = field(default=())

    @cached_property
    def children(self) -> list[list[int]]:
        """Rows of the joints that hang from each joint."""
        below: list[list[int]] = [[] for _ in self.parents]
        for row, parent in enumerate(self.parents):
            if parent >= 0:
                below[parent].append(row)
        return below

    @cached_property
    def lengths(self) -> Float[np.ndarray, "n"]:
        """Median distance of each joint from its parent, as a share of the whole skeleton; a root's is 0."""
        above = np.maximum(self.parents, 0)
        length = np.median(np.linalg.norm(self.places - self.places[:, above], axis=-1), axis=0)
        length[np.array(self.parents) < 0] = 0.0
        extent = float(np.ptp(self.places, axis=1).max())
        return length / (extent or 1.0)

    def above(self, row: int) -> list[int]:
        """The joint's parents, nearest first."""
        rows = []
        while (row := self.parents[row]) >= 0:
            rows.append(row)
        return rows

    def below(self, row: int) -> list[int]:
        """Everything that hangs from a joint, nearest first."""
        rows = list(self.children[row])
        for child in rows:
            rows += self.children[child]
        return rows

    def meeting(self, a: int, b: int) -> int:
        """The lowest joint from which both hang; -1: none."""
        line = [a, *self.above(a)]
        return next((row for row in [b, *self.above(b)] if row in line), -1)

    def path(self, top: int, row: int) -> list[int]:
        """The joints from `top` (not included) down to `row`; empty if it does not hang from it."""
        line = [row, *self.above(row)]
        return line[: line.index(top)][::-1] if top in line else []


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """Bones of the body and the joints (rows of the rig) whose movement they take over."""

    rows: dict[str, int]
    ends: dict[str, int]
    """The joint (or end site) to which a bone of a limb points."""
    finger_rows: dict[str, int] = field(default_factory=dict)
    finger_ends: dict[str, int] = field(default_factory=dict)
    exact: bool = False
    """The joints are the body's own bones: they turn as these do, and nothing has to be aimed."""


def by_table(tree: Tree, bones: Mapping[str, str]) -> Anatomy | None:
    """The joints as the file itself tells (bone of the body -> joint); None where it does not tell enough."""
    told = {bone: tree.joints.index(joint) for bone, joint in bones.items() if joint in tree.joints}
    wanted = {f"{limb}.{side}": [f"{bone}.{side}" for bone in LIMBS[limb]] for limb in LIMBS for side in "LR"}
    if not {"root", "head", *(bone for line in wanted.values() for bone in line)} <= told.keys():
        return None
    labels = [Label(part="head" if row == told["head"] else "", side="") for row in range(len(tree.joints))]
    built = build_anatomy(tree, labels, {limb: [told[bone] for bone in line] for limb, line in wanted.items()})
    if built is None:
        return None
    trunk = ("root", "spine", "neck", "head", "clavicle")
    rows = {bone: row for bone, row in built.rows.items() if not bone.startswith(trunk)}
    rows |= {bone: row for bone, row in told.items() if bone.startswith(trunk)}
    ends = {bone: row for bone, row in built.ends.items() if bone in rows}
    tips = (("wrist", "finger3-1"), ("foot", "toe1-1"))
    ends |= {f"{b}.{side}": told[f"{tip}.{side}"] for b, tip in tips for side in "LR" if f"{tip}.{side}" in told}
    fingers = {bone: row for bone, row in told.items() if bone.startswith("finger")}
    onward = {bone: end for bone in fingers if (end := _only_child(tree, bone, fingers)) is not None}
    return Anatomy(rows=rows, ends=ends, finger_rows=fingers, finger_ends=onward)


def by_names(tree: Tree) -> Anatomy | None:
    """The joints as their names tell; None where they do not tell enough, or against how the joints hang together."""
    labels = [label(name) for name in tree.joints]
    limbs: dict[str, list[int]] = {}
    for side in "LR":
        for limb, find in (("arm", _find_arm), ("leg", _find_leg)):
            found = find(tree, labels, side)
            if found is None:
                return None
            limbs[f"{limb}.{side}"] = found
    return build_anatomy(tree, labels, limbs)


def build_anatomy(tree: Tree, labels: Sequence[Label], limbs: dict[str, list[int]]) -> Anatomy | None:
    """Limbs (three joints each: ``arm.L`` ...) -> trunk, neck, head, collars, hands and feet as well."""
    hips, chest = (tree.meeting(limbs[f"{limb}.L"][0], limbs[f"{limb}.R"][0]) for limb in ("leg", "arm"))
    if min(hips, chest) < 0 or hips in limbs["leg.L"] + limbs["leg.R"] or chest in limbs["arm.L"] + limbs["arm.R"]:
        return None
    if labels[hips].part == "trunk":
        hips = next((row for row in tree.above(hips) if labels[row].part == "hips"), hips)
    middle = tree.meeting(hips, chest)
    if middle < 0 or (middle == chest and middle != hips):
        return None
    head = _find_head(tree, labels, chest, limbs)
    if head is None:
        return None
    rows = {"root": hips, "head": head}
    spine = [row for row in tree.path(middle, chest) if labels[row].part != "helper"]
    rows |= _spread(spine, SPINES)
    rows |= _spread(tree.path(chest, head)[:-1] or tree.path(tree.meeting(chest, head), head)[:-1], NECKS)
    ends: dict[str, int] = {}
    for side in "LR":
        for limb, bones in LIMBS.items():
            joints = limbs[f"{limb}.{side}"]
            rows |= {f"{bone}.{side}": row for bone, row in zip(bones, joints, strict=True)}
            ends |= {f"{bone}.{side}": row for bone, row in zip(bones, joints[1:], strict=False)}
        collar = [row for row in tree.path(chest, joints_top(limbs, "arm", side))[:-1] if labels[row].part != "helper"]
        if collar:
            rows[f"clavicle.{side}"], ends[f"clavicle.{side}"] = collar[0], limbs[f"arm.{side}"][0]
        for bone, parts in (("wrist", ("middle", "index", "ring", "finger", "hand")), ("foot", ("toe",))):
            tip = _first_apart(tree, labels, rows[f"{bone}.{side}"], parts)
            if tip is not None:
                ends[f"{bone}.{side}"] = tip
    tip = _first_apart(tree, labels, head, ("head",))
    if tip is not None:
        ends["head"] = tip
    finger_rows, finger_ends = _find_fingers(tree, labels, rows)
    return Anatomy(rows=rows, ends=ends, finger_rows=finger_rows, finger_ends=finger_ends)


def _find_fingers(tree: Tree, labels: Sequence[Label], rows: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    bones: dict[str, int] = {}
    ends: dict[str, int] = {}
    for side in "LR":
        below = [row for row in tree.below(rows[f"wrist.{side}"]) if tree.joints[row]]
        found, at = find_fingers(tree.joints, labels, below, side)
        last = {bone: child for bone in found if (child := _only_child(tree, bone, found)) is not None}
        bones, ends = bones | found, ends | last | at
    return bones, ends


def _only_child(tree: Tree, bone: str, rows: dict[str, int]) -> int | None:
    """The joint after a finger's joint, or its end site."""
    onward = f"{bone[:8]}{int(bone[8]) + 1}{bone[9:]}"
    if onward in rows:
        return rows[onward]
    return next((row for row in tree.below(rows[bone]) if _apart(tree, rows[bone], row)), None)


def joints_top(limbs: dict[str, list[int]], limb: str, side: str) -> int:
    """The first joint of a limb."""
    return limbs[f"{limb}.{side}"][0]


def _find_arm(tree: Tree, labels: Sequence[Label], side: str) -> list[int] | None:
    return _find_limb(tree, labels, side, lower=("lowerarm",), upper="upperarm", end="hand")


def _find_leg(tree: Tree, labels: Sequence[Label], side: str) -> list[int] | None:
    return _find_limb(tree, labels, side, lower=("lowerleg", "leg"), upper="upperleg", end="foot")


def _find_limb(
    tree: Tree, labels: Sequence[Label], side: str, *, lower: tuple[str, ...], upper: str, end: str
) -> list[int] | None:
    """Upper joint, middle joint and end joint of a limb; the middle one is the easiest to tell."""
    middle = next((row for part in lower if (row := _topmost(tree, labels, part, side)) is not None), None)
    if middle is None:
        return None
    chain = [row for row in tree.above(middle) if labels[row].side == side or not tree.joints[row]]
    tops = [row for row in chain if labels[row].part == upper]
    tops = tops[-1:] or [row for row in chain if labels[row].part != "helper" and _apart(tree, row, middle)][:1]
    below = tree.below(middle)
    ends = [row for row in below if labels[row].part == end and labels[row].side == side]
    ends = ends or [row for row in below if labels[row].part != "helper"]
    ends = [row for row in ends if _apart(tree, middle, row)]
    if not tops or not ends or not _apart(tree, tops[0], middle):
        return None
    return [tops[0], middle, ends[0]]


def _find_head(tree: Tree, labels: Sequence[Label], chest: int, limbs: dict[str, list[int]]) -> int | None:
    """The joint called head, else the last one with a name on the way up from the chest."""
    named = _topmost(tree, labels, "head", "")
    if named is not None:
        return named
    taken = {row for joints in limbs.values() for row in tree.above(joints[0])} | {j[0] for j in limbs.values()}
    for top in [chest, *tree.above(chest)]:
        free = [row for row in tree.children[top] if row not in taken and labels[row].side == "" and tree.joints[row]]
        if free:
            row = max(free, key=lambda child: (labels[child].part == "neck", len(tree.below(child))))
            while onward := [child for child in tree.children[row] if tree.joints[child]]:
                if len(onward) > 1:
                    break
                row = onward[0]
            return row
    return None


def _topmost(tree: Tree, labels: Sequence[Label], part: str, side: str) -> int | None:
    rows = [row for row, told in enumerate(labels) if told.part == part and told.side == side and tree.joints[row]]
    return min(rows, key=lambda row: len(tree.above(row)), default=None)


def _first_apart(tree: Tree, labels: Sequence[Label], row: int, parts: tuple[str, ...]) -> int | None:
    """The nearest joint or end site below one that lies apart from it, of the first of these parts if there are any."""
    below = [child for child in tree.below(row) if _apart(tree, row, child) and labels[child].part != "helper"]
    for part in parts:
        for child in below:
            if labels[child].part == part:
                return child
    return next((child for child in below if labels[child].part not in ("thumb", "eye")), None)


def _apart(tree: Tree, a: int, b: int) -> bool:
    extent = float(np.ptp(tree.places, axis=1).max())
    return float(np.median(np.linalg.norm(tree.places[:, a] - tree.places[:, b], axis=-1))) > NEAR * extent


def _spread(rows: list[int], bones: dict[int, tuple[str, ...]]) -> dict[str, int]:
    most = max(bones)
    if len(rows) > most:
        rows = [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
    return dict(zip(bones[len(rows)], rows, strict=True))


def _listed(joints: Sequence[str]) -> str:
    named = [name for name in joints if name]
    return ", ".join(named[:12]) + (" ..." if len(named) > 12 else "")
