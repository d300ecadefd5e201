"""Points in a picture, in whatever file, become the pose that shows them."""

from __future__ import annotations

import contextlib
import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.spatial.transform import Rotation

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.motion.keypoint_layouts import BODY_25, COCO_17, COCO_18, LANDMARKS
from layerpose.motion.library import library_pose
from layerpose.motion.posing import turn
from layerpose.motion.read.keypoints import holds_keypoints, is_keypoints, read_keypoints
from layerpose.motion.read.skeleton_picture import is_skeleton_picture
from layerpose.motion.write.keypoints import find_keypoints
from layerpose.motion.write.openpose import write_openpose
from layerpose.motion.write.skeleton_picture import draw_skeleton, write_skeleton_picture
from layerpose.motion.write.take import Take, still
from layerpose.types import Body

SIDE = 512
JOINTS = [body_model().keypoint_names.index(name) for name in COCO_17[5:]]


def shot(name: str = "walk", degrees: float = 40) -> Take:
    return still(turn(library_pose(name), np.deg2rad(degrees)))


def points_of(take: Take, names: tuple[str, ...] = BODY_25) -> np.ndarray:
    """x, y and confidence, in pixels of a picture of 1024."""
    body = find_keypoints(take).body[0]
    return np.array([[*body[BODY_25.index(name)], 1.0] for name in names])


def person(points: np.ndarray, **parts: Any) -> dict[str, Any]:
    return {"pose_keypoints_2d": points.ravel().tolist(), **parts}


def save(path: Path, record: Any) -> Path:
    path.write_text(json.dumps(record))
    return path


def seen(path: Path, frame: int = 0, person: str | None = None) -> dict[str, tuple[float, float]]:
    """The points of a frame that are visible."""
    found = read_keypoints(path, person).track[frame].seen
    return {name: tuple(found.points[row]) for name, row in LANDMARKS.items() if found.visibility[row] > 0}


def joints_of(body: Body) -> np.ndarray:
    """The 12 joints of the trunk and limbs, in metres from the pelvis."""
    model = body_model()
    posed = model.pose(model.rest(body.phenotype.double().numpy()), body.pose.rotations.double().numpy())
    return posed.keypoints[JOINTS]


def test_points_that_were_written_are_read_as_the_pose_they_are_of(tmp_path: Path):
    take = shot()
    write_openpose(take, tmp_path / "walk_keypoints.json")
    body = read_keypoints(tmp_path / "walk_keypoints.json").pose(0)
    wanted, found = joints_of(take.first_body), joints_of(body)
    drawn = project(torch.as_tensor(found), body.camera)[:, :2].numpy() * 1024
    stature = 1.7 * 1024 * body.camera.scale
    assert np.linalg.norm(drawn - points_of(take, COCO_17)[5:, :2], axis=1).mean() < 0.02 * stature
    assert np.linalg.norm(wanted - found, axis=1).mean() < 0.06 * 1.7


def test_person_seen_from_behind_looks_away(tmp_path: Path):
    points = points_of(shot("walk", 180), COCO_18)
    points[[COCO_18.index(name) for name in ("nose", "left_eye", "right_eye")]] = 0
    record = [{"people": [person(points, face_keypoints_2d=None)], "canvas_width": 1024, "canvas_height": 1024}]
    body = read_keypoints(save(tmp_path / "pose.json", record)).pose(0)
    facing = body.pose.rotations[0].double().numpy() @ [0, -1, 0]
    assert facing[1] > 0.9


def test_legs_that_are_not_given_hang_and_pull_at_nothing(tmp_path: Path):
    points = points_of(shot("arms-up", 0), COCO_18)
    points[[COCO_18.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("knee", "ankle")]] = 0
    joints = joints_of(read_keypoints(save(tmp_path / "half.json", {"people": [person(points)]})).pose(0))
    hips, knees, ankles = joints[6:8], joints[8:10], joints[10:12]
    for upper, lower in ((hips, knees), (knees, ankles)):
        assert ((upper - lower)[:, 2] > 0.95 * np.linalg.norm(upper - lower, axis=1)).all()
    assert joints[4, 2] > joints[0, 2] + 0.3


def test_shares_of_the_picture_are_as_good_as_pixels(tmp_path: Path):
    points = points_of(shot(), COCO_18)
    shares = points / [2048, 1024, 1]
    record = {"people": [person(shares)], "canvas_width": 2048, "canvas_height": 1024}
    for name, place in seen(save(tmp_path / "pose.json", [record])).items():
        np.testing.assert_allclose(place, points[COCO_18.index(name), :2], atol=1e-6)


def test_picture_without_a_size_is_taken_for_square_and_that_is_said(tmp_path: Path):
    path = save(tmp_path / "pose.json", {"people": [person(points_of(shot()) / [1024, 1024, 1])]})
    with pytest.warns(UserWarning, match="taken for square"):
        read_keypoints(path)


def test_of_several_people_the_largest_is_taken_and_each_can_be_chosen(tmp_path: Path):
    large = points_of(shot())
    path = save(tmp_path / "pose.json", {"people": [person(large * [0.4, 0.4, 1]), None, {}, person(large)]})
    with pytest.warns(UserWarning, match="2 people; person 1"):
        assert seen(path) == seen(path, person="1")
    assert seen(path, person="0")["nose"] == pytest.approx(large[0, :2] * 0.4)
    with pytest.raises(ValueError, match="from 0 to 1"):
        read_keypoints(path, "2")


def test_people_who_change_places_in_the_list_stay_themselves(tmp_path: Path):
    points = points_of(shot())
    left, right = person(points), person(points + np.array([1500, 0, 0]))
    frames = [{"people": people} for people in ([left, right], [right, left], [right])]
    path = save(tmp_path / "poses.json", frames)
    assert [seen(path, frame, "1")["nose"][0] > 1500 for frame in range(3)] == [True] * 3
    assert list(read_keypoints(path, "0").track) == [0, 1]


def test_frames_of_a_folder_follow_the_numbers_in_their_names(tmp_path: Path):
    points = points_of(shot())
    for number in (2, 10, 9):
        save(tmp_path / f"clip_{number}_keypoints.json", {"people": [person(points + np.array([number, 0, 0]))]})
    assert is_keypoints(tmp_path)
    shifts = [seen(tmp_path, frame)["nose"][0] - points[0, 0] for frame in range(3)]
    np.testing.assert_allclose(shifts, [2, 9, 10])


def test_hand_and_face_stand_in_for_points_that_the_body_lacks(tmp_path: Path):
    points, hand, face = points_of(shot(), COCO_18), np.full((21, 3), 1.0), np.full((70, 3), 1.0)
    points[[COCO_18.index("left_wrist"), COCO_18.index("nose")]] = 0
    hand[0, :2], face[30, :2] = (700, 300), (500, 90)
    parts = {"hand_left_keypoints_2d": hand.ravel().tolist(), "face_keypoints_2d": face.ravel().tolist()}
    found = seen(save(tmp_path / "pose.json", {"people": [person(points, **parts)]}))
    assert found["left_wrist"] == (700, 300)
    assert found["nose"] == (500, 90)


def mediapipe(points: np.ndarray, depth: float = 0.0) -> list[dict[str, float]]:
    """33 landmarks as shares of a picture of 1024; those without a name lie at the nose."""
    rows = np.tile(points[0], (33, 1))
    for name, row in LANDMARKS.items():
        rows[row] = points[BODY_25.index(name)]
    return [{"x": x / 1024, "y": y / 1024, "z": depth, "visibility": sure} for x, y, sure in rows]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda pose: pose,
        lambda pose: [pose],
        lambda pose: {"width": 1024, "height": 1024, "pose_landmarks": [pose]},
        lambda pose: [{"poseLandmarks": pose}],
        lambda pose: {"frames": [{"pose_landmarks": {"landmark": pose}}]},
        lambda pose: [[[point["x"], point["y"], point["z"], point["visibility"]] for point in pose]],
    ],
)
@pytest.mark.filterwarnings("ignore:.*taken for square")
def test_33_landmarks_are_found_however_they_are_wrapped(tmp_path: Path, wrap: Any):
    points = points_of(shot())
    found = seen(save(tmp_path / "pose.json", wrap(mediapipe(points))))
    size = 1024 / max(1, round(1024 * points[0, 0] / 1024 / found["nose"][0]))
    assert found["right_ankle"] == pytest.approx(points[BODY_25.index("right_ankle"), :2] * size / 1024, abs=1e-3)


def test_landmarks_in_metres_tell_the_size_of_the_picture(tmp_path: Path):
    pose, points = mediapipe(points_of(shot())), points_of(shot())
    wide = [{**point, "x": point["x"] / 2} for point in pose]
    world = [{"x": point["x"], "y": point["y"], "z": 0.01} for point in pose]
    path = save(tmp_path / "pose.json", {"pose_landmarks": [wide], "pose_world_landmarks": [world]})
    found = seen(path)
    ankle, nose = (points[BODY_25.index(name), :2] for name in ("right_ankle", "nose"))
    ours = np.subtract(found["right_ankle"], found["nose"])
    assert ours / np.linalg.norm(ours) == pytest.approx((ankle - nose) / np.linalg.norm(ankle - nose), abs=1e-6)


def test_coco_annotations_are_read_picture_by_picture(tmp_path: Path):
    points = points_of(shot(), COCO_17)
    marked = points * [1, 1, 2]
    marked[9], marked[10, 2] = 0, 1
    record = {
        "images": [{"id": 7, "width": 1024, "height": 1024}, {"id": 3, "width": 1024, "height": 1024}],
        "annotations": [{"image_id": 3, "keypoints": marked.ravel().tolist()}],
    }
    clip = read_keypoints(save(tmp_path / "person_keypoints.json", record))
    assert list(clip.track) == [1]
    visibility = clip.track[1].seen.visibility
    assert visibility[[15, 16, 11]] == pytest.approx([0, 0.8, 1])
    with pytest.raises(ValueError, match="not seen in frame 0"):
        clip.pose(0)


@pytest.mark.parametrize(("side", "suffix"), [(512, ".png"), (768, ".jpg"), (2048, ".png")])
def test_joints_of_a_coloured_skeleton_are_found(tmp_path: Path, side: int, suffix: str):
    points = points_of(shot("run")) * [side / 1024, side / 1024, 1]
    Image.fromarray(draw_skeleton(points[:, :2], side, side)).save(tmp_path / f"pose{suffix}", quality=75)
    assert is_skeleton_picture(tmp_path / f"pose{suffix}")
    found = seen(tmp_path / f"pose{suffix}")
    assert len(found) == 17
    for name, place in found.items():
        assert np.linalg.norm(np.subtract(place, points[BODY_25.index(name), :2])) < 0.01 * side, name


def test_of_two_skeletons_the_larger_is_taken(tmp_path: Path):
    points = points_of(shot())[:, :2]
    pictures = [draw_skeleton(points * zoom + shift, 1024, 1024) for zoom, shift in ((0.5, 0), (0.7, [400, 300]))]
    Image.fromarray(np.maximum(*pictures)).save(tmp_path / "pose.png")
    with pytest.warns(UserWarning, match="2 people"):
        found = seen(tmp_path / "pose.png")
    assert found["right_knee"] == pytest.approx(points[BODY_25.index("right_knee")] * 0.7 + [400, 300], abs=5)


def test_photo_is_no_skeleton(tmp_path: Path):
    with as_file(files("layerpose") / "examples" / "person.png") as photo:
        assert not is_skeleton_picture(photo)
        pixels = np.array(Image.open(photo).convert("RGB"))
    Image.fromarray(pixels // 3).save(tmp_path / "dark.png")
    assert not is_skeleton_picture(tmp_path / "dark.png")
    with pytest.raises(ValueError, match="18 colours"):
        read_keypoints(tmp_path / "dark.png")


def test_frames_are_one_person_and_a_gap_is_bridged(tmp_path: Path):
    frames: list[Any] = [{"people": [person(points_of(shot("walk", angle)))]} for angle in (0, 10, 20)]
    clip = read_keypoints(save(tmp_path / "clip.json", [*frames[:2], None, *frames[2:]]))
    with pytest.raises(ValueError, match="--fps"):
        clip.motion()
    with pytest.warns(UserWarning, match="1 of 3 frames"):
        motion = clip.motion(1, fps=25)
    assert (motion.num_frames, motion.fps) == (3, 25)
    angles = [Rotation.from_matrix(turn.double().numpy()).as_euler("ZXY")[0] for turn in motion.rotations[:, 0]]
    assert np.degrees(angles[1]) == pytest.approx(np.degrees(angles[0] + angles[2]) / 2, abs=3)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"people": []}, "no person's points in any of 1 frames"),
        ({"people": {}}, "expected a list of people"),
        ({"people": [{"pose_keypoints_2d": [1.0] * 60}]}, "60 numbers; expected 75"),
        ({"people": [{"pose_keypoints_2d": ["x"] * 75}]}, "no number"),
        ({"people": [{"pose_keypoints_2d": [1.0] * 74}]}, "x, y, confidence"),
        ([{"people": []}, 3], "frame 1 is 3"),
        ([[{"x": 0.1, "y": 0.2}] * 32], "no points that are known"),
        ({"annotations": [{"keypoints": [1, 2, 2] * 18}]}, "expected 51"),
        (7, "no points that are known"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, record: Any, reason: str):
    with pytest.raises(ValueError, match=reason):
        read_keypoints(save(tmp_path / "pose.json", record))


def test_too_few_points_make_no_pose(tmp_path: Path):
    points = points_of(shot(), COCO_18)
    points[5:] = 0
    clip = read_keypoints(save(tmp_path / "pose.json", {"people": [person(points)]}))
    with pytest.raises(ValueError, match=r"pose\.json, frame 0: [45] points .* expected 6"):
        clip.pose(0)


def test_other_files_are_left_to_others(tmp_path: Path):
    save(tmp_path / "pose.json", {"layerpose_pose": 1})
    (tmp_path / "walk.bvh").write_text("HIERARCHY\n")
    assert not is_keypoints(tmp_path / "pose.json")
    assert not is_keypoints(tmp_path / "walk.bvh")
    assert is_keypoints(save(tmp_path / "odd.txt", {"people": []}))
    assert not any(map(holds_keypoints, ({"layerpose_pose": 1}, {}, [], None, [1], {"frames": [{"pelvis": []}]})))


@pytest.mark.filterwarnings("ignore:.*(people|square)")
def test_damaged_files_raise_nothing_but_value_errors(tmp_path: Path):
    rng = np.random.default_rng(0)
    whole = json.dumps([{"people": [person(points_of(shot()))], "canvas_width": 1024}] * 2).encode()
    write_skeleton_picture(shot(), tmp_path / "whole.png")
    for suffix, data in ((".json", whole), (".png", (tmp_path / "whole.png").read_bytes())):
        for _ in range(20):
            broken = bytearray(data[: rng.integers(1, len(data))] if rng.random() < 0.4 else data)
            for place in rng.integers(0, len(broken), rng.integers(1, 6)):
                broken[place] = rng.integers(256)
            (tmp_path / f"broken{suffix}").write_bytes(broken)
            with contextlib.suppress(ValueError):
                read_keypoints(tmp_path / f"broken{suffix}")
