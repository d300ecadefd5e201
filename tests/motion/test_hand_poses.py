"""Hands are held as their names say, left and right alike."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.hand_poses import HANDS, hand_rotations, hold_hands
from layerpose.motion.library import library_pose
from layerpose.motion.posing import ADULT, palm_axes


def tips(name: str) -> dict[str, np.ndarray]:
    """Heads of the last joints of the left hand, from the wrist, in the hand's own axes of the A-pose."""
    model = body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    for bone, vector in hand_rotations(name).items():
        rotations[model.bone(bone)] = Rotation.from_rotvec(vector).as_matrix()
    _, heads = model.kinematics(model.rest(np.array(ADULT)), rotations)
    return {finger: heads[model.bone(f"finger{finger}-3.L")] - heads[model.bone("wrist.L")] for finger in "12345"}


def test_a_fist_is_closed_and_an_open_hand_is_not():
    reach = {name: np.mean([np.linalg.norm(tips(name)[finger]) for finger in "2345"]) for name in HANDS}
    assert reach["fist"] < 0.75 * reach["open"]
    assert reach["fist"] < reach["pinch"] < reach["relaxed"] < reach["open"]


def test_only_the_index_finger_points():
    point, fist, flat = tips("point"), tips("fist"), tips("open")
    assert np.linalg.norm(point["2"] - flat["2"]) < 0.02
    assert all(np.allclose(point[finger], fist[finger]) for finger in "345")


def test_thumb_and_index_finger_meet_in_a_pinch():
    apart = {name: np.linalg.norm(tips(name)["1"] - tips(name)["2"]) for name in HANDS}
    assert apart["pinch"] < 0.55 * apart["relaxed"]
    assert apart["pinch"] < 0.045


def test_fingers_close_towards_the_palm():
    _, palm = palm_axes("L")
    assert all((tips("fist")[finger] - tips("open")[finger]) @ palm > 0.012 for finger in "2345")


@pytest.mark.parametrize("name", list(HANDS))
def test_the_right_hand_is_the_left_one_mirrored(name):
    left, right = hand_rotations(name, "L"), hand_rotations(name, "R")
    assert len(left) == len(right) == 15
    for bone, vector in left.items():
        assert np.allclose(right[f"{bone[:-1]}R"], vector * [1, -1, -1], atol=1e-6)


def test_hands_are_held_and_everything_else_stays():
    pose = library_pose("stand")
    held = hold_hands(pose, "fist", sides=("R",))
    names = body_model().bone_names
    moved = {name for name, a, b in zip(names, pose.rotations, held.rotations, strict=True) if not np.allclose(a, b)}
    assert moved == {name for name in names if name.startswith("finger") and name.endswith(".R")}
    with pytest.raises(ValueError, match="no hand 'claw'; expected one of: relaxed, open, fist"):
        hold_hands(pose, "claw")
