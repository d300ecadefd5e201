"""Photos in, people out: what the page is told of a photo, what is kept of it, and what is put right by hand."""

from __future__ import annotations

import base64
import io
import json
import os
import stat
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image

from layerpose.body.camera import project
from layerpose.body.skeleton import BODY_JOINTS, KEYPOINTS
from layerpose.maps.render import coco_18, pose_body
from layerpose.motion.pose_file import record_to_body
from layerpose.studio.people import People
from layerpose.studio.rooms import Studio
from layerpose.studio.telling import tell_person
from layerpose.types import Body

pytestmark = pytest.mark.usefixtures("rough_fits")


def keypoints_in_photo(person: dict[str, Any]) -> dict[str, np.ndarray]:
    """Where the fitted body has its keypoints, in pixels of the photo."""
    body, canvas = record_to_body(person["body"]), person["canvas"]
    assert isinstance(body, Body)
    units = project(torch.as_tensor(coco_18(pose_body(body).keypoints)), body.camera)[:, :2].numpy()
    return dict(zip(KEYPOINTS, units * canvas["side"] + [canvas["left"], canvas["top"]], strict=True))


def test_the_same_bytes_are_the_same_person_whatever_the_file_is_called(
    page: TestClient, person: dict[str, Any], photo: bytes
) -> None:
    answer = page.post("/api/people", params={"name": "../../etc/passwd\n<b>"}, content=photo)
    assert answer.status_code == 201
    assert answer.json()["id"] == person["id"]


def test_body_and_landmarks_meet_in_the_pixels_of_the_photo(person: dict[str, Any]) -> None:
    places, tall = keypoints_in_photo(person), person["canvas"]["side"]
    assert person["photo"] == {"width": 768, "height": 1024}
    for name in BODY_JOINTS:
        assert np.linalg.norm(places[name] - person["landmarks"][name][:2]) < 0.03 * tall
    assert {"nose", "left_ear", "right_heel", "left_toe"} <= person["landmarks"].keys()


def test_beyond_so_many_bytes_the_photos_go_that_nobody_asked_for_the_oldest_first(tmp_path: Path) -> None:
    before = People(tmp_path, 256)
    old, older, young = (before.keep(bytes([number]) * 100, "a.png") for number in range(3))
    for photo, age in ((old, 20), (older, 30), (young, 10)):
        os.utime(before.photos.find(photo), (time.time() - age,) * 2)
    after = People(tmp_path, 256, most_bytes=250)
    new = after.keep(bytes([9]) * 100, "b.png")
    assert [after.has(one) and after.photos.has(one) for one in (older, old, young, new)] == [False, False, True, True]
    third = after.keep(bytes([10]) * 200, "c.png")
    assert [after.has(one) for one in (young, new, third)] == [False, True, True]


def test_what_is_kept_can_be_read_by_its_owner_alone(studio: Studio, person: dict[str, Any]) -> None:
    folders = [studio.folder, *(path for path in studio.folder.iterdir() if path.is_dir())]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"no picture at all", "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "picture"),
    ],
)
def test_what_is_no_photo_is_refused_in_one_line_and_not_kept(
    page: TestClient, studio: Studio, content: bytes, said: str
) -> None:
    before = set(studio.people.photos.folder.iterdir())
    answer = page.post("/api/people", params={"name": "holiday.jpg"}, content=content)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert "holiday.jpg" in answer.json()["detail"]
    assert str(studio.folder) not in answer.json()["detail"]
    assert set(studio.people.photos.folder.iterdir()) == before


def test_a_photo_with_too_many_pixels_is_refused_before_it_is_unpacked(page: TestClient) -> None:
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 99, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    answer = page.post("/api/people", content=head)
    assert answer.status_code == 400
    assert "110,000,000 pixels" in answer.json()["detail"]


@pytest.mark.parametrize("who", ["0" * 24, "..%2Fpeople", "a", "é"])
def test_nobody_unknown_is_told_of(page: TestClient, who: str) -> None:
    for what in ("", "/photo", "/body.glb", "/mask.png"):
        assert page.get(f"/api/people/{who}{what}").status_code == 404


def test_the_body_has_the_bones_of_the_model_and_the_photo_on_it(page: TestClient, person: dict[str, Any]) -> None:
    content = page.get(f"/api/people/{person['id']}/body.glb").content
    length = struct.unpack("<I", content[12:16])[0]
    described = json.loads(content[20 : 20 + length])
    assert "upperarm01.L" in {node["name"] for node in described["nodes"]}
    assert described["images"][0]["mimeType"] == "image/jpeg"


def test_mask_and_cut_out_are_those_of_the_canvas(page: TestClient, studio: Studio, person: dict[str, Any]) -> None:
    mask = Image.open(io.BytesIO(page.get(f"/api/people/{person['id']}/mask.png").content))
    cut = Image.open(io.BytesIO(page.get(f"/api/people/{person['id']}/canvas.jpg").content))
    assert mask.size == cut.size == (studio.people.canvas,) * 2
    assert np.asarray(mask)[:, 128].max() == 255
    assert mask.getpixel((2, 2)) == 0


def test_a_landmark_put_elsewhere_takes_the_body_along_and_stays_there_after_a_restart(
    page: TestClient, studio: Studio, person: dict[str, Any]
) -> None:
    x, y, _ = person["landmarks"]["left_wrist"]
    wanted = np.array([x - 60, y - 45])
    answer = page.post(f"/api/people/{person['id']}/mend", json={"landmarks": {"left_wrist": wanted.tolist()}})
    assert answer.status_code == 201
    mended = answer.json()
    assert mended["id"] != person["id"]
    assert mended["landmarks"]["left_wrist"][:2] == pytest.approx(wanted, abs=0.01)
    off = np.linalg.norm(keypoints_in_photo(mended)["left_wrist"] - wanted)
    before = np.linalg.norm(keypoints_in_photo(person)["left_wrist"] - wanted)
    assert off < 0.15 * before
    again = People(studio.folder, studio.people.canvas).get(mended["id"])
    assert json.loads(json.dumps(tell_person(again))) == mended


def test_a_painted_mask_is_taken_as_it_is_on_the_canvas_on_which_it_was_painted(
    page: TestClient, person: dict[str, Any]
) -> None:
    x, y, _ = person["landmarks"]["left_wrist"]
    before = page.post(f"/api/people/{person['id']}/mend", json={"landmarks": {"left_wrist": [x + 150, y]}}).json()
    assert before["canvas"] != person["canvas"]
    mask = Image.open(io.BytesIO(page.get(f"/api/people/{before['id']}/mask.png").content))
    mask.paste(255, (124, 215, 132, 223))
    url = "data:image/png;base64," + base64.b64encode(png(mask)).decode()
    mended = page.post(f"/api/people/{before['id']}/mend", json={"landmarks": {}, "mask": url}).json()
    assert mended["canvas"] == pytest.approx(before["canvas"], abs=5)  # where the mask is cut off is rounded again
    got = Image.open(io.BytesIO(page.get(f"/api/people/{mended['id']}/mask.png").content))
    assert np.asarray(got)[216:222, 125:131].min() > 250
    assert np.abs(np.asarray(got, dtype=int) - np.asarray(mask)).mean() < 3


@pytest.mark.parametrize(
    "asked",
    [
        {"landmarks": {"left_fin": [1, 2]}},
        {"landmarks": {"left_wrist": [1e5, 2]}},
        {"landmarks": {"left_wrist": [1]}},
        {"landmarks": {"left_wrist": ["NaN", 2]}},
        {"mask": "http://elsewhere/mask.png"},
        {"mask": "data:image/png;base64,AAAA"},
    ],
)
def test_what_cannot_be_mended_is_said_in_one_line(
    page: TestClient, person: dict[str, Any], asked: dict[str, Any]
) -> None:
    answer = page.post(f"/api/people/{person['id']}/mend", json=asked)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["detail"]


def png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, format="PNG")
    return content.getvalue()


def test_a_person_whose_card_is_damaged_is_asked_for_again(tmp_path: Path, photo: bytes) -> None:
    people = People(tmp_path, 256)
    who = people.keep(photo, "photo")
    (tmp_path / "people" / f"{who}.json").write_text('{"photo": 1')
    with pytest.raises(ValueError, match="send the photo again"):
        people.get(who)
