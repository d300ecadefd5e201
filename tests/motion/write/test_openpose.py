"""OpenPose's points and the coloured skeleton are where the body's keypoints are seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.body.camera import project
from layerpose.body.skeleton import KEYPOINTS
from layerpose.maps.render import coco_18, pose_body
from layerpose.motion.library import library_pose
from layerpose.motion.write.keypoints import BODY_25, find_keypoints
from layerpose.motion.write.openpose import write_openpose, write_openpose_folder
from layerpose.motion.write.skeleton_picture import COCO_18, COLOURS, write_skeleton_folder, write_skeleton_picture
from layerpose.motion.write.take import Picture, Take, still
from layerpose.types import Body, Camera


@pytest.fixture(scope="module")
def body() -> Body:
    camera = Camera(scale=0.3, translation=(0.55, 0.6), distance_m=4.0)
    return Body(phenotype=torch.tensor([0.2, 0.6, 0.6, 0.4, 0.7, 0.6]), pose=library_pose("arms-up"), camera=camera)


def seen(body: Body) -> dict[str, np.ndarray]:
    """Keypoints on the canvas, as the maps have them."""
    places = project(torch.as_tensor(coco_18(pose_body(body).keypoints)), body.camera)[:, :2].numpy()
    return dict(zip(KEYPOINTS, places, strict=True))


def test_points_are_where_the_photos_camera_sees_them(tmp_path: Path, body: Body):
    write_openpose(still(body), tmp_path / "pose_keypoints.json")
    record = json.loads((tmp_path / "pose_keypoints.json").read_text())
    assert (record["canvas_width"], record["canvas_height"]) == (1024, 1024)
    [person] = record["people"]
    points = dict(zip(BODY_25, np.reshape(person["pose_keypoints_2d"], (25, 3)), strict=True))
    for name, place in seen(body).items():
        assert np.allclose(points[name], [*(place * 1024), 1], atol=0.01), name
    assert np.allclose(points["mid_hip"], (points["left_hip"] + points["right_hip"]) / 2, atol=0.01)
    left, right = (np.reshape(person[f"hand_{side}_keypoints_2d"], (21, 3)) for side in ("left", "right"))
    assert np.linalg.norm(left[0] - points["left_wrist"]) < 40
    assert left[12, 1] < left[0, 1] - 20  # fingers up
    assert (left[:, 0] > right[:, 0].max()).all()


def test_points_of_a_photo_are_in_its_own_pixels(body: Body):
    whole = find_keypoints(still(body)).body
    photo = replace(still(body), picture=Picture(width=900, height=1400, left=-50, top=120, side=1000))
    found = find_keypoints(photo)
    assert (found.width, found.height) == (900, 1400)
    assert np.allclose(found.body, whole / 1024 * 1000 + [-50, 120])


def test_a_joint_is_the_middle_of_its_colour(tmp_path: Path, body: Body):
    write_skeleton_picture(still(body), tmp_path / "pose.png")
    picture = np.array(Image.open(tmp_path / "pose.png"))
    points = find_keypoints(still(body)).body[0]
    for name, colour in zip(COCO_18, COLOURS, strict=True):
        rows, columns = np.nonzero((picture == colour).all(-1))
        assert len(rows), name
        assert np.abs([columns.mean() + 0.5, rows.mean() + 0.5] - points[BODY_25.index(name)]).max() < 1.5, name
    assert (picture[:5] == 0).all()


def test_a_motion_is_a_folder_of_frames_that_hold_the_whole_path(tmp_path: Path, take: Take):
    write_openpose_folder(take, tmp_path / "dance")
    write_skeleton_folder(take, tmp_path / "drawn")
    files = sorted((tmp_path / "dance").iterdir())
    assert [file.name for file in files[:2]] == [f"dance_{n:012d}_keypoints.json" for n in (0, 1)]
    assert len(files) == len(list((tmp_path / "drawn").glob("*.png"))) == take.motion.num_frames
    points = np.stack([
        np.reshape(json.loads(file.read_text())["people"][0]["pose_keypoints_2d"], (25, 3))[:, :2] for file in files
    ])  # fmt: skip
    assert points.min() > 0
    assert points.max() < 1024
    assert np.ptp(points[:, 8], axis=0).max() > 30
