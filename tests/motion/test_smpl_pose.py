"""The same pose through the body's own mesh, through a file in SMPL's format, and as an AMASS clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.body.smpl import SMPL_JOINTS, Y_UP_TO_BODY, SmplModel, SmplPose, load_smpl
from layerpose.inputs.bodies import draw_any, framed_body
from layerpose.maps.render import draw_body, draw_surface, render_maps
from layerpose.motion.library import library_pose
from layerpose.motion.posing import curl_fingers, to_pose
from layerpose.motion.read.smpl import read_smpl
from layerpose.motion.smpl_pose import CURL, SMPL_BONES, pose_to_smpl, relative_to_world, smpl_to_pose, turn_root
from layerpose.types import PARTS, Body, Maps, Pose

POSES = ("stand", "walk", "run", "sit", "squat", "arms-up", "arms-folded", "lunge", "jump", "thinking")
SIZE = 256
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model(smpl_file: Path) -> SmplModel:
    return load_smpl(smpl_file)


def with_hands_of_smpl(pose: Pose) -> Pose:
    """The fingers bent as SMPL's are, which has no joints for them."""
    rotations = pose.rotations.double().numpy().copy()
    fingers = [index for index, name in enumerate(body_model().bone_names) if name.startswith("finger")]
    rotations[fingers] = np.eye(3)
    return to_pose(curl_fingers(rotations, CURL))


def write_amass(path: Path, pose: SmplPose) -> None:
    """One frame of SMPL-H, in a room with z up."""
    vectors = turn_root(pose.vectors, Y_UP_TO_BODY)[:22].reshape(1, 66)
    poses = np.concatenate([vectors, np.zeros((1, 90))], axis=1)
    np.savez(path, poses=poses, trans=np.ones((1, 3)), betas=np.zeros(16), gender="neutral", mocap_framerate=60.0)


def overlap(ours: Maps, other: Maps) -> np.ndarray:
    """IoU of each part."""
    both = (ours.parsing * other.parsing)[0, 1:].sum((1, 2))
    either = (ours.parsing + other.parsing)[0, 1:].clamp(max=1).sum((1, 2))
    return (both / either).numpy()


def test_three_ways_to_say_a_pose_draw_the_same_parts(model: SmplModel, tmp_path: Path) -> None:
    rest, found = model.rest_joints(np.zeros(10)), {"smpl": [], "amass": []}
    for name in POSES:
        body = framed_body(with_hands_of_smpl(library_pose(name)))
        own = render_maps(draw_body(body, SIZE))
        pose = pose_to_smpl(body.pose, rest)
        write_amass(tmp_path / "clip.npz", pose)
        again = smpl_to_pose(read_smpl(tmp_path / "clip.npz").smpl_pose(0), rest)
        amass = draw_body(Body(phenotype=body.phenotype, pose=again, camera=body.camera), SIZE)
        found["smpl"].append(overlap(own, render_maps(draw_surface(model.pose(pose), body.camera, SIZE, device=CPU))))
        found["amass"].append(overlap(own, render_maps(amass)))
    for way, rows in found.items():
        worst = int(np.min(rows, axis=0).argmin())
        print(f"{way}: part IoU {np.mean(rows):.3f}, worst {np.min(rows):.3f} ({PARTS[worst]})")
        assert np.min(rows) >= 0.85


@pytest.mark.parametrize("name", ["walk", "squat", "thinking"])
def test_there_and_back_the_joints_turn_as_before(model: SmplModel, name: str) -> None:
    for rest in (None, model.rest_joints(np.zeros(10))):
        pose = library_pose(name)
        again = smpl_to_pose(pose_to_smpl(pose, rest), rest)
        bones = [body_model().bone(bone) for bone in SMPL_BONES.values()]
        before, after = (relative_to_world(p.rotations.double().numpy())[bones] for p in (pose, again))
        assert np.allclose(before, after, atol=1e-5)


def test_no_turns_at_all_are_a_t_pose_that_faces_the_viewer() -> None:
    pose = smpl_to_pose(SmplPose(vectors=np.zeros((24, 3)), betas=np.zeros(10)))
    model = body_model()
    posed = model.pose(model.rest(np.full(6, 0.5)), pose.rotations.double().numpy())
    places = dict(zip(model.keypoint_names, posed.keypoints, strict=True))
    arm = places["left_wrist"] - places["left_shoulder"]
    assert arm[0] > 0.95 * np.linalg.norm(arm)
    assert places["nose"][1] < 0
    leg = places["left_ankle"] - places["left_hip"]
    assert leg[2] < -0.95 * np.linalg.norm(leg)


def test_a_turned_palm_turns_the_far_half_of_the_forearm_too() -> None:
    vectors, model = np.zeros((24, 3)), body_model()
    still = smpl_to_pose(SmplPose(vectors=vectors, betas=np.zeros(10)))
    vectors[SMPL_JOINTS.index("left_wrist")] = [np.pi / 2, 0, 0]
    turned = smpl_to_pose(SmplPose(vectors=vectors, betas=np.zeros(10)))
    angles = {}
    for bone in ("lowerarm01.L", "lowerarm02.L", "wrist.L"):
        before, after = (relative_to_world(p.rotations.double().numpy())[model.bone(bone)] for p in (still, turned))
        angles[bone] = np.degrees(Rotation.from_matrix(after @ before.T).magnitude())
    assert angles["lowerarm01.L"] < 1 < 40 < angles["lowerarm02.L"] < 60 < angles["wrist.L"]


def test_a_whole_smpl_body_is_drawn_in_the_middle(model: SmplModel) -> None:
    pose = pose_to_smpl(library_pose("walk"), model.rest_joints(np.zeros(10)))
    covered = render_maps(draw_any("smpl", pose, model, 128)).parsing[0, 0] == 0
    rows, columns = (np.flatnonzero(covered.any(axis)) for axis in (1, 0))
    for places in (rows, columns):
        assert abs((places[0] + places[-1]) / 2 - 63.5) < 2
    assert rows[-1] - rows[0] > 100
