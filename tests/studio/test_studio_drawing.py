"""Bodies in, pictures out: the page gets what the model draws, and only what is still wanted."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from layerpose.motion.library import library_pose
from layerpose.motion.pose_file import pose_to_record
from layerpose.scene.backdrop import Backdrop
from layerpose.studio.drawing import Wish
from layerpose.studio.line import Line
from layerpose.studio.refusing import BusyError, SupersededError
from layerpose.studio.rooms import Studio
from layerpose.transfer import place

SMALL = 64


def draw(page: TestClient, person: dict[str, Any], **asked: Any) -> Image.Image:
    answer = page.post("/api/draw", json={"person": person["id"], "size": SMALL, "body": person["body"], **asked})
    assert answer.status_code == 200, answer.text
    assert float(answer.headers["X-Seconds"]) > 0
    return Image.open(io.BytesIO(answer.content))


def test_the_page_gets_the_models_own_picture(page: TestClient, studio: Studio, person: dict[str, Any]) -> None:
    model, seen = studio.drawer.model(SMALL), studio.drawer.seen(person["id"], SMALL)
    body = place(seen.body, library_pose("wave"))
    whole = Backdrop(image=None).compose(model.draw(model.prepare(model.view(seen), body)), body)
    drawn = draw(page, person, body={"layerpose_pose": 1, "rotations": pose_to_record(library_pose("wave"))})
    off = np.abs(np.asarray(drawn, dtype=int) - np.asarray(whole))
    assert (off > 1).mean() < 0.005, "a pixel of the edge may fall to the other side: the pose went through text"
    assert off.mean() < 0.05


def test_a_body_with_a_camera_is_drawn_where_it_says(page: TestClient, person: dict[str, Any]) -> None:
    def middle(across: float) -> float:
        camera = person["body"]["camera"]
        moved = {**camera, "translation": [camera["translation"][0] + across, camera["translation"][1]]}
        alpha = np.asarray(draw(page, person, body={**person["body"], "camera": moved}))[..., 3]
        return float((alpha.sum(0) * np.arange(SMALL)).sum() / alpha.sum())

    assert middle(0.125) - middle(0.0) == pytest.approx(0.125 * SMALL, abs=0.5)


def test_behind_the_person_is_what_was_asked_for(page: TestClient, person: dict[str, Any]) -> None:
    content = io.BytesIO()
    Image.new("RGB", (90, 70), (10, 200, 30)).save(content, format="PNG")
    picture = page.post("/api/pictures", params={"name": "wall.png"}, content=content.getvalue())
    assert picture.status_code == 201
    assert draw(page, person, background="transparent").getpixel((1, 1))[3] == 0
    assert draw(page, person, background="#c86432").getpixel((1, 1)) == (200, 100, 50)
    assert draw(page, person, background=picture.json()).getpixel((1, 1)) == (10, 200, 30)
    kept = np.asarray(draw(page, person, background="keep"), dtype=int)
    cut = np.asarray(Image.open(io.BytesIO(page.get(f"/api/people/{person['id']}/photo").content)))
    assert np.abs(kept[2, SMALL // 2] - cut[40, 384]).max() < 12


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"size": 100}, 400, "100 pixels"),
        ({"background": "/etc/passwd"}, 404, "no picture"),
        ({"background": "#12"}, 404, "no picture"),
        ({"person": "0" * 24}, 404, "nobody"),
        ({"also": ["nobody"]}, 404, "nobody"),
        ({"body": {"layerpose_pose": 1, "rotations": {"tail": [0, 0, 0]}}}, 400, "tail"),
        ({"body": [[]]}, 400, "body"),
        ({"serial": -1}, 400, "serial"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(
    page: TestClient, person: dict[str, Any], wrong: dict[str, Any], status: int, said: str
) -> None:
    answer = page.post("/api/draw", json={"person": person["id"], "size": SMALL, "body": person["body"], **wrong})
    assert answer.status_code == status
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b'{"person": NaN}', b"\xff\xfe", b"null", b""])
def test_what_is_no_json_is_refused(page: TestClient, content: bytes) -> None:
    answer = page.post("/api/draw", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "\n" not in answer.json()["detail"]


@pytest.mark.parametrize("camera", [{"scale": 1e5}, {"scale": 1e-6}, {"translation": [1e5, 0.5]}])
def test_a_camera_that_shows_nobody_is_refused(
    page: TestClient, person: dict[str, Any], camera: dict[str, Any]
) -> None:
    body = {**person["body"], "camera": {**person["body"]["camera"], **camera}}
    answer = page.post("/api/draw", json={"person": person["id"], "size": SMALL, "body": body})
    assert answer.status_code == 400
    assert "camera" in answer.json()["detail"]


def test_of_a_person_beside_the_canvas_nothing_is_to_be_seen(page: TestClient, person: dict[str, Any]) -> None:
    body = {**person["body"], "camera": {"scale": 0.5, "translation": [3.0, 0.5]}}
    assert np.asarray(draw(page, person, body=body))[..., 3].max() < 32


def test_of_a_tab_that_waits_only_the_newest_wish_is_done() -> None:
    line, begun, go = Line(), Event(), Event()
    done = []

    def first(check: Callable[[], None]) -> None:
        begun.set()
        go.wait(5)
        check()

    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(line.do, first, "other", 1)
        begun.wait(5)
        old = pool.submit(line.do, lambda _: done.append("old"), "tab", 1)
        while not line.waiting:
            sleep(0.01)
        new = pool.submit(line.do, lambda _: done.append("new"), "tab", 2)
        with pytest.raises(SupersededError):
            old.result(5)
        go.set()
        running.result(5), new.result(5)
    assert done == ["new"]


def test_a_newer_wish_of_the_tab_stops_one_that_is_being_drawn(studio: Studio, person: dict[str, Any]) -> None:
    wish = Wish(person=person["id"], pose=library_pose("sit"), size=SMALL)
    asked = []

    def check() -> None:
        asked.append(None)
        if len(asked) == 4:
            raise SupersededError("superseded")

    with pytest.raises(SupersededError):
        studio.drawer.draw(wish, check)
    studio.drawer.draw(wish)


def test_who_comes_when_too_many_wait_is_told_so() -> None:
    line = Line(most=0)
    with pytest.raises(BusyError):
        line.do(lambda _: None)


def test_an_older_wish_is_answered_as_superseded(page: TestClient, person: dict[str, Any]) -> None:
    asked = {"person": person["id"], "size": SMALL, "body": person["body"], "tab": "t"}
    assert page.post("/api/draw", json={**asked, "serial": 5}).status_code == 200
    old = page.post("/api/draw", json={**asked, "serial": 4})
    assert old.status_code == 409
    assert "superseded" in old.json()["detail"]
