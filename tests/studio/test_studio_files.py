"""Poses in and out: the library with its pictures, files of any program, projects."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.hand_poses import HANDS, hand_rotations
from layerpose.motion.library import NAMES, library_pose
from layerpose.motion.motion_file import write_motion
from layerpose.motion.moves import library_motion
from layerpose.motion.pose_file import read_pose, record_to_body
from layerpose.motion.timing import select
from layerpose.motion.write.bvh import write_bvh
from layerpose.motion.write.take import moving
from layerpose.studio.jobs import Progress
from layerpose.studio.rooms import Studio
from layerpose.types import Body

MIRRORED = np.array([1, -1, -1])
"""What becomes of a rotation vector in the mirror."""


def rotations(record: dict[str, Any]) -> torch.Tensor:
    found = record_to_body(record)
    return (found.pose if isinstance(found, Body) else found).rotations


def test_every_pose_of_the_library_is_told_as_it_is(page: TestClient) -> None:
    listed = page.get("/api/poses").json()
    assert [pose["name"] for pose in listed] == list(NAMES)
    assert all(pose["title"] and pose["group"] for pose in listed)
    told = rotations(page.get("/api/poses/lunge").json())
    assert torch.allclose(told, library_pose("lunge").rotations, atol=1e-5)
    assert page.get("/api/poses/moonwalk").status_code == 404


def test_hands_are_told_of_the_left_hand_and_the_right_one_is_its_mirror_image(page: TestClient) -> None:
    told = page.get("/api/hands").json()
    assert list(told) == list(HANDS)
    for name, hand in told.items():
        assert hand["title"] == HANDS[name].title
        for bone, vector in hand_rotations(name, "R").items():
            assert vector * MIRRORED == pytest.approx(hand["bones"][bone.replace(".R", ".L")], abs=1e-6)


def test_a_pose_has_a_picture_of_the_body_that_is_made_once(page: TestClient, studio: Studio) -> None:
    first = page.get("/api/poses/arms-up.png")
    picture = Image.open(io.BytesIO(first.content))
    assert picture.size == (160, 160)
    alpha = np.asarray(picture.getchannel("A"))
    assert 0.05 < (alpha > 128).mean() < 0.5
    assert len(list(studio.thumbnails.folder.iterdir())) == 1
    assert page.get("/api/poses/arms-up.png").content == first.content


def film(path: Path, photo: bytes, num_frames: int) -> bytes:
    """A still person, ten frames a second."""
    picture = Image.open(io.BytesIO(photo)).convert("RGB").resize((192, 256))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        (stream.width, stream.height), stream.pix_fmt = picture.size, "yuv420p"
        for _ in range(num_frames):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return path.read_bytes()


def test_a_video_is_watched_as_a_job_and_becomes_a_motion(
    page: TestClient, studio: Studio, photo: bytes, tmp_path: Path
) -> None:
    content = film(tmp_path / "me.mp4", photo, 8)
    found = page.post("/api/files", params={"name": "me.mp4"}, content=content).json()
    assert (found["kind"], found["frames"], found["seconds"]) == ("video", 8, pytest.approx(0.8, abs=0.1))
    assert "video" in page.get(f"/api/motions/{found['id']}").json()["detail"]
    asked = {"video": found["id"], "name": "me.mp4", "first": 1, "end": 6}
    job = page.post("/api/videos", json=asked).json()["job"]
    seen: Progress | None = None
    while seen is None or not seen.ended:
        seen = studio.jobs.wait(job, seen, 60)
    assert seen.state == "done", seen
    motion = page.get(f"/api/jobs/{job}/result").json()
    assert (motion["kind"], motion["name"], motion["frames"]) == ("motion", "me.mp4", 5)
    told = page.get(f"/api/motions/{motion['id']}").json()
    assert np.ptp(told["rotations"], axis=0).max() < 0.1
    assert page.post("/api/videos", json={**asked, "end": 99}).status_code == 400


def test_a_motion_file_is_told_frame_by_frame(page: TestClient, tmp_path: Path) -> None:
    motion = select(library_motion("walk"), 0, 12)
    write_motion(motion, tmp_path / "walk.json")
    found = page.post("/api/files", params={"name": "walk.json"}, content=(tmp_path / "walk.json").read_bytes()).json()
    assert (found["kind"], found["frames"], found["fps"]) == ("motion", 12, pytest.approx(motion.fps))
    told = page.get(f"/api/motions/{found['id']}", params={"first": 2, "end": 12, "step": 5}).json()
    assert np.shape(told["rotations"]) == (2, len(told["bones"]), 3)
    assert np.shape(told["path"]) == (2, 3)
    knee = told["bones"].index("lowerleg01.R")
    turned = Rotation.from_rotvec(told["rotations"][1][knee]).as_matrix()
    assert np.abs(turned - motion.rotations[7, body_model().bone("lowerleg01.R")].numpy()).max() < 0.2
    assert told["fps"] == pytest.approx(motion.fps / 5)


def test_a_bvh_is_known_by_its_content_whatever_it_is_called(page: TestClient, tmp_path: Path) -> None:
    write_bvh(moving(select(library_motion("wave"), 0, 4)), tmp_path / "a.bvh", names="mixamo")
    content = (tmp_path / "a.bvh").read_bytes()
    assert page.post("/api/files", params={"name": "../../a"}, content=content).json()["frames"] == 4


def test_a_file_of_one_pose_is_a_pose_and_is_not_kept(page: TestClient, studio: Studio) -> None:
    record = {"layerpose_pose": 1, "rotations": {"upperarm01.L": [0, -1.2, 0]}}
    before = set(studio.files.store.folder.iterdir())
    found = page.post("/api/files", params={"name": "pose.json"}, content=json.dumps(record).encode()).json()
    assert found["kind"] == "pose"
    assert found["pose"]["rotations"] == record["rotations"]
    assert set(studio.files.store.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.bvh", b"HIERARCHY\nROOT"), ("b.fbx", b"Kaydara FBX Binary  \x00\x1a\x00"), ("c.glb", b"glTF" + bytes(30)),
        ("d.json", b"[" * 50_000), ("e.pkl", b"\x80\x04cos\nsystem\n(S'echo'\ntR."), ("f", b""), ("g.txt", b"hello"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_under_its_own_name(
    page: TestClient, studio: Studio, name: str, content: bytes
) -> None:
    before = set(studio.files.store.folder.iterdir())
    answer = page.post("/api/files", params={"name": name}, content=content)
    assert answer.status_code == 400
    assert str(studio.folder) not in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]
    assert set(studio.files.store.folder.iterdir()) == before


@pytest.mark.parametrize("asked", [{"first": 5, "end": 2}, {"first": 99}, {"step": 0}, {"first": "x"}])
def test_frames_that_a_motion_has_not_are_refused(page: TestClient, tmp_path: Path, asked: dict[str, Any]) -> None:
    write_motion(select(library_motion("walk"), 0, 12), tmp_path / "walk.json")
    content = (tmp_path / "walk.json").read_bytes()
    motion = page.post("/api/files", params={"name": "walk.json"}, content=content).json()["id"]
    assert page.get(f"/api/motions/{motion}", params=asked).status_code == 400


def test_a_body_is_written_as_it_is(page: TestClient, person: dict[str, Any], tmp_path: Path) -> None:
    written = page.post("/api/write", params={"format": "json"}, json={"body": person["body"]})
    assert written.headers["Content-Disposition"] == 'attachment; filename="pose.json"'
    (tmp_path / "pose.json").write_bytes(written.content)
    body = read_pose(tmp_path / "pose.json")
    assert torch.allclose(rotations(person["body"]), body.pose.rotations, atol=1e-5)


@pytest.mark.parametrize(
    ("format", "start"),
    [("openpose", b"{"), ("openpose.png", b"\x89PNG"), ("bvh", b"HIERARCHY")],
)
def test_a_body_is_written_for_other_programs(
    page: TestClient, person: dict[str, Any], format: str, start: bytes
) -> None:
    asked = {"body": person["body"], "person": person["id"]}
    written = page.post("/api/write", params={"format": format}, json=asked)
    assert written.status_code == 200
    assert written.content.startswith(start)


def test_a_project_comes_back_as_it_was_saved(page: TestClient, person: dict[str, Any]) -> None:
    state = {"keys": [1, {"deep": ["é", None]}], "camera": 0.5}
    saved = page.post("/api/projects", json={"project": state, "people": [person["id"]]})
    assert saved.status_code == 200
    opened = page.post("/api/projects/open", content=saved.content)
    assert opened.json() == {"project": state, "people": [person]}


def packed(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "/").replace("_json", ".json"), data)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04", packed(other=b""), packed(project_json=b"[" * 50_000), packed(project_json=b"[]"),
        packed(project_json=b'{"layerpose_project": 2, "project": {}, "people": []}'),
        packed(project_json=b'{"layerpose_project": 1, "project": {}, "people": [1]}'),
        packed(project_json=b'{"layerpose_project": 1, "project": {}, "people": 7}'),
        packed(project_json=b'{"layerpose_project": 1, "project": {}, "people": [1]}', people__0__person_json=b"{}"),
        packed(project_json=b'{"layerpose_project": 1, "project": {}, "people": [1]}', people__0__person_json=b"{}",
               people__0__photo=b"no photo"),
        packed(bomb=bytes(64 << 20)),
    ],
)  # fmt: skip
def test_a_project_that_is_none_is_refused_in_one_line(page: TestClient, content: bytes) -> None:
    answer = page.post("/api/projects/open", content=content)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["detail"]
