"""Jobs: told of while they run, stopped when nobody wants them, and not lost with the server."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image
from scipy.spatial.transform import Rotation

from layerpose.studio.jobs import MOST_WAITING, Jobs, Report
from layerpose.studio.keys import Key, blend, bodies_between, ease, turn_towards
from layerpose.studio.refusing import BusyError, UnknownError
from layerpose.types import Body, Camera, Pose

WAIT_S = 20.0


def count(request: dict[str, Any], folder: Path, report: Report) -> Path:
    """Makes a file for each step, and goes on from those that are there."""
    for step in range(request["steps"]):
        report(step, request["steps"])
        path = folder / f"{step}.txt"
        if not path.exists():
            path.write_text(str(request.get("run", 0)))
    report(request["steps"], request["steps"])
    out = folder / "out.txt"
    out.write_text("done")
    return out


def ended(jobs: Jobs, job: str) -> Any:
    progress = None
    while progress is None or not progress.ended:
        progress = jobs.wait(job, progress, WAIT_S)
    return progress


def test_a_job_ends_with_its_file(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, count)
    job = jobs.start({"steps": 3})
    assert ended(jobs, job).state == "done"
    assert (jobs.progress(job).done, jobs.progress(job).total) == (3, 3)
    assert jobs.result(job).read_text() == "done"


def test_a_job_that_fails_says_why_and_the_next_one_is_done(tmp_path: Path) -> None:
    def work(request: dict[str, Any], folder: Path, report: Report) -> Path:
        if request["steps"] == 0:
            raise ValueError("nothing\nto do")
        return count(request, folder, report)

    jobs = Jobs(tmp_path, work)
    bad, good = jobs.start({"steps": 0}), jobs.start({"steps": 1})
    assert ended(jobs, good).state == "done"
    assert jobs.progress(bad).state == "failed"
    assert jobs.progress(bad).detail == "nothing to do"


def test_a_cancelled_job_stops_and_leaves_nothing_it_has_made(tmp_path: Path) -> None:
    begun, go = Event(), Event()

    def work(request: dict[str, Any], folder: Path, report: Report) -> Path:
        (folder / "0.txt").write_text("half")
        begun.set()
        go.wait(WAIT_S)
        report(0, 1)
        return folder / "0.txt"

    jobs = Jobs(tmp_path, work)
    job, waiting = jobs.start({}), jobs.start({})
    begun.wait(WAIT_S)
    jobs.cancel(waiting)
    jobs.cancel(job)
    go.set()
    assert ended(jobs, job).state == ended(jobs, waiting).state == "cancelled"
    assert not (tmp_path / job / "0.txt").exists()


def test_a_server_that_ends_in_the_middle_goes_on_from_there(tmp_path: Path) -> None:
    begun, go = Event(), Event()

    def stuck(request: dict[str, Any], folder: Path, report: Report) -> Path:
        (folder / "0.txt").write_text("first life")
        begun.set()
        go.wait(WAIT_S)
        report(1, 3)
        raise AssertionError

    before = Jobs(tmp_path, stuck)
    job, waiting = before.start({"steps": 3}), before.start({"steps": 1})
    begun.wait(WAIT_S)
    before._closing = True
    go.set()
    before.close()
    after = Jobs(tmp_path, count)
    assert ended(after, job).state == ended(after, waiting).state == "done"
    assert (tmp_path / job / "0.txt").read_text() == "first life"
    assert Jobs(tmp_path, count).result(job).read_text() == "done"


def test_a_damaged_job_does_not_keep_the_others(tmp_path: Path) -> None:
    (tmp_path / ("a" * 24)).mkdir()
    (tmp_path / ("a" * 24) / "request.json").write_text('{"at": ')
    jobs = Jobs(tmp_path, count)
    with pytest.raises(UnknownError):
        jobs.progress("a" * 24)
    assert ended(jobs, jobs.start({"steps": 1})).state == "done"


def test_no_more_jobs_wait_than_are_allowed(tmp_path: Path) -> None:
    begun, go = Event(), Event()

    def work(request: dict[str, Any], folder: Path, report: Report) -> Path:
        begun.set()
        go.wait(WAIT_S)
        return folder

    jobs = Jobs(tmp_path, work)
    jobs.start({})
    begun.wait(WAIT_S)
    for _ in range(MOST_WAITING):
        jobs.start({})
    with pytest.raises(BusyError):
        jobs.start({})
    go.set()
    jobs.close()


def body(turn: float, scale: float = 0.4, x: float = 0.5) -> Body:
    rotations = torch.from_numpy(Rotation.from_rotvec([0, 0, turn]).as_matrix()).float()[None].repeat(104, 1, 1)
    camera = Camera(scale=scale, translation=(x, 0.5))
    return Body(phenotype=torch.full((6,), 0.5), pose=Pose(rotations=rotations), camera=camera)


def test_bones_turn_the_shorter_way() -> None:
    half = turn_towards(body(3.0).pose.rotations, body(-3.0).pose.rotations, 0.5)
    assert np.abs(Rotation.from_matrix(half[0].double().numpy()).as_rotvec()[2]) == pytest.approx(np.pi, abs=1e-5)


def test_between_two_bodies_camera_and_place_go_straight() -> None:
    camera = blend(body(0, 0.2, 0.1), body(0, 0.4, 0.5), 0.25).camera
    assert (camera.scale, camera.translation) == (pytest.approx(0.25), (pytest.approx(0.2), pytest.approx(0.5)))
    assert camera.distance_m == float("inf")


@pytest.mark.parametrize(("how", "at"), [("linear", 0.3), ("in", 0.09), ("out", 0.51), ("in-out", 0.216)])
def test_ways_begin_and_end_as_they_are_told(how: Any, at: float) -> None:
    assert ease(0.3, how) == pytest.approx(at)
    assert (ease(0.0, how), ease(1.0, how)) == (0.0, 1.0)


def test_frames_meet_the_keys_at_their_times() -> None:
    keys = [
        Key(seconds=1.0, body=body(0.0), ease="in"),
        Key(seconds=2.0, body=body(1.0)),
        Key(seconds=2.5, body=body(0)),
    ]
    bodies = bodies_between(keys, 10)
    turns = [float(Rotation.from_matrix(b.pose.rotations[0].double().numpy()).as_rotvec()[2]) for b in bodies]
    assert len(bodies) == 16
    assert turns[10] == pytest.approx(1.0, abs=1e-5)
    assert turns[5] == pytest.approx(0.25, abs=1e-4)
    assert turns[-1] == pytest.approx(0.0, abs=1e-5)


def keys(person: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"time": 0, "body": person["body"]}, {"time": 0.1, "body": {"layerpose_pose": 1}}]


@pytest.mark.parametrize(("format", "background"), [("gif", "transparent"), ("png", "#ffffff"), ("mp4", "keep")])
def test_key_poses_become_a_video(page: TestClient, person: dict[str, Any], format: str, background: str) -> None:
    asked = {"person": person["id"], "keys": keys(person), "fps": 20, "size": 64}
    started = page.post("/api/animations", json={**asked, "format": format, "background": background})
    assert started.status_code == 202, started.text
    job = started.json()["job"]
    with page.stream("GET", f"/api/jobs/{job}/events") as events:
        told = [json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done", told[-1]
    assert told[-1]["total"] == 3
    result = page.get(f"/api/jobs/{job}/result")
    assert result.status_code == 200
    if format == "gif":
        picture = Image.open(io.BytesIO(result.content))
        assert (picture.n_frames, picture.size) == (3, (64, 64))
        assert picture.convert("RGBA").getpixel((1, 1))[3] == 0
        assert picture.info["duration"] == 50
    elif format == "png":
        with zipfile.ZipFile(io.BytesIO(result.content)) as packed:
            assert packed.namelist() == ["000000.png", "000001.png", "000002.png"]
    else:
        assert result.headers["Content-Type"] == "video/mp4"
        assert result.content[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"keys": []}, "key"),
        ({"fps": 0.1}, "frames a second"),
        ({"fps": "inf"}, "fps"),
        ({"format": "mp4", "background": "transparent"}, "transparency"),
        ({"format": "exe"}, "format"),
        ({"size": 65}, "65"),
        ({"keys": [{"time": 0, "body": 1}]}, "key 1"),
        (
            {"keys": [{"time": 0, "body": {"layerpose_pose": 1}}, {"time": 3000, "body": {"layerpose_pose": 1}}]},
            "frames",
        ),
    ],
)
def test_an_animation_that_cannot_be_is_refused_before_it_waits(
    page: TestClient, person: dict[str, Any], wrong: dict[str, Any], said: str
) -> None:
    asked = {"person": person["id"], "keys": keys(person), "fps": 20, "size": 64, "background": "#000000"}
    answer = page.post("/api/animations", json={**asked, **wrong})
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_job_that_is_not_done_has_no_result(page: TestClient) -> None:
    assert page.get("/api/jobs/none/result").status_code == 404
    assert page.get("/api/jobs/none/events").status_code == 404
    assert page.delete("/api/jobs/none").status_code == 404
