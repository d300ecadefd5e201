"""Names -> how a hand is held: a few angles for each finger -> rotations of its bones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.posing import curl_axis, palm_axes, to_pose
from layerpose.types import Pose

Bends = tuple[float, float, float]
"""Degrees by which the three joints of a finger bend towards the palm, from the hand outwards."""
SIDEWAYS = {"1": 1.0, "2": 1.0, "3": 0.25, "4": -0.5, "5": -1.0}
"""How far each finger goes to the thumb's side as the hand spreads."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """One way of holding a hand; the reference pose's fingers are a little bent already."""

    title: str
    thumb: Bends
    index: Bends
    middle: Bends
    ring: Bends
    little: Bends
    spread: float = 0.0
    """Degrees by which the outer fingers go apart."""
    oppose: float = 0.0
    """Degrees by which the thumb comes before the palm."""
    across: float = 0.0
    """Degrees by which it then goes over to the little finger."""

    @property
    def fingers(self) -> dict[str, Bends]:
        """By the number that the bones have."""
        return {"1": self.thumb, "2": self.index, "3": self.middle, "4": self.ring, "5": self.little}


CLOSED: Bends = (72, 88, 58)
HANDS = {
    "relaxed": Hand(
        title="Relaxed", thumb=(4, 8, 8), index=(14, 18, 14), middle=(19, 22, 16), ring=(24, 26, 18),
        little=(27, 28, 18),
    ),
    "open": Hand(
        title="Open", thumb=(-8, -6, -4), index=(-12, -10, -8), middle=(-12, -12, -8), ring=(-12, -12, -8),
        little=(-12, -10, -8), spread=9,
    ),
    "fist": Hand(
        title="Fist", thumb=(-44, 36, 52), index=CLOSED, middle=CLOSED, ring=CLOSED, little=CLOSED, oppose=78,
        across=14,
    ),
    "point": Hand(
        title="Point", thumb=(-44, 36, 52), index=(-10, -12, -8), middle=CLOSED, ring=CLOSED, little=CLOSED, oppose=78,
        across=14,
    ),
    "pinch": Hand(
        title="Pinch", thumb=(-10, 12, 24), index=(46, 44, 28), middle=(24, 24, 18), ring=(20, 22, 16),
        little=(16, 20, 14), oppose=30, across=4,
    ),
}  # fmt: skip


def hand_rotations(name: str, side: str = "L") -> dict[str, Float[np.ndarray, "3"]]:
    """Rotation vectors (radians) of a hand's bones relative to their parents. ValueError for an unknown name."""
    if name not in HANDS:
        raise ValueError(f"there is no hand {name!r}; expected one of: {', '.join(HANDS)}")
    return {bone: vector for bone, vector in _left_and_right(name).items() if bone.endswith(f".{side}")}


def hold_hands(pose: Pose, name: str, sides: tuple[str, ...] = ("L", "R")) -> Pose:
    """The pose with its hands held so."""
    model, rotations = body_model(), pose.rotations.double().numpy().copy()
    for side in sides:
        for bone, vector in hand_rotations(name, side).items():
            rotations[model.bone(bone)] = Rotation.from_rotvec(vector).as_matrix()
    return to_pose(rotations)


@cache
def _left_and_right(name: str) -> dict[str, Float[np.ndarray, "3"]]:
    hand, found = HANDS[name], {}
    for side in ("L", "R"):
        for finger, bends in hand.fingers.items():
            for joint, degrees in enumerate(bends, start=1):
                turn = Rotation.from_rotvec(curl_axis(finger, side) * np.deg2rad(degrees))
                if joint == 1:
                    turn = _aside(hand, finger, side) * turn
                found[f"finger{finger}-{joint}.{side}"] = turn.as_rotvec()
    return found


def _aside(hand: Hand, finger: str, side: str) -> Rotation:
    """Where the finger goes as the hand spreads, and the thumb as it comes before the palm."""
    along, palm = palm_axes(side)
    thumbwards = np.cross(along, palm) * (1 if side == "L" else -1)
    sideways = hand.spread * SIDEWAYS[finger] - (hand.across if finger == "1" else 0)
    apart = Rotation.from_rotvec(np.cross(along, thumbwards) * np.deg2rad(sideways))
    if finger != "1":
        return apart
    return Rotation.from_rotvec(along * np.deg2rad(hand.oppose) * (1 if side == "L" else -1)) * apart
