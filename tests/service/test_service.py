"""What other programs may ask of the service, and what it refuses."""

from __future__ import annotations

import base64
import io
import json
import struct
import time
import zipfile
import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image

from layerpose.motion.library import library_pose
from layerpose.motion.pose_file import pose_to_record
from layerpose.presets import debug
from layerpose.service.app import make_app, open_service
from layerpose.service.crew import Crew
from layerpose.service.tasks import Tasks
from layerpose.stages.model import Model
from layerpose.studio.jobs import Report
from layerpose.transfer import PoseTransfer

HOST, PORT, SIZE = "127.0.0.1", 8018, 64


class Alone(Crew):
    """A crew without processes: does everything here, and counts."""

    alive = 1

    def __init__(self, tasks: Tasks) -> None:
        super().__init__(print, workers=0)
        self.tasks, self.done = tasks, 0

    def do(self, kind: str, request: dict[str, Any], report: Report = lambda *_: None) -> Any:
        self.done += 1
        return self.tasks.do(kind, json.loads(json.dumps(request)), report)


@pytest.fixture(scope="module")
def crew() -> Alone:
    torch.manual_seed(0)
    return Alone(Tasks(PoseTransfer(Model(debug()), torch.device("cpu"))))


@pytest.fixture
def client(crew: Alone, tmp_path: Path) -> TestClient:
    service = open_service(tmp_path / "service", crew, "weights")
    return TestClient(make_app(service, host=HOST, port=PORT, token=None), base_url=f"http://{HOST}:{PORT}")


@pytest.fixture
def guarded(crew: Alone, tmp_path: Path) -> TestClient:
    service = open_service(tmp_path / "service", crew, "weights")
    return TestClient(make_app(service, host="0.0.0.0", port=PORT, token="secret"), base_url="http://any.example")


@pytest.fixture(scope="module")
def photo() -> str:
    return encoded((files("layerpose") / "examples" / "person.png").read_bytes())


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_transfer_is_a_picture_and_the_same_again_is_not_drawn_twice(
    client: TestClient, crew: Alone, photo: str
) -> None:
    asked = {"photo": photo, "pose": "walk", "size": SIZE, "background": "transparent"}
    first, before = client.post("/v1/transfer", json=asked), crew.done
    assert first.status_code == 200
    assert (opened(first.content).size, opened(first.content).mode) == ((SIZE, SIZE), "RGBA")
    again = client.post("/v1/transfer", json=asked)
    assert (again.content, crew.done) == (first.content, before)
    assert client.get(f"/v1/results/{first.headers['X-Result']}").content == first.content
    assert "layerpose_results_reused_total 1" in client.get("/metrics").text
    other = client.post("/v1/transfer", json={**asked, "pose": "sit"})
    assert other.content != first.content


def test_a_pose_comes_as_a_name_as_our_json_or_as_a_file(client: TestClient, photo: str) -> None:
    record = {"layerpose_pose": 1, "rotations": pose_to_record(library_pose("walk"))}
    file = {"file": encoded(json.dumps(record).encode()), "name": "../../pose.json"}
    answers = [
        client.post("/v1/transfer", json={"photo": photo, "pose": pose, "size": SIZE}).content
        for pose in ("walk", record, file)
    ]
    assert answers[1] == answers[2]
    assert opened(answers[0]).size == opened(answers[1]).size == (SIZE, SIZE)


def test_a_fit_is_a_body_and_maps_are_packed_pictures(client: TestClient, photo: str) -> None:
    fit = client.post("/v1/fit", json={"photo": photo}).json()
    assert {"phenotype", "camera", "rotations"} < fit["pose"].keys()
    assert fit["overlap"] > 0.8
    maps = client.post("/v1/maps", json={"photo": photo, "size": 64})
    with zipfile.ZipFile(io.BytesIO(maps.content)) as packed:
        assert {"depth.png", "normals.png", "openpose.png", "maps.json"} <= set(packed.namelist())


def test_an_animation_is_a_job_that_is_told_of_until_it_is_there(client: TestClient, photo: str) -> None:
    asked = {"photo": photo, "motion": "wave", "fps": 2, "size": SIZE, "background": "#ffffff"}
    job = client.post("/v1/animate", json=asked)
    assert job.status_code == 202
    address = f"/v1/jobs/{job.json()['job']}"
    told = [json.loads(line[6:]) for line in client.get(f"{address}/events").text.splitlines() if line[:5] == "data:"]
    assert told[-1]["state"] == "done", told[-1]
    assert told[-1]["done"] == told[-1]["total"] > 2
    video = client.get(f"{address}/result")
    assert video.headers["Content-Type"] == "video/mp4"
    assert b"ftyp" in video.content[:12]


def test_a_cancelled_animation_ends(client: TestClient, photo: str) -> None:
    job = client.post("/v1/animate", json={"photo": photo, "motion": "walk", "fps": 30, "size": 32}).json()["job"]
    client.delete(f"/v1/jobs/{job}")
    end = time.monotonic() + 30
    while (state := client.get(f"/v1/jobs/{job}").json()["state"]) in ("waiting", "running") and time.monotonic() < end:
        time.sleep(0.05)
    assert state == "cancelled"
    assert client.get(f"/v1/jobs/{job}/result").status_code == 409


def hollow_png(side: int) -> bytes:
    """Says that it has many pixels, and has none."""
    head = struct.pack(">II5B", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return start + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"photo": encoded(b"no picture at all")}, "the photo is not a picture"),
        ({"photo": encoded(hollow_png(60_000))}, "make it smaller"),
        ({"photo": "***"}, "photo is not base64"),
        ({"photo": 5}, "photo: Input should be a valid string"),
        ({"pose": "/etc/passwd"}, "no pose '/etc/passwd' in the library"),
        ({"pose": "photo.jpg"}, "no pose 'photo.jpg'"),
        ({"pose": {"file": encoded(b"?"), "name": "/etc/passwd"}}, "the pose file"),
        ({"pose": {"layerpose_pose": 1, "rotations": {"tail": [0, 0, 1]}}}, "unknown joint 'tail'"),
        ({"pose": {"layerpose_pose": 1, "rotations": {"root": [1e99, 0, 0]}}}, "finite numbers"),
        ({"size": 77}, "expected one of [32, 64, 128]"),
        ({"background": "/etc/passwd"}, "the background is '/etc/passwd'"),
        ({"path": "/etc/passwd"}, "path: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(
    client: TestClient, photo: str, change: dict[str, Any], reason: str
) -> None:
    answer = client.post("/v1/transfer", json={"photo": photo, "pose": "walk", "size": SIZE, **change})
    assert answer.status_code == 400
    assert reason in answer.json()["detail"]
    assert "/tmp" not in answer.text
    assert len(answer.json()["detail"].splitlines()) == 1


def test_pages_from_elsewhere_and_other_names_are_turned_away_where_there_is_no_token(client: TestClient) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/v1/fit", json={}, headers=headers).status_code == 403


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Basic secret", "secret", "Bearer secret "])
def test_without_the_token_nothing_is_told_but_health(guarded: TestClient, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    for path in ("/v1/poses", "/metrics", "/docs", "/openapi.json", "/v1/jobs/x"):
        assert guarded.get(path, headers=headers).status_code == 401, path
    assert guarded.get("/healthz").status_code == 200


def test_with_the_token_it_is_open_by_any_name_but_not_to_pages_from_elsewhere(guarded: TestClient) -> None:
    token = {"Authorization": "Bearer secret"}
    assert len(guarded.get("/v1/poses", headers=token).json()) > 50
    assert "/v1/transfer" in guarded.get("/docs", headers=token).text
    assert "/v1/animate" in guarded.get("/openapi.json", headers=token).json()["paths"]
    assert guarded.post("/v1/fit", headers={**token, "Origin": "http://evil.example"}).status_code == 403


def test_too_large_a_request_is_not_read(client: TestClient) -> None:
    answer = client.post("/v1/fit", content=b"{}", headers={"Content-Length": str(10**10)})
    assert answer.status_code == 413


def test_every_request_is_counted_by_path_and_status(client: TestClient) -> None:
    client.get("/v1/poses")
    client.get("/v1/jobs/none")
    text = client.get("/metrics").text
    assert 'layerpose_requests_total{path="/v1/poses",status="200"} 1' in text
    assert 'layerpose_requests_total{path="/v1/jobs/{job}",status="404"} 1' in text
    assert "layerpose_workers 1" in text
