"""A pose file brings back the body that was written, and says what is wrong with it when something is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.pose_file import read_pose, write_pose
from layerpose.types import Body, Camera, Pose


@pytest.fixture
def body() -> Body:
    """A body in a random pose; its last bone is not turned."""
    vectors = np.random.default_rng(0).normal(size=(104, 3))
    vectors[-1] = 0
    return Body(
        phenotype=torch.linspace(0, 1, 6),
        pose=Pose(rotations=torch.from_numpy(Rotation.from_rotvec(vectors).as_matrix()).float()),
        camera=Camera(scale=0.45, translation=(0.5, 0.52)),
    )


def test_what_is_written_is_read_back(tmp_path: Path, body: Body):
    write_pose(body, tmp_path / "pose.json")
    read = read_pose(tmp_path / "pose.json")
    assert isinstance(read, Body)
    assert torch.allclose(read.pose.rotations, body.pose.rotations, atol=1e-5)
    assert torch.allclose(read.phenotype, body.phenotype, atol=1e-5)
    assert read.camera == body.camera


def test_a_distance_is_read_back(tmp_path: Path, body: Body):
    near = replace(body, camera=replace(body.camera, distance_m=3.5))
    write_pose(near, tmp_path / "pose.json")
    read = read_pose(tmp_path / "pose.json")
    assert isinstance(read, Body)
    assert read.camera == near.camera


def test_a_bone_that_is_not_turned_is_not_written(tmp_path: Path, body: Body):
    write_pose(body, tmp_path / "pose.json")
    rotations = json.loads((tmp_path / "pose.json").read_text())["rotations"]
    assert set(rotations) == set(body_model().bone_names[:-1])


def test_rotations_alone_are_a_pose(tmp_path: Path):
    (tmp_path / "pose.json").write_text('{"layerpose_pose": 1, "rotations": {"root": [0, 0, 1.5707963]}}')
    pose = read_pose(tmp_path / "pose.json")
    assert isinstance(pose, Pose)
    quarter_turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    assert torch.allclose(pose.rotations[0], quarter_turn, atol=1e-6)
    assert torch.equal(pose.rotations[1:], torch.eye(3).expand(103, 3, 3))


GOOD = {
    "layerpose_pose": 1,
    "phenotype": {"gender": 0.5},
    "camera": {"scale": 0.5, "translation": [0.5, 0.5]},
    "rotations": {},
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rotation": {}}, "did you mean 'rotations'"),
        ({"rotations": {"WRIST.l": [0, 0, 1]}}, r"did you mean 'wrist\.L'"),
        ({"rotations": {"head": [0, 0, float("inf")]}}, "finite"),
        ({"rotations": {"head": [0, 0, 10**400]}}, "finite"),
        ({"rotations": {"head": [0, 0, True]}}, "3 numbers"),
        ({"rotations": {"head": "up"}}, "3 numbers"),
        ({"rotations": []}, "expected an object"),
        ({"phenotype": {"gender": 1.5}}, r"0\.\.1"),
        ({"phenotype": {"sex": 0.5}}, "unknown phenotype"),
        ({"camera": {"scale": -1, "translation": [0, 0]}}, "positive"),
        ({"camera": {"scale": 1}}, "translation"),
        ({"camera": {"scale": 1, "distance_m": 3}}, "translation"),
        ({"camera": {"scale": 1, "translation": [0, 0], "distance_m": 0.5}}, "1.0 metres or more"),
        ({"camera": {"scale": 1, "translation": [0, 0], "distance": 3}}, "distance_m"),
        ({"layerpose_pose": True}, "version"),
        ({"layerpose_pose": "1"}, "version"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: dict[str, object], reason: str):
    (tmp_path / "pose.json").write_text(json.dumps(GOOD | change))
    with pytest.raises(ValueError, match=reason):
        read_pose(tmp_path / "pose.json")


def test_a_phenotype_without_a_camera_is_refused(tmp_path: Path):
    (tmp_path / "pose.json").write_text(json.dumps({k: v for k, v in GOOD.items() if k != "camera"}))
    with pytest.raises(ValueError, match="both"):
        read_pose(tmp_path / "pose.json")
