"""The skeletons of Mixamo and CMU -> which bone of the body each joint is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from layerpose.body.model import body_model

FINGERS = {"1": "Thumb", "2": "Index", "3": "Middle", "4": "Ring", "5": "Pinky"}
FULL = {"L": "Left", "R": "Right"}


@dataclass(frozen=True, kw_only=True)
class Joint:
    """A joint of the file: it lies where its bone begins and turns as `turning` does."""

    name: str
    parent: str | None
    bone: str
    turning: str
    aim: str | None = None
    """The joint to which it is made to point, where bones between the two bend on their own."""


@dataclass(frozen=True, kw_only=True)
class Tip:
    """The end of a chain: beyond its last bone, by a share of the way that leads there from an earlier one."""

    name: str
    parent: str
    bone: str
    start: str
    share: float


Skeleton = tuple[Joint | Tip, ...]


def place_of(joint: Joint | Tip, heads: Float[np.ndarray, "*t j 3"]) -> Float[np.ndarray, "*t 3"]:
    """Where a joint or tip is, given where the bones begin."""
    model = body_model()
    place = heads[..., model.bone(joint.bone), :]
    if isinstance(joint, Joint):
        return place
    return place + joint.share * (place - heads[..., model.bone(joint.start), :])


def _joint(name: str, parent: str | None, bone: str, turning: str = "", aim: str | None = None) -> Joint:
    return Joint(name=name, parent=parent, bone=bone, turning=turning or bone, aim=aim)


def _top(parent: str, name: str) -> Tip:
    return Tip(name=name, parent=parent, bone="head", start="spine02", share=0.34)


def _toes(side: str, parent: str, name: str) -> Tip:
    return Tip(name=name, parent=parent, bone=f"toe2-3.{side}", start=f"toe2-1.{side}", share=0.5)


def _fingertip(finger: str, side: str, parent: str, name: str) -> Tip:
    return Tip(name=name, parent=parent, bone=f"finger{finger}-3.{side}", start=f"finger{finger}-2.{side}", share=0.8)


def _arm(side: str, chest: str) -> Sequence[Joint]:
    full = FULL[side]
    return (
        _joint(f"{full}Shoulder", chest, f"clavicle.{side}", aim=f"{full}Arm"),
        _joint(f"{full}Arm", f"{full}Shoulder", f"upperarm01.{side}", aim=f"{full}ForeArm"),
        _joint(f"{full}ForeArm", f"{full}Arm", f"lowerarm01.{side}", aim=f"{full}Hand"),
        _joint(f"{full}Hand", f"{full}ForeArm", f"wrist.{side}"),
    )


def _leg(side: str, hips: str) -> Skeleton:
    full = FULL[side]
    return (
        _joint(f"{full}UpLeg", hips, f"upperleg01.{side}", aim=f"{full}Leg"),
        _joint(f"{full}Leg", f"{full}UpLeg", f"lowerleg01.{side}", aim=f"{full}Foot"),
        _joint(f"{full}Foot", f"{full}Leg", f"foot.{side}"),
        _joint(f"{full}ToeBase", f"{full}Foot", f"toe2-1.{side}"),
        _toes(side, f"{full}ToeBase", f"{full}Toe_End"),
    )


def _mixamo_fingers(side: str) -> Skeleton:
    joints: list[Joint | Tip] = []
    for finger, name in FINGERS.items():
        above = f"{FULL[side]}Hand"
        for number in (1, 2, 3):
            own = f"{FULL[side]}Hand{name}{number}"
            joints.append(_joint(own, above, f"finger{finger}-{number}.{side}"))
            above = own
        joints.append(_fingertip(finger, side, above, f"{FULL[side]}Hand{name}4"))
    return tuple(joints)


def _cmu_fingers(side: str) -> Skeleton:
    full = FULL[side]
    return (
        _joint(f"{full}FingerBase", f"{full}Hand", f"finger3-1.{side}"),
        _joint(f"{full}HandIndex1", f"{full}FingerBase", f"finger3-2.{side}"),
        _fingertip("3", side, f"{full}HandIndex1", f"{full}HandIndex1_End"),
        _joint(f"{side}Thumb", f"{full}Hand", f"finger1-1.{side}"),
        _fingertip("1", side, f"{side}Thumb", f"{side}Thumb_End"),
    )


def _mixamo() -> Skeleton:
    trunk = (
        _joint("Hips", None, "root"),
        _joint("Spine", "Hips", "spine05", "spine04", aim="Spine1"),
        _joint("Spine1", "Spine", "spine03", "spine02", aim="Spine2"),
        _joint("Spine2", "Spine1", "spine01"),
        _joint("Neck", "Spine2", "neck01", "neck02", aim="Head"),
        _joint("Head", "Neck", "head"),
        _top("Head", "HeadTop_End"),
    )
    arms = [part for side in "LR" for part in (*_arm(side, "Spine2"), *_mixamo_fingers(side))]
    return (*trunk, *arms, *(part for side in "LR" for part in _leg(side, "Hips")))


def _cmu() -> Skeleton:
    legs: list[Joint | Tip] = []
    for side in "LR":
        legs += [_joint(f"{side}HipJoint", "Hips", f"pelvis.{side}"), *_leg(side, f"{side}HipJoint")]
    trunk = (
        _joint("LowerBack", "Hips", "spine05", "spine04", aim="Spine"),
        _joint("Spine", "LowerBack", "spine03", "spine02", aim="Spine1"),
        _joint("Spine1", "Spine", "spine01"),
        _joint("Neck", "Spine1", "neck01", aim="Neck1"),
        _joint("Neck1", "Neck", "neck02", aim="Head"),
        _joint("Head", "Neck1", "head"),
        _top("Head", "Head_End"),
    )
    arms = [part for side in "LR" for part in (*_arm(side, "Spine1"), *_cmu_fingers(side))]
    return (_joint("Hips", None, "root"), *legs, *trunk, *arms)


SKELETONS: dict[str, Skeleton] = {"mixamo": _mixamo(), "cmu": _cmu()}
"""Joints and tips, every parent before its children and followed by all that hangs on it."""
