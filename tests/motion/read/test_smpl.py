"""Every layout of the SMPL family and of joint positions holds the same motion, and the same is read from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from layerpose.motion.read.smpl import read_smpl

STATURE_IN_LEGS = 2.1


def angle(one: np.ndarray, other: np.ndarray) -> float:
    """Degrees between two directions."""
    return float(np.degrees(np.arccos(np.clip(one @ other, -1, 1))))


def test_limbs_point_where_the_file_says(
    layout: str, write: Callable[..., Any], tmp_path: Path, wanted: dict[str, np.ndarray], seen: Callable[..., Any]
) -> None:
    written = write(layout, tmp_path)
    clip = read_smpl(written.path, written.person)
    found = seen(clip.pose(written.frame))
    off = {joint: angle(found[joint], wanted[joint]) for joint in wanted}
    assert max(off.values()) < 2, off
    motion = clip.motion(written.frame, fps=30)
    assert np.allclose(motion.rotations[0], clip.pose(written.frame).rotations, atol=1e-5)


def test_the_pelvis_goes_where_the_file_says(
    layout: str, write: Callable[..., Any], tmp_path: Path, wanted_path: np.ndarray
) -> None:
    written = write(layout, tmp_path)
    motion = read_smpl(written.path, written.person).motion(fps=30)
    if written.moves:
        gone = (motion.path[-1] - motion.path[0]).numpy()
        assert np.abs(gone - wanted_path).max() < 0.01 * STATURE_IN_LEGS
        assert motion.fps in (20, 30, 60, 120)
    right, left = motion.ankles[0, 1], motion.ankles[0, 0]
    assert left[0] > right[0], "the person's left is at the viewer's right"


def test_the_written_pose_is_what_it_is_meant_to_be(wanted: dict[str, np.ndarray]) -> None:
    chest = np.array([[np.cos(np.pi / 6), 0], [np.sin(np.pi / 6), 0], [0, 1]])
    arm = np.deg2rad(-70 + 8)
    assert np.allclose(wanted["left_shoulder"], chest @ [np.cos(arm), np.sin(arm)], atol=1e-3)
    assert np.allclose(wanted["right_hip"], [0, 0, -1], atol=1e-6)
    assert wanted["left_hip"][1] < -0.6, "the left thigh is lifted towards the viewer"
    assert wanted["right_elbow"][2] > 0.5, "the right forearm points up"
