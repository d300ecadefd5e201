"""Our body in SMPL's format through the real smplx code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.skeleton import KEYPOINTS, mirrored
from layerpose.body.smpl import SMPL_JOINTS, SMPL_PARENTS, SmplModel, SmplPose, load_smpl
from layerpose.body.surface import Surface
from layerpose.types import PARTS


@pytest.fixture(scope="module")
def model(smpl_file: Path) -> SmplModel:
    return load_smpl(smpl_file)


def surface(model: SmplModel, *, betas: tuple[float, ...] = (), **turns: tuple[float, float, float]) -> Surface:
    """The body with some joints turned by degrees."""
    vectors, shape = np.zeros((24, 3)), np.zeros(10)
    for name, degrees in turns.items():
        vectors[SMPL_JOINTS.index(name)] = np.deg2rad(degrees)
    shape[: len(betas)] = betas
    return model.pose(SmplPose(vectors=vectors, betas=shape))


def place(body: Surface, name: str) -> np.ndarray:
    return body.keypoints[KEYPOINTS.index(name)]


def test_smplx_knows_the_joints_by_these_names() -> None:
    names = pytest.importorskip("smplx.joint_names").JOINT_NAMES
    assert tuple(names[:22]) == SMPL_JOINTS[:22]
    assert all(parent < joint for joint, parent in enumerate(SMPL_PARENTS))
    assert SMPL_JOINTS[SMPL_PARENTS[SMPL_JOINTS.index("left_wrist")]] == "left_elbow"


def test_the_t_pose_faces_the_viewer_upright_with_its_arms_to_the_sides(model: SmplModel) -> None:
    body = surface(model)
    head, foot = place(body, "nose"), place(body, "left_ankle")
    assert head[2] > 0.4 > 0 > foot[2]
    assert head[1] < -0.05, "the nose is in front"
    assert place(body, "left_wrist")[0] > 0.4
    assert abs(place(body, "left_wrist")[2] - place(body, "left_shoulder")[2]) < 0.02
    for name in KEYPOINTS[1:17]:
        if name.startswith("left_"):
            assert np.allclose(place(body, name) * [-1, 1, 1], place(body, mirrored(name)), atol=5e-3)


def test_a_bent_elbow_moves_the_wrist_and_the_left_arm_only(model: SmplModel) -> None:
    still, bent = surface(model), surface(model, left_elbow=(0, -90, 0))
    forearm = place(still, "left_wrist") - place(still, "left_elbow")
    turned = place(bent, "left_wrist") - place(bent, "left_elbow")
    assert np.allclose(turned, Rotation.from_euler("z", -90, degrees=True).apply(forearm), atol=1e-9)
    moved = np.abs(bent.vertices - still.vertices).max(1) > 1e-9
    parts = np.unique(still.triangle_parts[moved[still.faces].all(1)])
    assert [PARTS[part] for part in parts] == ["left_arm"]


def test_every_part_is_where_its_name_says(model: SmplModel) -> None:
    body = surface(model)
    middle = {
        name: body.vertices[body.faces[body.triangle_parts == part]].mean((0, 1)) for part, name in enumerate(PARTS)
    }
    assert middle["head"][2] > middle["torso"][2] > middle["left_leg"][2]
    for limb in ("arm", "leg"):
        assert middle[f"left_{limb}"][0] > 0.05
        assert np.allclose(middle[f"left_{limb}"] * [-1, 1, 1], middle[f"right_{limb}"], atol=0.02)


def test_shape_numbers_change_the_stature_and_the_joints_with_it(model: SmplModel) -> None:
    heights = [np.ptp(surface(model, betas=(beta,)).vertices[:, 2]) for beta in (-1.0, 0.0, 1.0)]
    assert abs(heights[2] - heights[0]) > 0.05
    legs = [np.ptp(model.rest_joints(np.eye(10)[0] * beta)[:, 1]) for beta in (-1.0, 0.0, 1.0)]
    assert np.sign(legs[2] - legs[0]) == np.sign(heights[2] - heights[0])
