"""Training data out of photos: COCO's own reader finds in it what was drawn."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpose.body.camera import project
from layerpose.data.coco import NAMES, annotate, find_parts, see_keypoints
from layerpose.inputs.bodies import framed_body
from layerpose.maps.render import draw_body, pose_body
from layerpose.motion.library import library_pose
from layerpose.motion.posing import turn
from layerpose.types import Body
from layerpose.video.augment import Actor, augment, choose_frames, draw_annotated

SIZE = 256


def body(frame: int) -> Body:
    return framed_body(turn(library_pose("walk"), frame * np.pi / 2))


def shown(drawn_body: Body) -> np.ndarray:
    return (draw_body(drawn_body, SIZE).nearest.part >= 0).numpy()


def actors(drawn: list[int]) -> Callable[[Path], Actor]:
    """Whoever is asked for is drawn as a white shape; nobody is found in a bad photo."""

    def draw(frame: int) -> tuple[Image.Image, np.ndarray]:
        drawn.append(frame)
        mask = shown(body(frame))
        return Image.fromarray(np.repeat(mask[..., None] * np.uint8(255), 3, axis=2)), mask

    def find(photo: Path) -> Actor:
        if photo.stem == "bad":
            raise ValueError("no person was found\nin it")
        return Actor(num_frames=4, body=body, draw=draw)

    return find


def make(folder: Path, photos: list[str]) -> list[int]:
    """The frames that were drawn."""
    drawn: list[int] = []
    augment([Path(name) for name in photos], folder, poses=2, find=actors(drawn), report=lambda done, total: None)
    return drawn


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    assert len(make(folder, ["a.jpg", "bad.jpg", "b.jpg"])) == 4
    return folder


def flags(angle: float) -> dict[str, int]:
    seen = see_keypoints(draw_body(framed_body(turn(library_pose("stand"), np.deg2rad(angle))), SIZE))
    return dict(zip(NAMES, seen.tolist(), strict=True))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools' own, of NumPy 2
def test_cocos_own_reader_finds_keypoints_boxes_and_outlines(data: Path, capsys: pytest.CaptureFixture[str]):
    coco = pytest.importorskip("pycocotools.coco").COCO(str(data / "annotations.json"))
    capsys.readouterr()
    assert len(coco.getImgIds(catIds=coco.getCatIds(["person"]))) == 4
    for annotation in coco.loadAnns(coco.getAnnIds()):
        [image] = coco.loadImgs(annotation["image_id"])
        picture = np.array(Image.open(data / image["file_name"]))[..., 0] > 0
        found = coco.annToMask(annotation) > 0
        assert (found & picture).sum() / (found | picture).sum() > 0.95
        points = project(_tensor(pose_body(body(image["frame"])).keypoints[:17]), body(image["frame"]).camera)
        wanted = points[:, :2].numpy() * SIZE
        np.testing.assert_allclose(np.reshape(annotation["keypoints"], (17, 3))[:, :2], wanted, atol=0.01)
        left, top, width, height = annotation["bbox"]
        assert picture[top : top + height, left : left + width].sum() == picture.sum() == annotation["area"]


def test_parts_are_the_classes_and_cover_the_person(data: Path):
    [annotation, *_] = json.loads((data / "annotations.json").read_text())["annotations"]
    with Image.open(data / annotation["part_file"]) as parts:
        numbers = np.array(parts)
    assert np.unique(numbers).tolist() == list(range(7))
    assert (numbers > 0).sum() == annotation["area"]


def test_hair_is_the_head_it_stands_off_from():
    drawn = draw_body(framed_body(library_pose("stand")), SIZE)
    mask = shown(framed_body(library_pose("stand")))
    bare = find_parts(drawn, mask)
    top = int(np.nonzero(mask.any(1))[0][0])
    hair = mask.copy()
    hair[top - 4 : top, 120:136] = True
    assert (find_parts(drawn, hair)[top - 4 : top, 120:136] == 1).all()
    assert (find_parts(drawn, hair)[mask] == bare[mask]).all()


def test_face_is_hidden_from_behind_and_the_far_shoulder_from_the_side():
    front, behind, side = flags(0), flags(180), flags(90)
    assert set(front.values()) == {2}
    assert [behind[name] for name in ("nose", "left_eye", "right_eye", "left_knee")] == [1, 1, 1, 2]
    assert {side["left_shoulder"], side["right_shoulder"]} == {1, 2}


def test_joints_in_space_are_metres_from_the_hips(data: Path):
    drawn = draw_body(body(0), SIZE)
    joints = np.reshape(annotate(drawn, shown(body(0)))["keypoints_3d"], (17, 3))
    keypoints = pose_body(body(0)).keypoints[:17]
    for start, end in ((5, 7), (11, 13), (0, 15)):
        wanted = np.linalg.norm(keypoints[start] - keypoints[end])
        assert np.linalg.norm(joints[start] - joints[end]) == pytest.approx(wanted, abs=1e-3)
    np.testing.assert_allclose(joints[[11, 12], :2].mean(0), 0, atol=1e-3)


def test_bad_photo_is_named_and_a_stopped_run_goes_on(data: Path):
    with open(data / "refused.csv", encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [["bad.jpg", "no person was found in it"]]
    before = (data / "annotations.json").read_text()
    (data / "records" / "0002-b-001.json").unlink()
    assert len(make(data, ["a.jpg", "bad.jpg", "b.jpg"])) == 1
    assert (data / "annotations.json").read_text() == before


def test_poses_are_spread_over_the_motion_and_differ_between_photos():
    chosen = choose_frames(100, 8, 0)
    assert max(np.diff([0, *sorted(chosen), 100])) < 25
    assert len({frame % 25 // 5 for frame in chosen}) > 3
    assert not set(choose_frames(100, 4, 0)) & set(choose_frames(100, 4, 1))


def test_sheet_shows_visible_and_hidden_keypoints(data: Path):
    sheet = np.array(draw_annotated(data)).astype(int)
    for colour in ((60, 220, 90), (255, 160, 40)):
        assert (np.abs(sheet - colour).max(2) < 40).any()


def _tensor(values: np.ndarray):
    import torch

    return torch.as_tensor(values)
