from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.motion.collarbones import MOST_DEG, swing_collarbone
from layerpose.motion.posing import reference_heads

CHEST = Rotation.from_euler("zx", [30, 20], degrees=True).as_matrix()[None]
ARM = {
    "upperarm01.L": Rotation.from_euler("yz", [-70, 15], degrees=True).as_matrix()[None],
    "lowerarm01.L": Rotation.from_euler("yz", [-50, 60], degrees=True).as_matrix()[None],
}


def hand(world: dict[str, np.ndarray]) -> np.ndarray:
    """Where the hand is, seen from where the collarbone begins."""
    heads = reference_heads()
    joints = [heads[f"{bone}.L"] for bone in ("clavicle", "upperarm01", "lowerarm01", "wrist")]
    bones = ("clavicle.L", "upperarm01.L", "lowerarm01.L")
    return sum(world[bone][0] @ (joints[i + 1] - joints[i]) for i, bone in enumerate(bones))


@pytest.mark.parametrize("swing_deg", [10.0, 45.0, 70.0, 110.0])
def test_collarbone_stays_within_reach_and_the_hand_where_it_was(swing_deg: float):
    swing = Rotation.from_euler("y", -swing_deg, degrees=True).as_matrix()[None]
    found = swing_collarbone(ARM, CHEST, swing, "L")
    turned = Rotation.from_matrix(found["clavicle.L"][0] @ CHEST[0].T).magnitude()
    assert np.rad2deg(turned) == pytest.approx(swing_deg if swing_deg < 20 else MOST_DEG, abs=2.5)
    before, after = hand(ARM | {"clavicle.L": swing @ CHEST}), hand(ARM | found)
    assert np.linalg.norm(after - before) < 1e-6


def test_collarbone_that_swings_little_leaves_the_arm_alone():
    swing = Rotation.from_euler("y", 20, degrees=True).as_matrix()[None]
    assert swing_collarbone(ARM, CHEST, swing, "L").keys() == {"clavicle.L"}


def test_larger_swings_of_a_file_are_larger_swings_of_the_body():
    swings = Rotation.from_euler("y", np.arange(0, 90, 5.0)[:, None], degrees=True).as_matrix()
    arm = {bone: np.repeat(turn, len(swings), axis=0) for bone, turn in ARM.items()}
    chest = np.repeat(CHEST, len(swings), axis=0)
    found = swing_collarbone(arm, chest, swings, "L")["clavicle.L"] @ CHEST[0].T
    angles = np.rad2deg(Rotation.from_matrix(found).magnitude())
    assert (np.diff(angles) > 0).all()
    assert angles[5] == pytest.approx(25)
