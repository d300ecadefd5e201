"""A joint's name in any program's spelling -> the part of a person, and the side."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIDES = {"left": "L", "lft": "L", "lf": "L", "l": "L", "right": "R", "rgt": "R", "rt": "R", "r": "R"}
PARTS = {
    "hips": "hips pelvis hip waist",
    "trunk": "spine chest abdomen lowerback back torso upperchest thorax ribcage upperback upperspine lowerspine body",
    "neck": "neck",
    "head": "head skull",
    "collar": "clavicle collar collarbone scapula shoulderblade",
    "shoulder": "shoulder",
    "upperarm": "upperarm uparm arm shldr humerus shoulderjoint shldrbend bicep armupper",
    "lowerarm": "forearm lowerarm lowarm elbow foarm radius armlower forearmbend",
    "hand": "hand wrist palm",
    "upperleg": "thigh upleg upperleg femur thighbend legupper",
    "hipjoint": "hip hipjoint buttock",
    "leg": "leg",
    "lowerleg": "knee shin calf lowerleg lowleg tibia foreleg leglower",
    "foot": "foot ankle feet heel",
    "toe": "toe toes toebase ball toeend foottoe",
    "thumb": "thumb",
    "index": "index",
    "middle": "middle mid",
    "ring": "ring",
    "pinky": "pinky little pinkie small",
    "finger": "finger fingers digit",
    "helper": "twist roll ik pole target ctrl effector",
    "eye": "eye eyes jaw tongue brow lid lip cheek nose ear hair breast",
}
"""Part -> how exporters call it, without case, blanks, sides and numbers."""
WORDS = {word: part for part, words in PARTS.items() for word in words.split()}
"""A hip without a side is the pelvis, one with a side a joint of the leg: see `label`."""
NOISE = (
    "jnt", "joint", "bone", "bind", "jt", "skin", "def", "b", "j", "bip", "bips", "rig", "end", "nub", "tip", "tf",
    "mot", "org", "sk", "sub", "proximal", "intermediate", "distal", "medial", "metacarpal", "bend", "lower", "upper",
)  # fmt: skip
"""Words after or around the part that say nothing about which part it is, unless they belong to it (upper arm)."""
PHALANGES = {"metacarpal": 0, "proximal": 1, "intermediate": 2, "medial": 2, "distal": 3}


@dataclass(frozen=True, kw_only=True)
class Label:
    """What a name tells: `part` is "" where it is not known, `side` "L", "R" or ""."""

    part: str
    side: str
    numbers: tuple[int, ...] = ()


def label(name: str) -> Label:
    """The part and the side that a name tells, wherever a prefix is glued on and however it is spelt."""
    pieces = _pieces(re.sub(r"^.*[:|]", "", name.strip()))
    numbers = tuple(int(piece[:6]) for piece in pieces if piece.isdigit())
    words = [piece for piece in pieces if not piece.isdigit()]
    part, side = "", ""
    for start in range(len(words)):
        rest = [word for word in words[start:] if word not in SIDES]
        found, told = _read("".join(rest))
        trimmed = [word for word in rest if word not in NOISE]
        if not found and trimmed != rest:
            found, told = _read("".join(trimmed))
        if found:
            part, side = found, told
            break
    sides = [SIDES[word] for word in words if word in SIDES]
    side = sides[-1] if sides else side
    if any(word in PARTS["helper"].split() for word in words):
        part = "helper"
    if part in ("hips", "hipjoint"):
        part = "hipjoint" if side else "hips"
    return Label(part=part, side=side, numbers=numbers)


def _pieces(name: str) -> list[str]:
    """``mixamorig1LeftForeArm_01`` -> mixamorig, 1, left, fore, arm, 01."""
    return [piece.lower() for piece in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+", name)]


def _read(word: str) -> tuple[str, str]:
    """Part and side of letters that are written together, whatever stands before them."""
    for side in ("", *SIDES):
        if word.endswith(side) and word[: len(word) - len(side)] in WORDS:
            return WORDS[word[: len(word) - len(side)]], SIDES.get(side, "")
        if word.startswith(side) and word[len(side) :] in WORDS:
            return WORDS[word[len(side) :]], SIDES.get(side, "")
    longest = max((known for known in WORDS if len(known) > 2 and word.endswith(known)), key=len, default="")
    before = word[: len(word) - len(longest)]
    side = next((SIDES[side] for side in ("left", "right") if before.endswith(side)), "")
    return WORDS.get(longest, ""), side
