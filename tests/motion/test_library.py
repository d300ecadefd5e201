from __future__ import annotations

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.motion.library import NAMES, library_pose
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
