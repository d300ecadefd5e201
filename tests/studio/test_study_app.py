"""The study over HTTP: what the browser is told, and what becomes of its votes."""

from __future__ import annotations

import io
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from layerpose.evaluation.study import Study
from layerpose.evaluation.study_votes import Votes
from layerpose.studio.study_app import make_app


@pytest.fixture
def client(study: Study) -> TestClient:
    return TestClient(make_app(study))


def start(client: TestClient) -> str:
    return client.post("/api/voters").json()["voter"]


def vote(client: TestClient, voter: str, place: int, choice: int) -> dict[str, int]:
    answer = client.post("/api/votes", json={"voter": voter, "place": place, "choice": choice})
    assert answer.status_code == 200
    return answer.json()["answered"]


def pixel(client: TestClient, voter: str, place: int, name: str) -> tuple[int, int, int]:
    answer = client.get(f"/pictures/{voter}/{place}/{name}")
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.content)).getpixel((30, 30))


def looked_at(client: TestClient, study: Study, voter: str, place: int, choice: int) -> tuple[int, int]:
    """Question and method, read off the colour of the picture that was served."""
    red, green, _ = pixel(client, voter, place, str(choice))
    return [pair[0] for pair in study.pairs].index(f"{green // 10:05d}"), (red - 40) // 60


def test_a_vote_is_for_the_picture_that_was_shown(client: TestClient, study: Study) -> None:
    voter, meant = start(client), {}
    for place in range(len(study.pairs)):
        choice = place % 3
        question, method = looked_at(client, study, voter, place, choice)
        meant[question] = method
        assert pixel(client, voter, place, "source")[1] == pixel(client, voter, place, "pose")[1]
        vote(client, voter, place, choice)
    assert {v.question: v.method for v in Votes(study).all()} == meant


def test_nothing_that_the_browser_gets_names_a_method(client: TestClient, study: Study) -> None:
    voter = start(client)
    answers = [client.get(p) for p in ("/", "/study.js", "/study.css", "/api/study", f"/api/voters/{voter}")]
    answers += [client.get(f"/pictures/{voter}/0/{name}") for name in ("source", "pose", "0", "1", "2")]
    for answer in answers:
        assert answer.status_code == 200
        said = answer.content + str(answer.headers).encode()
        assert not any(method.encode() in said for method in study.methods)
    assert b"http" not in answers[0].content


def test_each_person_sees_another_order(client: TestClient, study: Study) -> None:
    orders = [Votes(study).order(start(client)) for _ in range(6)]
    assert len({order.questions for order in orders}) > 1
    assert len({order.methods for order in orders}) == 6
    assert all(sorted(row) == [0, 1, 2] for order in orders for row in order.methods)


def test_every_method_stands_first_equally_often(study: Study) -> None:
    votes = Votes(study)
    firsts = [row[0] for _ in range(80) for row in votes.order(votes.start()).methods]
    assert np.bincount(firsts, minlength=3) == pytest.approx(np.full(3, len(firsts) / 3), rel=0.2)


def test_two_people_who_vote_at_once_do_not_mix(client: TestClient, study: Study) -> None:
    people = [start(client) for _ in range(8)]
    tasks = [(voter, place, (number + place) % 3) for place in range(5) for number, voter in enumerate(people)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda task: vote(client, *task), tasks))
    for number, voter in enumerate(people):
        answered = client.get(f"/api/voters/{voter}").json()["answered"]
        assert answered == {str(place): (number + place) % 3 for place in range(5)}
    assert len(Votes(study).all()) == 40


def test_two_servers_share_one_study(study: Study) -> None:
    one, two = TestClient(make_app(study)), TestClient(make_app(study))
    voter = start(one)
    vote(one, voter, 0, 1)
    assert vote(two, voter, 1, 2) == {"0": 1, "1": 2}


def test_a_vote_sent_twice_counts_once_and_a_changed_one_replaces_the_first(client: TestClient, study: Study) -> None:
    voter = start(client)
    vote(client, voter, 2, 0)
    vote(client, voter, 2, 0)
    assert vote(client, voter, 2, 1) == {"2": 1}
    assert len(Votes(study).all()) == 1


@pytest.mark.parametrize(("place", "choice"), [(5, 0), (0, 3), (-1, 0), (0, -1), ("x", 0)])
def test_a_vote_for_what_is_not_there_is_refused(client: TestClient, study: Study, place: object, choice: int) -> None:
    answer = client.post("/api/votes", json={"voter": start(client), "place": place, "choice": choice})
    assert answer.status_code in (404, 422)
    assert not Votes(study).all()


@pytest.mark.parametrize("path", ["{voter}/5/0", "{voter}/0/3", "{voter}/0/study.json", "{voter}/-1/0", "nobody/0/0"])
def test_no_other_file_is_served(client: TestClient, path: str) -> None:
    assert client.get("/pictures/" + path.format(voter=start(client))).status_code in (404, 422)
    assert client.post("/api/votes", json={"voter": "nobody", "place": 0, "choice": 0}).status_code == 404


def test_a_vote_that_cannot_be_kept_is_not_acknowledged(client: TestClient, study: Study) -> None:
    voter = start(client)
    with sqlite3.connect(study.folder / "votes.sqlite") as database:
        database.execute("DROP TABLE votes")
    answer = client.post("/api/votes", json={"voter": voter, "place": 0, "choice": 0})
    assert answer.status_code == 503
    assert "votes.sqlite" in answer.json()["detail"]
