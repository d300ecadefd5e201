"""The joints below a hand -> which finger and which joint of it each is; places of fingers -> turns of the body's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from layerpose.motion.joint_names import Label
from layerpose.motion.posing import reference_heads
from layerpose.motion.turning import smallest_rotations, unit_vectors

FINGERS = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "pinky": 5}
NUMBERED = re.compile(r"(?:finger|digit)s?\D{0,2}(\d)", re.IGNORECASE)
IN_THE_PALM = re.compile(r"metacarp|inhand|palm|carpal", re.IGNORECASE)
MOVED_DEG = 3.0
"""Fingers that bend less than this in all frames carry no data."""


def find_fingers(
    joints: Sequence[str], labels: Sequence[Label], below: Sequence[int], side: str
) -> tuple[dict[str, int], dict[str, int]]:
    """Bones of the fingers and their joints, and the joints at the bones' ends; `below` hang from the hand."""
    found: dict[int, list[int]] = {}
    for row in below:
        if IN_THE_PALM.search(joints[row]):
            continue
        number = FINGERS.get(labels[row].part, 0)
        told = NUMBERED.search(joints[row]) if labels[row].part == "finger" else None
        if number or told:
            found.setdefault(number or int(told[1]) + 10 if told else number, []).append(row)
    numbered = [number - 10 for number in found if number >= 10]
    first = 1 if 0 in numbered else 0 if 1 not in found else 1
    rows, ends = {}, {}
    for number, chain in found.items():
        finger = number if number < 10 else number - 10 + first
        if not 1 <= finger <= 5:
            continue
        for joint, row in enumerate(chain[:3], start=1):
            rows[f"finger{finger}-{joint}.{side}"] = row
            if joint < len(chain):
                ends[f"finger{finger}-{joint}.{side}"] = chain[joint]
    return rows, ends


def fingers_move(rows: Mapping[str, int], ends: Mapping[str, int], places: Float[np.ndarray, "t n 3"]) -> bool:
    """At least two fingers of two joints are there, and one of them bends."""
    bends = []
    for bone, row in rows.items():
        onward = f"{bone[:8]}{int(bone[8]) + 1}{bone[9:]}"
        if bone in ends and onward in ends:
            way, after = (unit_vectors(places[:, end] - places[:, start])
                          for start, end in ((row, ends[bone]), (rows[onward], ends[onward])))  # fmt: skip
            bends.append(float(np.rad2deg(np.arccos(np.clip((way * after).sum(1), -1, 1))).max()))
    return len(bends) >= 2 and max(bends) > MOVED_DEG


def turn_fingers(
    rows: Mapping[str, int], ends: Mapping[str, int], places: Float[np.ndarray, "t n 3"],
    hands: Mapping[str, Float[np.ndarray, "t 3 3"]],
) -> dict[str, Float[np.ndarray, "t 3 3"]]:  # fmt: skip
    """World turns of the fingers: each bone the smallest way from the one before it to where the file's points."""
    heads, turned = reference_heads(), {}
    for bone in sorted(rows):
        name, side = bone[:7], bone[-1]
        joint = int(bone[8])
        above = turned.get(f"{name}-{joint - 1}.{side}", hands[side])
        if bone not in ends:
            turned[bone] = above
            continue
        last = min(joint, 2)
        own = heads[f"{name}-{last + 1}.{side}"] - heads[f"{name}-{last}.{side}"]
        way = places[:, ends[bone]] - places[:, rows[bone]]
        turned[bone] = smallest_rotations(above @ own, way) @ above
    return turned
