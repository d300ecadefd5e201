from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.motion.library import FIGURES, GROUPS, NAMES, group_of, library_pose, title_of
from layerpose.motion.posing import pose_from_angles, turn


def _keypoints(pose):
    model = body_model()
    posed = model.pose(model.rest(np.full(6, 0.6)), pose.rotations.double().numpy())
    return dict(zip(model.keypoint_names, posed.keypoints, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_library_poses_are_rotations(name):
    rotations = library_pose(name).rotations
    assert torch.allclose(rotations @ rotations.transpose(1, 2), torch.eye(3).expand(104, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(rotations), torch.ones(104), atol=1e-5)


def test_raised_arms_are_above_the_head_and_folded_ones_before_the_chest():
    up, folded = _keypoints(library_pose("arms-up")), _keypoints(library_pose("arms-folded"))
    assert min(up["left_wrist"][2], up["right_wrist"][2]) > up["nose"][2] + 0.2
    assert folded["left_wrist"][0] < folded["right_wrist"][0]
    assert max(folded["left_wrist"][1], folded["right_wrist"][1]) < folded["left_shoulder"][1] - 0.1


def test_the_waving_hand_is_the_right_one():
    points = _keypoints(library_pose("wave"))
    assert points["right_wrist"][2] > points["right_shoulder"][2] + 0.15 > points["left_wrist"][2]


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'moonwalk'.*stand, .*arms-folded"):
        library_pose("moonwalk")


def test_a_quarter_turn_makes_the_person_face_their_left():
    before, after = (_keypoints(p)["nose"] for p in (library_pose("stand"), turn(library_pose("stand"), np.pi / 2)))
    assert before[1] < -0.05
    assert after[0] > 0.05


def test_angles_by_name_refuse_an_unknown_bone():
    assert _keypoints(pose_from_angles({"upperarm01.L": (0, -60, 0)}))["left_wrist"][2] > 0.3
    with pytest.raises(ValueError, match="unknown bone 'elbow'"):
        pose_from_angles({"elbow": (0, 0, 1)})


def test_hanging_hands_look_at_the_thighs_with_the_thumbs_before_and_the_fingers_bent_inwards():
    model = body_model()
    pose = library_pose("stand")
    _, heads = model.kinematics(model.rest(np.full(6, 0.6)), pose.rotations.double().numpy())
    for side, inwards in (("L", -1), ("R", 1)):
        place = {name: heads[model.bone(f"{name}.{side}")] for name in ("wrist", "finger1-3", "finger3-1", "finger3-3")}
        hand, finger = place["finger3-1"] - place["wrist"], place["finger3-3"] - place["finger3-1"]
        assert place["finger1-3"][1] < place["finger3-1"][1] - 0.02, "the thumb is in front"
        bent = finger / np.linalg.norm(finger) - hand / np.linalg.norm(hand)
        assert bent[0] * inwards > 0.3, "the fingers bend towards the thigh"


STANDING = [
    *GROUPS["fashion"], "read", "cheer", "salute", "carry", "pick-up", "look-at-watch", "boxing", "punch", "throw",
    "ski", "weightlift", "tennis-serve", "basketball-shot", "ballet-fifth", "disco", "hip-hop", "tango", "chair",
    "triangle", "warrior-one", "warrior-two", "forward-fold", "hands-together",
]  # fmt: skip


@pytest.mark.parametrize("name", STANDING)
def test_both_feet_stand_on_the_ground(name):
    points = _keypoints(library_pose(name))
    low = [min(points[f"{side}_{end}"][2] for end in ("big_toe", "small_toe", "heel")) for side in ("left", "right")]
    assert abs(low[0] - low[1]) < 0.035
    assert max(low) < min(points["left_wrist"][2], points["right_wrist"][2])


def test_there_are_poses_for_every_occasion_each_in_one_group_and_named_alike():
    assert len(NAMES) == sum(map(len, GROUPS.values())) >= 56
    assert set(GROUPS) == {"basic", "daily", "sitting", "sport", "dance", "yoga", "fashion"}
    assert all(len(figures) >= 5 for figures in GROUPS.values())
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in NAMES)
    assert (title_of("warrior-two"), group_of("warrior-two")) == ("Warrior two", "yoga")


def test_no_two_poses_are_the_same():
    assert len({repr(figure) for figure in FIGURES.values()}) == len(FIGURES)


def test_hands_are_where_the_names_say():
    prayer, phone = _keypoints(library_pose("hands-together")), _keypoints(library_pose("salute"))
    assert np.linalg.norm(prayer["left_wrist"] - prayer["right_wrist"]) < 0.12
    assert phone["right_wrist"][2] > phone["right_shoulder"][2] + 0.1
    dog = _keypoints(library_pose("downward-dog"))
    assert min(dog["left_hip"][2], dog["right_hip"][2]) > dog["nose"][2] + 0.3
