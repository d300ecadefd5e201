"""A few angles or limb directions -> Pose: how poses are written by hand.

Everything is in body axes (x to the person's left, y back, z up); a relaxed A-pose is all identities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.body.skeleton import mirrored
from layerpose.types import Pose

Vector = tuple[float, float, float]
ADULT = (0.5, 0.67, 0.5, 0.5, 0.5, 0.5)
"""The phenotype whose A-pose gives the reference directions of the limbs."""
SIDES = {"L": 1.0, "R": -1.0}
TWIST_SHARE = 0.6
"""How much of a hand's turn about the forearm the far half of the forearm takes up."""
SPINE = ("spine05", "spine03", "spine02", "spine01")
FINGER_SHARES = {"1": 0.25, "2": 0.75, "3": 0.9, "4": 1.0, "5": 1.05}
"""How far each finger closes, as a share of the curl; the thumb least."""


@dataclass(frozen=True, kw_only=True)
class Limb:
    """Where an arm or a leg points: the upper and the lower half, then hand or foot; x is *outwards* on both sides."""

    upper: Vector
    lower: Vector
    end: Vector | None = None
    """Direction of the hand or foot. Default: as the lower half carries it (a foot: flat, along the knee)."""
    palm: Vector | None = None
    """Where the palm (or sole) looks."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A pose in words of limbs; angles are rotation vectors in degrees."""

    left_arm: Limb
    right_arm: Limb
    left_leg: Limb
    right_leg: Limb
    pelvis: Vector = (0, 0, 0)
    spine: Vector = (0, 0, 0)
    head: Vector = (0, 0, 0)
    curl: float = 25
    """Degrees by which every finger joint is bent."""


def pose_from_angles(angles: Mapping[str, Vector]) -> Pose:
    """Rotation vectors in degrees by bone name, each relative to the parent; other bones rest."""
    model = body_model()
    vectors = np.zeros((len(model.bone_names), 3))
    for name, vector in angles.items():
        if name not in model.bone_names:
            raise ValueError(f"unknown bone {name!r}; expected one of {', '.join(model.bone_names)}")
        vectors[model.bone(name)] = vector
    return to_pose(Rotation.from_rotvec(np.deg2rad(vectors)).as_matrix())


def pose_from_figure(figure: Figure) -> Pose:
    """Limb directions -> joint rotations: every bend is a hinge, hands turn in the forearm."""
    model, places = body_model(), reference_heads()
    world: dict[str, np.ndarray] = {"root": _rotation(figure.pelvis)}
    step = Rotation.from_rotvec(np.deg2rad(figure.spine) / len(SPINE)).as_matrix()
    trunk = world["root"]
    for bone in SPINE:
        trunk = trunk @ step
        world[bone] = trunk
    world["neck02"] = trunk @ Rotation.from_rotvec(np.deg2rad(figure.head) / 2).as_matrix()
    world["head"] = trunk @ _rotation(figure.head)
    for side, arm in (("L", figure.left_arm), ("R", figure.right_arm)):
        world |= _raise_shoulder(side, arm, trunk) | _pose_arm(side, arm, places)
    for side, leg in (("L", figure.left_leg), ("R", figure.right_leg)):
        world |= _pose_leg(side, leg, places)
    rotations = world_to_relative({model.bone(name): matrix for name, matrix in world.items()})
    return to_pose(curl_fingers(rotations, figure.curl))


def world_to_relative(world: Mapping[int, Float[np.ndarray, "*t 3 3"]]) -> Float[np.ndarray, "*t j 3 3"]:
    """World turns of some bones -> rotations relative to the parents; a bone without one moves with its parent."""
    parents = body_model().parents
    frames = next(iter(world.values()), np.eye(3)).shape[:-2]
    still = np.broadcast_to(np.eye(3), (*frames, 3, 3))
    turned: list[np.ndarray] = []
    relative = np.empty((*frames, len(parents), 3, 3))
    for bone, parent in enumerate(parents):
        above = turned[parent] if parent >= 0 else still
        turned.append(world.get(bone, above))
        relative[..., bone, :, :] = above.swapaxes(-1, -2) @ turned[bone] if bone in world else np.eye(3)
    return relative


def curl_fingers(
    rotations: Float[np.ndarray, "*t j 3 3"], degrees: float, sides: tuple[str, ...] = ("L", "R")
) -> Float[np.ndarray, "*t j 3 3"]:
    """Bend every finger joint further towards the palm."""
    model, bent = body_model(), rotations.copy()
    for side in sides:
        for finger, share in FINGER_SHARES.items():
            axis = curl_axis(finger, side)
            for joint in (1, 2, 3):
                bone = model.bone(f"finger{finger}-{joint}.{side}")
                bend = Rotation.from_rotvec(axis * np.deg2rad(degrees * share)).as_matrix()
                bent[..., bone, :, :] = bent[..., bone, :, :] @ bend
    return bent


def turn(pose: Pose, azimuth: float) -> Pose:
    """The whole body turned about the vertical by an angle in radians; positive: to the person's left."""
    rotations = pose.rotations.clone()
    matrix = Rotation.from_euler("z", azimuth).as_matrix()
    rotations[0] = torch.as_tensor(matrix, dtype=rotations.dtype) @ rotations[0]
    return Pose(rotations=rotations)


def mirror(rotations: Float[np.ndarray, "j 3 3"]) -> Float[np.ndarray, "j 3 3"]:
    """Left and right swapped."""
    names = body_model().bone_names
    swap = [names.index(mirrored(name)) for name in names]
    flip = np.diag([-1.0, 1.0, 1.0])
    return flip @ rotations[swap] @ flip


def to_pose(rotations: Float[np.ndarray, "j 3 3"]) -> Pose:
    """Matrices -> Pose."""
    return Pose(rotations=torch.from_numpy(np.asarray(rotations, dtype=np.float32)))


@lru_cache(maxsize=1)
def reference_heads() -> dict[str, Float[np.ndarray, "3"]]:
    """Where the bones' heads are in the A-pose."""
    model = body_model()
    rest = model.rest(np.array(ADULT))
    _, heads = model.kinematics(rest, np.tile(np.eye(3), (len(model.bone_names), 1, 1)))
    return dict(zip(model.bone_names, heads, strict=True))


def smallest_rotation(start: Float[np.ndarray, "3"], end: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """The smallest rotation that takes the direction `start` to the direction `end`."""
    start, end = unit(start), unit(end)
    axis, cosine = np.cross(start, end), float(start @ end)
    if cosine < -0.9999:
        axis = unit(np.cross(start, [0.9, 0.1, -0.4]))
        return Rotation.from_rotvec(axis * np.pi).as_matrix()
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + cross + cross @ cross / (1 + cosine)


def unit(vector: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """The vector at length 1."""
    return np.asarray(vector, dtype=np.float64) / np.linalg.norm(vector)


def turn_forearm(
    side: str, forearm: Float[np.ndarray, "*t 3 3"], hand: Float[np.ndarray, "*t 3 3"]
) -> dict[str, Float[np.ndarray, "*t 3 3"]]:
    """The forearm's far half follows the hand as it turns about the forearm; world turns in and out."""
    places = reference_heads()
    along = forearm @ unit(places[f"wrist.{side}"] - places[f"lowerarm01.{side}"])
    turned = Rotation.from_matrix((hand @ forearm.swapaxes(-1, -2)).reshape(-1, 3, 3)).as_quat()
    turned = turned.reshape(*along.shape[:-1], 4)
    angle = 2 * np.arctan2((turned[..., :3] * along).sum(-1), turned[..., 3])
    angle = (angle + np.pi) % (2 * np.pi) - np.pi
    share = Rotation.from_rotvec((along * (angle * TWIST_SHARE)[..., None]).reshape(-1, 3)).as_matrix()
    return {f"lowerarm02.{side}": share.reshape(forearm.shape) @ forearm}


def _raise_shoulder(side: str, arm: Limb, trunk: np.ndarray) -> dict[str, np.ndarray]:
    """The collarbone lifts with an arm that is raised."""
    height = unit(trunk.T @ np.array(arm.upper))[2]
    lift = np.deg2rad(np.interp(height, [-0.5, 1], [0, 28]))
    return {f"clavicle.{side}": trunk @ Rotation.from_rotvec([0, -SIDES[side] * lift, 0]).as_matrix()}


def _pose_arm(side: str, arm: Limb, places: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    shoulder, elbow, wrist = (places[f"{bone}.{side}"] for bone in ("upperarm01", "lowerarm01", "wrist"))
    upper0, lower0 = unit(elbow - shoulder), unit(wrist - elbow)
    upper, lower = _outwards(arm.upper, side), _outwards(arm.lower, side)
    hinge0 = unit(np.cross(upper0, lower0))
    hinge = np.cross(upper, lower) + 0.05 * smallest_rotation(upper0, upper) @ hinge0
    world = {
        f"upperarm01.{side}": _align((upper0, hinge0), (upper, hinge)),
        f"lowerarm01.{side}": _align((lower0, hinge0), (lower, hinge)),
    }
    forearm = world[f"lowerarm01.{side}"]
    hand0, palm0 = palm_axes(side)
    hand = _outwards(arm.end, side) if arm.end else forearm @ hand0
    if arm.palm is None:
        world[f"wrist.{side}"] = smallest_rotation(forearm @ hand0, hand) @ forearm
        return world
    turned = _align((hand0, palm0), (hand, _outwards(arm.palm, side)))
    world[f"wrist.{side}"] = turned
    return world | turn_forearm(side, forearm, turned)


def _pose_leg(side: str, leg: Limb, places: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    hip, knee, ankle, toe = (places[f"{bone}.{side}"] for bone in ("upperleg01", "lowerleg01", "foot", "toe2-1"))
    upper0, lower0 = unit(knee - hip), unit(ankle - knee)
    upper, lower = _outwards(leg.upper, side), _outwards(leg.lower, side)
    hinge0 = np.cross(upper0, [0.0, 1.0, 0.0])
    hinge = np.cross(upper, lower) + 0.12 * smallest_rotation(upper0, upper) @ hinge0
    foot0 = unit((toe - ankle) * [1, 1, 0])
    if leg.end is not None:
        foot = _outwards(leg.end, side)
        sole = _outwards(leg.palm, side) if leg.palm else np.array([0.0, 0.0, -1.0])
    else:
        forwards = np.cross(hinge, [0, 0, 1.0]) * [1, 1, 0]
        foot, sole = (-forwards if forwards[1] > 0 else forwards), np.array([0.0, 0.0, -1.0])
    return {
        f"upperleg01.{side}": _align((upper0, hinge0), (upper, hinge)),
        f"lowerleg01.{side}": _align((lower0, hinge0), (lower, hinge)),
        f"foot.{side}": _align((foot0, np.array([0.0, 0.0, -1.0])), (foot, sole)),
    }


def palm_axes(side: str) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Direction of the hand and of the palm's gaze in the A-pose."""
    places = reference_heads()
    hand = unit(places[f"finger3-1.{side}"] - places[f"wrist.{side}"])
    across = places[f"finger5-1.{side}"] - places[f"finger2-1.{side}"]
    return hand, unit(np.cross(across, hand)) * SIDES[side]


def curl_axis(finger: str, side: str) -> Float[np.ndarray, "3"]:
    """About which a finger bends towards the palm."""
    places = reference_heads()
    along = unit(places[f"finger{finger}-3.{side}"] - places[f"finger{finger}-1.{side}"])
    return unit(np.cross(along, palm_axes(side)[1]))


def _align(start: tuple[np.ndarray, np.ndarray], end: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The rotation that takes the first direction to the first and the second as near as it can be to the second."""
    return _axes(*end) @ _axes(*start).T


def _axes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first = unit(first)
    second = unit(second - (second @ first) * first)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def _outwards(vector: Vector, side: str) -> np.ndarray:
    return unit(np.array(vector) * [SIDES[side], 1, 1])


def _rotation(degrees: Vector) -> np.ndarray:
    return Rotation.from_rotvec(np.deg2rad(degrees)).as_matrix()
