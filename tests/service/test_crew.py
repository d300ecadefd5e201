"""Every task is answered, whatever becomes of the processes that do them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from layerpose.service.crew import Crew, TooLongError, UnavailableError
from layerpose.studio.jobs import StoppedError
from layerpose.studio.refusing import BusyError, RefusedError

LABOUR = """
import os, signal, time
from pathlib import Path
from layerpose.service.crew import Answer
from layerpose.service.labour import work_on
from layerpose.studio.refusing import UnknownError

def do(kind, request, report):
    if kind == "sleep":
        Path(request["begun"]).write_text(str(os.getpid()))
        time.sleep(request["seconds"])
    if kind == "die" and not (Path(request["once"]).exists() and request["lives"]):
        Path(request["once"]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "refuse":
        raise UnknownError("no such thing")
    if kind == "break":
        raise ZeroDivisionError
    if kind == "count":
        for done in range(request["to"]):
            report(done, request["to"])
    return Answer(kind="text/plain", content=str(request.get("number")).encode())

def labour(pipe):
    work_on(pipe, do)
"""
Made = Callable[..., Crew]


@pytest.fixture
def crew_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    (tmp_path / "some_labour.py").write_text(LABOUR)
    monkeypatch.syspath_prepend(tmp_path)
    labour, crews = import_module("some_labour").labour, []

    def make(workers: int = 1, **limits: float) -> Crew:
        crews.append(Crew(labour, workers=workers, **limits))
        return crews[-1]

    yield make
    for crew in crews:
        crew.close()
    del sys.modules["some_labour"]


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.02)


def test_many_clients_at_once_get_each_its_own_answer(crew_of: Made) -> None:
    crew = crew_of(workers=2)
    with ThreadPoolExecutor(8) as clients:
        found = list(clients.map(lambda number: crew.do("tell", {"number": number}).content, range(40)))
    assert found == [str(number).encode() for number in range(40)]
    assert crew.alive == 2


def test_a_process_killed_in_the_middle_costs_no_request(crew_of: Made, tmp_path: Path) -> None:
    crew, begun = crew_of(workers=1), tmp_path / "begun"
    with ThreadPoolExecutor(4) as clients:
        first = clients.submit(crew.do, "sleep", {"seconds": 1.0, "begun": str(begun), "number": 0})
        others = [clients.submit(crew.do, "tell", {"number": number}) for number in (1, 2)]
        wait_for(begun)
        os.kill(crew.members[0].process.pid, signal.SIGKILL)
        assert first.result().content == b"0"
        assert [other.result().content for other in others] == [b"1", b"2"]
    assert crew.restarts == 1


def test_a_process_that_died_while_nobody_asked_is_replaced(crew_of: Made) -> None:
    crew = crew_of()
    crew.do("tell", {})
    os.kill(crew.members[0].process.pid, signal.SIGKILL)
    crew.members[0].process.join()
    assert crew.alive == 0
    assert crew.do("tell", {"number": 5}).content == b"5"
    assert (crew.alive, crew.restarts) == (1, 1)


def test_a_request_over_which_processes_die_is_refused_and_the_next_one_is_not(crew_of: Made, tmp_path: Path) -> None:
    crew = crew_of()
    with pytest.raises(UnavailableError, match="2 processes ended over this request"):
        crew.do("die", {"once": str(tmp_path / "a"), "lives": False})
    assert crew.do("die", {"once": str(tmp_path / "b"), "lives": True, "number": 3}).content == b"3"


def test_refusals_and_faults_come_back_with_their_status(crew_of: Made, capfd: pytest.CaptureFixture[str]) -> None:
    crew = crew_of()
    for kind, status in (("refuse", 404), ("break", 500)):
        with pytest.raises(RefusedError) as refused:
            crew.do(kind, {})
        assert refused.value.status == status
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert crew.restarts == 0


def test_what_takes_too_long_is_stopped(crew_of: Made, tmp_path: Path) -> None:
    crew = crew_of(limit_s=0.3)
    with pytest.raises(TooLongError, match=r"more than 0.3 seconds"):
        crew.do("sleep", {"seconds": 30, "begun": str(tmp_path / "begun")})
    assert crew.do("tell", {"number": 1}).content == b"1"


def test_too_many_who_wait_are_turned_away_and_so_is_who_waits_too_long(crew_of: Made, tmp_path: Path) -> None:
    crew, begun = crew_of(most_waiting=1, patience_s=0.5), tmp_path / "begun"
    crew.do("tell", {})
    with ThreadPoolExecutor(2) as clients:
        slow = clients.submit(crew.do, "sleep", {"seconds": 2.0, "begun": str(begun), "number": 0})
        wait_for(begun)
        second = clients.submit(crew.do, "tell", {})
        while not crew.waiting and not second.done():
            time.sleep(0.01)
        with pytest.raises(BusyError, match="1 requests wait already"):
            crew.do("tell", {})
        with pytest.raises(UnavailableError, match=r"nobody was free for 0.5 seconds"):
            second.result()
        assert slow.result().content == b"0"


def test_a_task_is_told_of_and_stopped_on_the_way(crew_of: Made) -> None:
    crew, told = crew_of(), []

    def report(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        crew.do("count", {"to": 5}, report)
    assert told == [(0, 5), (1, 5), (2, 5)]
    assert crew.do("count", {"to": 3, "number": 9}).content == b"9"
    assert crew.restarts == 0
