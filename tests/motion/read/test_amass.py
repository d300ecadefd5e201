"""AMASS and HMR files: what they hold, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from layerpose.body.camera import project
from layerpose.body.skeleton import KEYPOINTS
from layerpose.body.smpl import Y_UP_TO_BODY, load_smpl
from layerpose.motion.read.hmr import hmr_camera
from layerpose.motion.read.smpl import read_smpl

UPRIGHT = [np.pi / 2, 0, 0]
"""Root rotation of a person who stands in a room whose z is up."""
GOOD: dict[str, Any] = {
    "poses": np.tile([*UPRIGHT, *np.zeros(153)], (3, 1)), "trans": np.zeros((3, 3)), "betas": np.zeros(16),
    "gender": "female", "mocap_framerate": 120.0,
}  # fmt: skip
PELVIS_ROUND_X = [np.pi, 0, 0]
"""SMPL's axes -> the camera's: HMR's people stand upright in a picture whose y points down."""


def theta(*rows: Any) -> np.ndarray:
    """Rows of 85 numbers: camera, pose, shape."""
    return np.array([np.concatenate(row) for row in rows])


def standing(scale: float, x: float, y: float, betas: np.ndarray | None = None) -> tuple[Any, ...]:
    return [scale, x, y], PELVIS_ROUND_X, np.zeros(69), np.zeros(10) if betas is None else betas


@pytest.mark.parametrize("width", [72, 156, 165])
def test_the_body_joints_of_every_smpl_kind_are_read(tmp_path: Path, width: int) -> None:
    poses = np.arange(2 * width).reshape(2, width) / 1000
    poses[:, :3] = UPRIGHT
    np.savez(tmp_path / "clip.npz", **(GOOD | {"poses": poses, "trans": np.zeros((2, 3))}))
    clip = read_smpl(tmp_path / "clip.npz")
    assert np.allclose(clip.vectors[1, :22].ravel(), poses[1, :66])
    assert (clip.vectors[:, 22:] == 0).all()
    assert (clip.num_frames, clip.fps) == (2, 120)


def test_a_person_who_stands_in_the_room_faces_the_viewer(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", **GOOD)
    assert np.allclose(read_smpl(tmp_path / "clip.npz").smpl_pose(2).vectors, 0, atol=1e-9)
    assert np.allclose(Y_UP_TO_BODY @ [0, 1, 0], [0, 0, 1]), "SMPL's up is the body's up"


def nan_at(shape: tuple[int, ...], *place: int) -> np.ndarray:
    array = np.zeros(shape)
    array[place] = np.nan
    return array


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"poses": np.zeros((3, 63))}, r"poses is \(3, 63\); expected frames of 72 or"),
        ({"poses": nan_at((3, 156), 1, 7)}, r"poses holds a number that is not finite, first at \(1, 7\)"),
        ({"poses": np.zeros((0, 156))}, "poses is"),
        ({"poses": np.array([["a"] * 156])}, "expected numbers"),
        ({"trans": np.zeros((2, 3))}, "a place for each frame"),
        ({"betas": nan_at((10,), 3)}, "betas holds a number that is not finite"),
    ],
)
def test_what_is_wrong_with_a_clip_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = tmp_path / "clip.npz"
    np.savez(path, **{name: value for name, value in (GOOD | change).items() if value is not None})
    with pytest.raises(ValueError, match=reason):
        read_smpl(path)


def test_a_frame_that_the_clip_lacks_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", **GOOD)
    with pytest.raises(ValueError, match=r"clip\.npz has 3 frames \(0 to 2\); 3 is not one"):
        read_smpl(tmp_path / "clip.npz").smpl_pose(3)


def test_pickled_objects_in_a_clip_are_left_alone(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", **GOOD, labels=np.array([{"a": 1}], dtype=object))
    assert read_smpl(tmp_path / "clip.npz").num_frames == 3


def test_hmrs_camera_shows_the_body_where_hmr_does(smpl_file: Path, tmp_path: Path) -> None:
    betas = np.linspace(-1, 1, 10)
    with np.load(smpl_file) as arrays:
        raised = arrays["v_template"] + [0.02, -0.24, 0.03]
        np.savez(tmp_path / "raised.npz", **{**arrays, "v_template": raised})
    model = load_smpl(tmp_path / "raised.npz")
    np.savez(tmp_path / "hmr.npz", theta=theta(standing(0.7, 0.1, -0.2, betas)))
    pose = read_smpl(tmp_path / "hmr.npz").smpl_pose(0)
    assert np.allclose(pose.vectors, 0, atol=1e-9), "whom HMR sees upright and from the front, faces the viewer"
    pelvis, *_ = rest = model.rest_joints(betas)
    turned = pelvis + (rest - pelvis) * [1, -1, -1]
    wanted = 0.7 * (turned[:, :2] + [0.1, -0.2])
    seen = project(torch.as_tensor(model.pose(pose).keypoints), hmr_camera(pose, model))[:, :2].numpy() * 2 - 1
    for name, joint in (("left_knee", 4), ("right_wrist", 21), ("left_shoulder", 16)):
        assert np.allclose(seen[KEYPOINTS.index(name)], wanted[joint], atol=1e-4), name


def test_hmrs_numbers_may_come_apart(tmp_path: Path) -> None:
    row = theta(standing(0.9, 0.0, 0.1), standing(0.5, 0.2, 0.0))
    np.savez(tmp_path / "one.npz", theta=row)
    np.savez(tmp_path / "apart.npz", cam=row[:, :3], pose=row[:, 3:75], betas=row[:, 75:])
    one, apart = (read_smpl(tmp_path / name).smpl_pose(1) for name in ("one.npz", "apart.npz"))
    assert one.camera == apart.camera == (0.5, 0.2, 0.0)
    assert np.array_equal(one.vectors, apart.vectors)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"theta": np.zeros((1, 82))}, "82 numbers a person; expected 85"),
        ({"theta": nan_at((1, 85), 0, 40)}, r"theta holds a number that is not finite, first at \(0, 40\)"),
        ({"theta": np.zeros((1, 85))}, "scale is 0"),
        ({"pose": np.zeros(72)}, "hmr.npz holds pose; expected AMASS"),
    ],
)
def test_what_is_wrong_with_an_hmr_file_is_named(tmp_path: Path, arrays: dict[str, Any], reason: str) -> None:
    np.savez(tmp_path / "hmr.npz", **arrays)
    with pytest.raises(ValueError, match=reason):
        read_smpl(tmp_path / "hmr.npz")
