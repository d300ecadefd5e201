"""Who may ask a server of this machine for what, and how much may be sent to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from layerpose.studio import guarding
from layerpose.studio.guarding import Guard, Limits, split_host


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8017", "127.0.0.1:8018", "localhost.evil.example", ""])
def test_a_name_that_only_points_here_is_turned_away(page: TestClient, host: str) -> None:
    answer = page.get("/api/about", headers={"Host": host})
    assert answer.status_code == 403
    assert "detail" in answer.json()


@pytest.mark.parametrize("host", ["127.0.0.1:8017", "localhost:8017", "[::1]:8017", "LOCALHOST:8017"])
def test_the_names_of_this_machine_are_let_in(page: TestClient, host: str) -> None:
    assert page.get("/api/about", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8018", "http://localhost:8017"])
@pytest.mark.parametrize("path", ["/api/draw", "/api/people", "/api/projects/open"])
def test_a_page_from_elsewhere_changes_nothing(page: TestClient, origin: str, path: str) -> None:
    assert page.post(path, headers={"Origin": origin}).status_code == 403


def test_own_pages_and_programs_may_ask(page: TestClient) -> None:
    for headers in ({"Origin": "http://127.0.0.1:8017", "Sec-Fetch-Site": "same-origin"}, {}):
        assert page.post("/api/draw", headers=headers).status_code == 400
    assert page.delete("/api/jobs/none", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_whoever_listens_to_the_network_is_found_by_address_but_not_by_any_name() -> None:
    guard = Guard(FastAPI(), host="0.0.0.0", port=80, limits=Limits())
    assert guard.is_own("192.168.1.7:80")
    assert guard.is_own("192.168.1.7")
    assert not guard.is_own("evil.example:80")


@pytest.mark.parametrize(
    ("host", "found"),
    [("a:1", ("a", 1)), ("a", ("a", None)), ("[::1]:5", ("::1", 5)), ("[::1]", ("::1", None)), ("a:x", ("a", -1))],
)
def test_hosts_fall_into_name_and_port(host: str, found: tuple[str, int | None]) -> None:
    assert split_host(host) == found


def test_every_answer_says_how_it_is_to_be_used(page: TestClient) -> None:
    for answer in (page.get("/"), page.get("/api/nothing"), page.get("/", headers={"Host": "evil.example"})):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_what_is_declared_too_large_is_refused_unread(page: TestClient) -> None:
    for path, megabytes in (("/api/people", 65), ("/api/draw", 2)):
        answer = page.post(path, headers={"Content-Length": str(megabytes << 20)}, content=b"x")
        assert answer.status_code == 413
        assert "at most" in answer.json()["detail"]


def test_what_grows_too_large_on_the_way_is_refused(page: TestClient) -> None:
    answer = page.post("/api/draw", content=(bytes(1 << 19) for _ in range(3)))
    assert answer.status_code == 413


def test_a_body_that_comes_too_slowly_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "SLOWEST_S", 0.02)
    sent: list[Any] = []

    async def app(_: Any, receive: Any, __: Any) -> None:
        await receive()

    async def never() -> Any:
        await asyncio.sleep(5)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    guard = Guard(app, host="localhost", port=80, limits=Limits())
    with pytest.raises(guarding.HTTPException) as caught:
        asyncio.run(guard(scope, never, send))
    assert caught.value.status_code == 408


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/..%2fapp.py", "/page/%2e%2e/app.py", "/page//etc/passwd"])
def test_no_file_but_the_pages_own_is_served(page: TestClient, path: str) -> None:
    assert page.get(path).status_code == 404
