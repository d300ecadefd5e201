"""Joint names of a motion file -> which joint moves which bone of the body, for the skeletons that are in use."""

from __future__ import annotations

import re
from collections.abc import Sequence

SIDES = {"L": ("left", "l"), "R": ("right", "r")}
"""What a convention may put for a side: in full or one letter."""

LIMBS = {
    "common": {
        "upperarm01": "{full}arm", "lowerarm01": "{full}forearm", "wrist": "{full}hand",
        "upperleg01": "{full}upleg", "lowerleg01": "{full}leg", "foot": "{full}foot",
    },
    "thigh and shin": {
        "upperarm01": "{full}arm", "lowerarm01": "{full}forearm", "wrist": "{full}hand",
        "upperleg01": "{full}thigh", "lowerleg01": "{full}shin", "foot": "{full}foot",
    },
    "Rigify": {
        "upperarm01": "upperarm{letter}", "lowerarm01": "forearm{letter}", "wrist": "hand{letter}",
        "upperleg01": "thigh{letter}", "lowerleg01": "shin{letter}", "foot": "foot{letter}",
    },
    "Unreal": {
        "upperarm01": "upperarm{letter}", "lowerarm01": "lowerarm{letter}", "wrist": "hand{letter}",
        "upperleg01": "thigh{letter}", "lowerleg01": "calf{letter}", "foot": "foot{letter}",
    },
    "upper and lower": {
        "upperarm01": "{full}upperarm", "lowerarm01": "{full}lowerarm", "wrist": "{full}hand",
        "upperleg01": "{full}upperleg", "lowerleg01": "{full}lowerleg", "foot": "{full}foot",
    },
}  # fmt: skip
"""Bone of the body -> joint, by convention; names without prefix, case, dots and underscores."""
TRUNKS = {
    "CMU": {
        "root": "hips", "spine05": "lowerback", "spine03": "spine", "spine02": "spine1", "neck01": "neck",
        "neck03": "neck1", "head": "head",
    },
    "Mixamo": {
        "root": "hips", "spine05": "spine", "spine03": "spine1", "spine02": "spine2", "neck01": "neck", "head": "head",
    },
    "Rokoko": {
        "root": "hips", "spine05": "spine1", "spine04": "spine2", "spine03": "spine3", "spine02": "spine4",
        "neck01": "neck", "head": "head",
    },
    "Rigify": {
        "root": "spine", "spine05": "spine001", "spine03": "spine002", "spine02": "spine003", "neck01": "spine004",
        "neck03": "spine005", "head": "spine006",
    },
    "Unreal": {
        "root": "pelvis", "spine05": "spine01", "spine03": "spine02", "spine02": "spine03", "neck01": "neck01",
        "head": "head",
    },
    "humanoid": {
        "root": "hips", "spine05": "spine", "spine03": "chest", "spine02": "upperchest", "neck01": "neck",
        "head": "head",
    },
}  # fmt: skip
NEEDED = ("root", "head", "upperarm01", "lowerarm01", "upperleg01", "lowerleg01", "foot")
"""Bones without which a motion cannot be taken over."""
WITHOUT_INFLUENCE = re.compile(
    r"|toe|thumb|index|middle|ring|pinky|finger|shoulder|clavicle|collar|hipjoint|end|site|eye|jaw|heel|twist|breast"
    r"|palm|metacarpal|root|armature|ik|pole|spine|neck|chest|pelvis|reference"
)
"""Joints whose own movement is left out on purpose: they say little, or the body has nothing like them."""


def plain(name: str) -> str:
    """A joint's name without the exporter's prefix, case, dots, underscores and blanks."""
    return re.sub(r"[\s._-]", "", re.sub(r"^.*[:|]", "", name)).lower()


def name_joints(joints: Sequence[str]) -> dict[str, str]:
    """Bone of the body -> joint that moves it. ValueError with the nearest convention's missing joints."""
    known = {plain(name): name for name in reversed(joints) if name}
    limbs = max(({**_both_sides(table)} for table in LIMBS.values()), key=lambda table: _hits(table, known))
    trunk = max(TRUNKS.values(), key=lambda table: _hits(table, known))
    table = {**trunk, **limbs}
    missing = [joint for bone, joint in table.items() if bone.split(".")[0] in NEEDED and joint not in known]
    if missing:
        raise ValueError(
            f"its skeleton is not known: the joints {', '.join(missing)} are missing (found: "
            f"{', '.join(list(known.values())[:8])} ...); expected the names of CMU, Mixamo, Rokoko, Rigify, Unreal "
            f"or the body's own bones"
        )
    return {bone: known[joint] for bone, joint in table.items() if joint in known}


def unknown_joints(joints: Sequence[str], table: dict[str, str]) -> list[str]:
    """Joints that move nothing although they do not look like fingers, toes or other details."""
    used = set(table.values())
    return [name for name in joints if name and name not in used and not WITHOUT_INFLUENCE.match(_stem(name))]


def _stem(name: str) -> str:
    return re.sub(r"^(left|right|l(?=[a-z]+joint)|r(?=[a-z]+joint))", "", plain(name))


def _both_sides(table: dict[str, str]) -> dict[str, str]:
    return {
        f"{bone}.{side}": joint.format(full=full, letter=letter)
        for side, (full, letter) in SIDES.items()
        for bone, joint in table.items()
    }


def _hits(table: dict[str, str], known: dict[str, str]) -> int:
    return sum(joint in known for joint in table.values())
