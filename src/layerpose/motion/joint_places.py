"""Where a person's joints are -> rotations of the body: limbs point at them, the trunk lies between hips and shoulders.

Twists are what elbows, knees and feet tell; where they are straight, a limb turns no more than it must.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.posing import ADULT, curl_fingers, palm_axes, reference_heads, turn_forearm, world_to_relative
from layerpose.motion.turning import axes_along, smallest_rotations, unit_vectors

Points = Float[np.ndarray, "*#t 3"]
Turns = Float[np.ndarray, "*#t 3 3"]
NEEDED = tuple(
    f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
)
"""Joints without which a pose cannot be told; neck, head, toes, heels, hands, ears and nose are used if there are."""
SPINE = (("spine05", 0.25), ("spine04", 0.5), ("spine03", 0.75), ("spine02", 1.0), ("spine01", 1.0))
"""Bones of the trunk and how far each turns from the hips towards the shoulders."""
NECK_TO_HEAD = np.array([0.0, -0.05, 0.09])
"""From neck to head in SMPL's joints when the head is upright, in body axes (m)."""
ANKLE_TO_TOES = np.array([0.0, -0.12, -0.06])
"""From the ankle to the ball of a foot that is flat on the floor (m)."""
STEADY = {"arm": 0.05, "leg": 0.12}
"""Share of the axis that a limb's bend would have if it were not twisted, in the axis that it has."""
FLATTEST = 1e-3
"""Sine between trunk and line of hips or shoulders below which there is no trunk."""
CURL = 20.0
"""Degrees by which fingers are bent."""


def places_to_rotations(places: Mapping[str, Points]) -> Float[np.ndarray, "t 104 3 3"]:
    """Places in body axes, of any scale, by name (`NEEDED` and more) -> rotations relative to the parents.

    ValueError, with the first frame, where hips and shoulders lie in one line or place: that is no trunk.
    """
    _check_trunk(places)
    world = _turn_trunk(places)
    world |= _turn_head(places, world["spine01"])
    for side, name in (("L", "left"), ("R", "right")):
        world |= _turn_leg(side, name, places, world["root"])
        world |= _turn_arm(side, name, places, world["spine01"])
    rotations = world_to_relative({body_model().bone(bone): turn for bone, turn in world.items()})
    return curl_fingers(rotations, CURL)


def _check_trunk(places: Mapping[str, Points]) -> None:
    up = middle(places, "shoulder") - middle(places, "hip")
    for line in ("hip", "shoulder"):
        across = _across(places, line)
        spanned = np.linalg.norm(np.cross(up, across), axis=-1)
        flat = ~(spanned > FLATTEST * np.linalg.norm(up, axis=-1) * np.linalg.norm(across, axis=-1))
        if flat.any():
            raise ValueError(
                f"in frame {int(np.flatnonzero(flat)[0])} the {line}s lie in one place or in one line with the trunk; "
                "repair it or cut it out"
            )


def middle(places: Mapping[str, Points], joint: str) -> Points:
    """The middle of the left and the right one."""
    return (places[f"left_{joint}"] + places[f"right_{joint}"]) / 2


def _across(places: Mapping[str, np.ndarray], joint: str) -> np.ndarray:
    """From the right one to the left one."""
    return places[f"left_{joint}"] - places[f"right_{joint}"]


def _turn_trunk(places: Mapping[str, Points]) -> dict[str, Turns]:
    own = _reference()
    up, own_up = middle(places, "shoulder") - middle(places, "hip"), middle(own, "shoulder") - middle(own, "hip")
    ends = [
        align(
            (own_up, own[f"left_{line}"] - own[f"right_{line}"]), (up, places[f"left_{line}"] - places[f"right_{line}"])
        )
        for line in ("hip", "shoulder")
    ]
    between = Rotation.from_matrix(ends[1] @ ends[0].swapaxes(-1, -2)).as_rotvec()
    turned = {bone: Rotation.from_rotvec(share * between).as_matrix() @ ends[0] for bone, share in SPINE}
    return {"root": ends[0], **turned}


def _turn_head(places: Mapping[str, Points], chest: Turns) -> dict[str, Turns]:
    if {"nose", "left_ear", "right_ear"} <= places.keys():
        own = _face()
        faces = [
            (where["left_ear"] - where["right_ear"], where["nose"] - middle(where, "ear")) for where in (own, places)
        ]
        head = align(faces[0], faces[1])
    elif {"neck", "head"} <= places.keys():
        head = smallest_rotations(chest @ NECK_TO_HEAD, places["head"] - places["neck"]) @ chest
    else:
        return {"head": chest}
    half = Rotation.from_matrix(head @ chest.swapaxes(-1, -2)).as_rotvec() / 2
    return {"neck02": Rotation.from_rotvec(half).as_matrix() @ chest, "head": head}


def _turn_leg(side: str, name: str, places: Mapping[str, Points], root: Turns) -> dict[str, Turns]:
    joints, bones = ("hip", "knee", "ankle"), ("upperleg01", "lowerleg01")
    world = _turn_limb(side, name, joints, bones, places, root, np.array([1.0, 0.0, 0.0]))
    across = world[f"lowerleg01.{side}"] @ np.array([1.0, 0.0, 0.0])
    if f"{name}_heel" in places and f"{name}_toes" in places:
        flat, along = np.array([0.0, -1.0, 0.0]), places[f"{name}_toes"] - places[f"{name}_heel"]
    elif f"{name}_foot" in places:
        flat, along = ANKLE_TO_TOES, places[f"{name}_foot"] - places[f"{name}_ankle"]
    else:
        return world
    return world | {f"foot.{side}": align((flat, np.array([1.0, 0.0, 0.0])), (along, across))}


def _turn_arm(side: str, name: str, places: Mapping[str, Points], chest: Turns) -> dict[str, Turns]:
    heads = reference_heads()
    upper, lower = (heads[f"{end}.{side}"] - heads[f"{start}.{side}"]
                    for start, end in (("upperarm01", "lowerarm01"), ("lowerarm01", "wrist")))  # fmt: skip
    world = _turn_limb(
        side, name, ("shoulder", "elbow", "wrist"), ("upperarm01", "lowerarm01"), places, chest, np.cross(upper, lower)
    )
    forearm, (hand0, _) = world[f"lowerarm01.{side}"], palm_axes(side)
    knuckles = [f"{name}_{finger}" for finger in ("index", "middle", "pinky")]
    if all(knuckle in places for knuckle in knuckles):
        across0 = heads[f"finger2-1.{side}"] - heads[f"finger5-1.{side}"]
        index, mid, little = (places[knuckle] for knuckle in knuckles)
        hand = align((hand0, across0), (mid - places[f"{name}_wrist"], index - little))
    elif f"{name}_hand" in places:
        hand = smallest_rotations(forearm @ hand0, places[f"{name}_hand"] - places[f"{name}_wrist"]) @ forearm
    else:
        return world
    return world | {f"wrist.{side}": hand} | turn_forearm(side, forearm, hand)


def _turn_limb(
    side: str, name: str, joints: tuple[str, str, str], bones: tuple[str, str], places: Mapping[str, Points],
    above: Turns, hinge: Float[np.ndarray, "3"],
) -> dict[str, Turns]:  # fmt: skip
    """Upper and lower half: both point at their joints and turn about the axis of the bend."""
    own = _reference()
    kind = "arm" if joints[0] == "shoulder" else "leg"
    upper0, lower0 = (_along(own, name, joints[i : i + 2]) for i in (0, 1))
    upper, lower = (unit_vectors(_along(places, name, joints[i : i + 2])) for i in (0, 1))
    carried = (smallest_rotations(above @ unit_vectors(upper0), upper) @ above) @ unit_vectors(hinge)
    axis = np.cross(upper, lower) + STEADY[kind] * carried
    return {
        f"{bones[0]}.{side}": align((upper0, hinge), (upper, axis)),
        f"{bones[1]}.{side}": align((lower0, hinge), (lower, axis)),
    }


@lru_cache(maxsize=1)
def _face() -> dict[str, Float[np.ndarray, "3"]]:
    """Nose and ears in the A-pose."""
    model = body_model()
    posed = model.pose(model.rest(np.array(ADULT)), np.tile(np.eye(3), (len(model.parents), 1, 1)))
    return {name: posed.keypoints[model.keypoint_names.index(name)] for name in ("nose", "left_ear", "right_ear")}


def _along(places: Mapping[str, np.ndarray], name: str, joints: tuple[str, ...]) -> np.ndarray:
    return places[f"{name}_{joints[1]}"] - places[f"{name}_{joints[0]}"]


def _reference() -> dict[str, Float[np.ndarray, "3"]]:
    """Places of the joints in the A-pose."""
    bones = {"hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot",
             "shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist"}  # fmt: skip
    heads = reference_heads()
    return {
        f"{name}_{joint}": heads[f"{bone}.{side}"]
        for side, name in (("L", "left"), ("R", "right"))
        for joint, bone in bones.items()
    }


def align(start: tuple[Points, Points], end: tuple[Points, Points]) -> Turns:
    """The rotations that take the first direction to the first and the second as near as it can be to the second."""
    return axes_along(*end) @ axes_along(*start).swapaxes(-1, -2)
