"""How the joints of a file are turned when a person stands straight -> what to add to each joint's rotation.

A bone of the body turns by ``axes @ joint's rotation @ constant``. The constant comes from a pose that shows a person
standing straight (a rest pose, a T-pose at the start). Where there is none, or a joint is turned against the limbs it
carries, it comes from where the joints are in the frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from layerpose.motion.anatomy import LIMBS, Anatomy
from layerpose.motion.posing import reference_heads
from layerpose.motion.turning import (
    angles_between,
    axes_along,
    mean_rotation,
    smallest_rotations,
    snapped,
    unit_vectors,
    upright_axes,
)  # fmt: skip

Turns = Float[np.ndarray, "t 3 3"]
AGAINST_DEG = {"root": 40.0, "upperarm01": 120.0, "lowerarm01": 120.0, "clavicle": 90.0, "wrist": 90.0}
AGAINST_USUAL_DEG = 60.0
"""A joint that is turned by more than this against where the limbs are does not say how they are turned."""
SNAP_DEG = 25.0
"""Local axes are by quarter turns along the person's axes more often than not: taken so if they are this near."""
SURE_DEG = 8.0
"""The lines of hips and shoulders and the ways of limbs are known better than what is turned about them."""
BENT_DEG = 25.0
"""An elbow or a knee that is bent further shows how the limb is turned about itself."""
STEADY = 0.05
"""Share of the straight limb's own hinge in the hinge of elbow and knee."""


@dataclass(frozen=True, kw_only=True)
class Straight:
    """A pose of the file that shows a person standing straight."""

    turns: Float[np.ndarray, "n 3 3"]
    places: Float[np.ndarray, "n 3"]
    axes: Float[np.ndarray, "3 3"]
    """The file's axes -> that person's left, back and up."""
    promised: bool
    """A skin was bound to this pose, or the format promises it: it is believed against what the frames look like."""


def calibrate(
    anatomy: Anatomy, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"], straight: Straight | None
) -> dict[str, Float[np.ndarray, "3 3"]]:
    """The constant of every bone; turns and places of some frames are in body axes."""
    if anatomy.exact and straight is not None:
        return {bone: (straight.axes @ straight.turns[row]).T for bone, row in anatomy.rows.items()}
    seen = _seen_constants(anatomy, turns, places)
    if straight is None:
        return {bone: constant for bone, (constant, _) in seen.items()}
    aims, constants = aim_at(anatomy, straight.places @ straight.axes.T), {}
    for bone, row in anatomy.rows.items():
        told = (straight.axes @ straight.turns[row]).T @ aims.get(bone, np.eye(3))
        constant, trusted = seen.get(bone, (told, False))
        against = angles_between(told, constant) > AGAINST_DEG.get(bone.split(".")[0], AGAINST_USUAL_DEG)
        constants[bone] = constant if trusted and against and not straight.promised else told
    return constants


def aim_at(anatomy: Anatomy, places: Float[np.ndarray, "n 3"]) -> dict[str, Float[np.ndarray, "3 3"]]:
    """Rotations that take the limbs of the body's A-pose to those of a straight pose, each by the smallest one.

    A hand of which the file has nothing beyond the wrist goes on as the forearm does.
    """
    heads, aims = reference_heads(), {}
    for side in "LR":
        for bones in (LIMBS["arm"], LIMBS["leg"][:2]):
            turned = np.eye(3)
            for bone in (f"{bone}.{side}" for bone in bones):
                if bone in anatomy.ends:
                    own = turned @ (heads[end_of(bone)] - heads[bone])
                    turned = smallest_rotations(own, places[anatomy.ends[bone]] - places[anatomy.rows[bone]]) @ turned
                aims[bone] = turned
    return aims


def chest_of(anatomy: Anatomy) -> str:
    """The bone that carries arms and neck: the uppermost of the spine that moves."""
    return min((bone for bone in anatomy.rows if bone.startswith("spine")), default="root")


def end_of(bone: str) -> str:
    """The bone at the end of a limb's bone."""
    name, _, side = bone.partition(".")
    after = {
        "upperarm01": "lowerarm01", "lowerarm01": "wrist", "wrist": "finger3-1", "upperleg01": "lowerleg01",
        "lowerleg01": "foot", "foot": "toe2-1",
    }  # fmt: skip
    return f"{after[name]}.{side}"


def _seen_constants(
    anatomy: Anatomy, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"]
) -> dict[str, tuple[Float[np.ndarray, "3 3"], bool]]:
    """Constants from where the joints are, and whether they can be trusted against a rest pose."""
    seen = _seen_trunk(anatomy, turns, places)

    def turned(bone: str) -> Turns:
        return turns[:, anatomy.rows[bone]] @ seen[bone][0]

    chest = chest_of(anatomy)
    for bone in anatomy.rows:
        if bone.startswith(("neck", "head", "clavicle")):
            carried = turns[:, anatomy.rows[bone]].swapaxes(1, 2) @ turned(chest)
            constant = mean_rotation(carried)
            seen[bone] = (snapped(constant, SNAP_DEG) if bone == "head" else constant), True
    for side in "LR":
        for limb, carrier in (("arm", chest), ("leg", "root")):
            seen |= _seen_limb(anatomy, turns, places, (limb, side), turned(carrier))
        seen |= _seen_hand(anatomy, turns, places, side, turned(f"lowerarm01.{side}"))
    return seen | _seen_feet(anatomy, turns, places)


def _seen_trunk(
    anatomy: Anatomy, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"]
) -> dict[str, tuple[Float[np.ndarray, "3 3"], bool]]:
    """Pelvis and spine: the lines of hips and shoulders, and the way from joint to joint upwards."""
    rows, seen = anatomy.rows, {}
    hips, shoulders = (places[:, [rows[f"{bone}.L"], rows[f"{bone}.R"]]] for bone in ("upperleg01", "upperarm01"))
    lines = [unit_vectors(pair[:, 0] - pair[:, 1]) for pair in (hips, shoulders)]
    trunk = ["root", *sorted((bone for bone in rows if bone.startswith("spine")), reverse=True)]
    stops = [hips.mean(1), *(places[:, rows[bone]] for bone in trunk[1:]), shoulders.mean(1)]
    whole = stops[-1] - stops[0]
    for step, bone in enumerate(trunk):
        share = step / max(len(trunk) - 1, 1)
        onward = next((on - stops[step] for on in stops[step + 1 :] if _far(on - stops[step], whole)), whole)
        axes = upright_axes((1 - share) * lines[0] + share * lines[1], onward)
        seen[bone] = snapped(mean_rotation(turns[:, rows[bone]].swapaxes(1, 2) @ axes), SNAP_DEG, SURE_DEG), True
    return seen


def _seen_limb(
    anatomy: Anatomy, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"],
    limb: tuple[str, str], carrier: Turns,
) -> dict[str, tuple[Float[np.ndarray, "3 3"], bool]]:  # fmt: skip
    """Upper and lower half of an arm or a leg: the way to the next joint, and the hinge of elbow or knee."""
    kind, side = limb
    heads, (upper, lower, end) = reference_heads(), (f"{bone}.{side}" for bone in LIMBS[kind])
    own = [heads[lower] - heads[upper], heads[end] - heads[lower]]
    hinge0 = unit_vectors(np.cross(own[0], own[1] if kind == "arm" else [0.0, 1.0, 0.0]))
    top, middle, last = (places[:, anatomy.rows[bone]] for bone in (upper, lower, end))
    ways = [unit_vectors(middle - top), unit_vectors(last - middle)]
    bent = np.cross(ways[0], ways[1])
    hinge = bent + STEADY * (smallest_rotations(carrier @ own[0], ways[0]) @ carrier @ hinge0)
    weights = np.linalg.norm(hinge, axis=1)
    trusted = float(np.rad2deg(np.arcsin(np.clip(np.linalg.norm(bent, axis=1), 0, 1))).max()) > BENT_DEG
    seen = {}
    for bone, way, straight in zip((upper, lower), ways, own, strict=True):
        local = turns[:, anatomy.rows[bone]].swapaxes(1, 2) @ axes_along(way, hinge)
        seen[bone] = (
            snapped(mean_rotation(local, weights), SNAP_DEG, SURE_DEG) @ axes_along(straight, hinge0).T,
            trusted,
        )
    return seen


def _seen_hand(
    anatomy: Anatomy, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"], side: str, forearm: Turns
) -> dict[str, tuple[Float[np.ndarray, "3 3"], bool]]:
    """A hand is turned about itself as the forearm is, on average."""
    bone = f"wrist.{side}"
    row, heads = anatomy.rows[bone], reference_heads()
    carried = forearm
    if bone in anatomy.ends:
        way = places[:, anatomy.ends[bone]] - places[:, row]
        carried = smallest_rotations(forearm @ (heads[end_of(bone)] - heads[bone]), way) @ forearm
    return {bone: (mean_rotation(turns[:, row].swapaxes(1, 2) @ carried), True)}


def _seen_feet(
    anatomy: Anatomy, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"]
) -> dict[str, tuple[Float[np.ndarray, "3 3"], bool]]:
    """The foot that stands lower is flat, as a rule: so much does the line from ankle to toe slope in both."""
    rows = anatomy.rows
    feet = [f"foot.{side}" for side in "LR"]
    if not all(foot in anatomy.ends for foot in feet):
        carried = {foot: turns[:, rows[f"lowerleg01{foot[-2:]}"]] for foot in feet}
        return {foot: (mean_rotation(turns[:, rows[foot]].swapaxes(1, 2) @ carried[foot]), False) for foot in feet}
    ways = np.stack([unit_vectors(places[:, anatomy.ends[foot]] - places[:, rows[foot]]) for foot in feet], axis=1)
    heights = np.stack([places[:, rows[foot], 2] for foot in feet], axis=1)
    standing = ways[np.arange(len(ways)), heights.argmin(1)]
    slope = -float(np.median(np.arcsin(np.clip(standing[:, 2], -1, 1))))
    seen = {}
    for foot, way in zip(feet, ways.swapaxes(0, 1), strict=True):
        shin = places[:, rows[f"lowerleg01{foot[-2:]}"]] - places[:, rows[foot]]
        upwards = axes_along(way, shin)[..., 1]
        looks, up = (way * np.cos(slope) + upwards * np.sin(slope), upwards * np.cos(slope) - way * np.sin(slope))
        axes = upright_axes(np.cross(up, looks), up)
        seen[foot] = mean_rotation(turns[:, rows[foot]].swapaxes(1, 2) @ axes), False
    return seen


def _far(way: Float[np.ndarray, "t 3"], whole: Float[np.ndarray, "t 3"]) -> bool:
    return bool(np.linalg.norm(way, axis=1).min() > 0.03 * np.median(np.linalg.norm(whole, axis=1)))
