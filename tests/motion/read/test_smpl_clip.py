"""What files of the SMPL family leave open: hands, which way is up, the rate, several people, missing frames."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.posing import ADULT
from layerpose.motion.read.smpl import read_smpl
from layerpose.types import Pose

HANGING = {"left": (-1.2, [0.3624, 0, -0.9320]), "right": (1.2, [-0.3624, 0, -0.9320])}
"""Arms that hang, by SMPL's rotation about z, and where they point."""


def poses(count: int = 3, width: int = 156) -> np.ndarray:
    """A person who stands in a room whose z is up, arms hanging."""
    rows = np.zeros((count, width))
    rows[:, 0], rows[:, 50], rows[:, 53] = np.pi / 2, HANGING["left"][0], HANGING["right"][0]
    return rows


def bone_direction(pose: Pose, start: str, end: str) -> np.ndarray:
    model = body_model()
    _, heads = model.kinematics(model.rest(np.array(ADULT)), pose.rotations.double().numpy())
    along = heads[model.bone(end)] - heads[model.bone(start)]
    return along / np.linalg.norm(along)


@pytest.mark.parametrize("generation", ["poses", "root_orient", "global_orient"])
def test_arms_hang_in_every_generation_of_names(tmp_path: Path, generation: str) -> None:
    rows, nothing = poses(), {"trans": np.zeros((3, 3)), "betas": np.zeros(10)}
    if generation == "poses":
        np.savez(tmp_path / "clip.npz", poses=rows, **nothing)
    elif generation == "root_orient":
        np.savez(
            tmp_path / "clip.npz", root_orient=rows[:, :3], pose_body=rows[:, 3:66], mocap_frame_rate=30, **nothing
        )
    else:
        np.savez(
            tmp_path / "clip.npz", global_orient=np.zeros((3, 3)), body_pose=rows[:, 3:66], transl=np.zeros((3, 3))
        )
    pose = read_smpl(tmp_path / "clip.npz").pose(2)
    for side, letter in (("left", "L"), ("right", "R")):
        assert np.allclose(
            bone_direction(pose, f"upperarm01.{letter}", f"lowerarm01.{letter}"), HANGING[side][1], atol=2e-3
        )
    assert np.allclose(bone_direction(pose, "upperleg01.L", "lowerleg01.L"), [0, 0, -1], atol=2e-3)


def test_a_file_without_a_rate_shows_a_pose_and_asks_for_the_rate_of_a_motion(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", poses=poses(), trans=np.zeros((3, 3)))
    clip = read_smpl(tmp_path / "clip.npz")
    clip.pose(1)
    with pytest.raises(ValueError, match=r"clip\.npz does not say how many frames a second it has; .*--fps 30"):
        clip.motion()
    assert clip.motion(fps=25).fps == 25


def test_a_rate_of_nothing_is_said_and_left_out(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", poses=poses(), mocap_framerate=0.0)
    with pytest.warns(UserWarning, match="mocap_framerate is 0; .*--fps"):
        assert read_smpl(tmp_path / "clip.npz").fps is None


@pytest.mark.parametrize(("up", "root"), [("y", [0, 0, 0]), ("-y", [np.pi, 0, 0])])
def test_people_who_stand_along_another_axis_tell_what_is_up(tmp_path: Path, up: str, root: list[float]) -> None:
    rows, path = poses(), np.zeros((3, 3))
    rows[:, :3], path[2, 1] = root, 0.4 if up == "y" else -0.4
    np.savez(tmp_path / "clip.npz", poses=rows, trans=path, fps=30)
    with pytest.warns(UserWarning, match=f"stand along {up}, not along z"):
        clip = read_smpl(tmp_path / "clip.npz")
    assert bone_direction(clip.pose(0), "root", "neck01")[2] > 0.95
    assert clip.motion().path[2, 2] == pytest.approx(0.5, abs=0.01)


def test_someone_who_lies_on_the_floor_for_a_while_does_not_turn_the_room(tmp_path: Path) -> None:
    rows = poses(10)
    rows[6:, :3] = 0
    np.savez(tmp_path / "clip.npz", poses=rows, fps=30)
    clip = read_smpl(tmp_path / "clip.npz")
    assert bone_direction(clip.pose(9), "root", "neck01")[1] > 0.95, "the head points away from the viewer"


def test_fingers_bend_as_the_file_says(tmp_path: Path) -> None:
    rows = poses(1)
    rows[0, 47:54] = 0
    index, thumb = 66, 66 + 36
    rows[0, index + 2] = np.deg2rad(-50)
    rows[0, index + 5] = np.deg2rad(-30)
    rows[0, thumb + 1] = 0.1
    np.savez(tmp_path / "clip.npz", poses=rows)
    pose = read_smpl(tmp_path / "clip.npz").pose(0)
    first, second = (bone_direction(pose, f"finger2-{n}.L", f"finger2-{n + 1}.L") for n in (1, 2))
    assert np.degrees(np.arcsin(-first[2])) == pytest.approx(50, abs=2)
    assert np.degrees(np.arcsin(-second[2])) == pytest.approx(80, abs=2)
    straight = bone_direction(pose, "finger4-1.L", "finger4-2.L")
    assert abs(straight[2]) < 0.03, "a finger that the file leaves alone is flat"
    bent = bone_direction(pose, "finger4-1.R", "finger4-2.R")
    assert bent[2] < -0.3, "a hand of which the file says nothing is relaxed"


def test_degrees_are_not_taken_for_radians(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", poses=np.degrees(poses()))
    with pytest.raises(ValueError, match=r"poses turns by 90; expected radians"):
        read_smpl(tmp_path / "clip.npz")


def people(**frames: list[int]) -> dict[str, dict[str, np.ndarray]]:
    """People as WHAM writes them, seen in some frames; each goes sideways by 0.1 m a frame and turns by 10 degrees."""
    found = {}
    for who, numbers in frames.items():
        at = np.array(numbers, dtype=np.float64)
        pose = np.zeros((len(at), 72))
        pose[:, 1] = np.deg2rad(10 * at)
        where = np.stack([0.1 * at, 0 * at, 0 * at], axis=1)
        found[who[1:]] = {"pose_world": pose, "trans_world": where, "frame_ids": np.array(numbers)}
    return found


def write_people(path: Path, held: Any) -> Path:
    path.write_bytes(pickle.dumps(held, 4))
    return path


def test_the_longest_track_is_taken_and_all_are_named(tmp_path: Path) -> None:
    path = write_people(tmp_path / "two.pkl", people(p3=[0, 1], p12=[4, 5, 6]))
    with pytest.warns(
        UserWarning, match=r"several people: 3 \(2 frames\), 12 \(3 frames\); 12 is taken, two\.pkl#PERSON:N"
    ):
        assert read_smpl(path).num_frames == 3
    assert read_smpl(path, "3").num_frames == 2
    with pytest.raises(ValueError, match=r"two\.pkl has no person '4'; it has 3 \(2 frames\), 12"):
        read_smpl(path, "4")


def test_frames_in_which_nobody_is_seen_are_bridged(tmp_path: Path) -> None:
    path = write_people(tmp_path / "gap.pkl", people(p1=[10, 11, 14]))
    with pytest.warns(UserWarning, match=r"gap\.pkl#1: 2 of 5 frames are not in it and are bridged: 12, 13"):
        clip = read_smpl(path)
    motion = clip.motion(fps=30)
    turned = [Rotation.from_matrix(clip.pose(n).rotations[0].numpy()).magnitude() for n in range(5)]
    assert np.degrees(turned) == pytest.approx([100, 110, 120, 130, 140], abs=0.1)
    steps = torch.diff(motion.path[:, 0])
    assert np.allclose(steps, steps[0], atol=1e-5)


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ([0, 2, 1], "frame 1 follows 2"),
        ([0, 1, 90_000], "nobody is seen from frame 1 to 90000"),
        ([0], "1 frame numbers for"),
    ],
)
def test_frame_numbers_that_make_no_sense_are_named(tmp_path: Path, numbers: list[int], reason: str) -> None:
    held = people(p0=[0, 1, 2])
    held["0"]["frame_ids"] = np.array(numbers)
    with pytest.raises(ValueError, match=reason):
        read_smpl(write_people(tmp_path / "bad.pkl", held))


def test_only_the_frames_that_are_asked_for_are_worked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "long.npz", poses=np.tile(poses(1).astype(np.float32), (20_000, 1)), mocap_framerate=120)
    from layerpose.motion.read import smpl_clip

    asked = []
    real = smpl_clip.smpl_to_rotations
    monkeypatch.setattr(
        smpl_clip, "smpl_to_rotations", lambda rows, *more: asked.append(len(rows)) or real(rows, *more)
    )
    motion = read_smpl(tmp_path / "long.npz").motion(19_000, 19_010)
    assert (motion.num_frames, motion.fps, asked) == (10, 120, [10])


def test_standing_feet_stay_where_they_are(write: Callable[..., Any], tmp_path: Path) -> None:
    """A squat over feet that do not move, with the proportions that SMPL's files have."""
    bend = np.linspace(0, 1.2, 20)
    rows, shin_forwards = np.zeros((20, 72)), bend / 2
    rows[:, 3] = rows[:, 6] = -bend + shin_forwards
    rows[:, 12] = rows[:, 15] = bend
    rows[:, 21] = rows[:, 24] = -shin_forwards
    thigh, shin = np.array([0.035, -0.385, 0.0]), np.array([-0.015, -0.41, -0.04])
    turns = [Rotation.from_rotvec(np.outer(angle, [1, 0, 0])) for angle in (-bend + shin_forwards, shin_forwards)]
    hips = -(turns[0].apply(thigh) + turns[1].apply(shin))
    np.savez(tmp_path / "squat.npz", global_orient=rows[:, :3], body_pose=rows[:, 3:66], transl=hips, fps=30)
    motion = read_smpl(tmp_path / "squat.npz").motion()
    moved = (motion.ankles - motion.ankles[:1]).abs().max()
    assert moved < 0.02
    assert motion.path[0, 2] - motion.path[-1, 2] > 0.15


def test_a_single_pose_needs_no_frames_axis(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", poses=poses(1)[0])
    assert read_smpl(tmp_path / "one.npz").num_frames == 1


def test_what_is_none_of_these_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", image=np.zeros((4, 4)), label=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz holds image, label; expected AMASS, .*GVHMR.* or MDM"):
        read_smpl(tmp_path / "other.npz")
    np.save(tmp_path / "other.npy", np.zeros((4, 7)))
    with pytest.raises(ValueError, match=r"other\.npy holds an array of \(4, 7\) float64; expected"):
        read_smpl(tmp_path / "other.npy")
    torch.save({"state": torch.zeros(2)}, tmp_path / "weights.pt")
    with warnings.catch_warnings(), pytest.raises(ValueError, match=r"weights\.pt holds state; expected"):
        read_smpl(tmp_path / "weights.pt")
