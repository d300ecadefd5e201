"""Tasks of many clients -> several processes that do them; for one that dies another is begun, and its task done again.

Between a process and its crew go plain tuples: the task, then any number of reports, each of which is answered by
whether to go on, then what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Condition
from typing import Any

from layerpose.studio.jobs import Report
from layerpose.studio.refusing import BusyError, RefusedError

ATTEMPTS = 2
"""A task that has cost so many processes their lives is not given to another."""
STARTING_S = 180.0
"""A new process has this long to load its model."""
ENDING_S = 3.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a task."""

    kind: str
    """As browsers call it."""
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


class UnavailableError(RefusedError):
    """Not now: nobody has time, or who was at it died."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class TooLongError(RefusedError):
    """The task took longer than is allowed."""

    status = HTTPStatus.GATEWAY_TIMEOUT


class _LostError(Exception):
    """The process is no more."""


Labour = Callable[[Connection], None]
"""What a process does: says that it is ready, then takes task after task. Has to be importable."""


class Crew:
    """Processes with a queue before them; any number of threads may ask."""

    def __init__(
        self, labour: Labour, *, workers: int, most_waiting: int = 32, patience_s: float = 60.0, limit_s: float = 300.0
    ) -> None:
        self.most_waiting, self.patience_s, self.limit_s = most_waiting, patience_s, limit_s
        self.restarts = 0
        self._changed = Condition()
        self._waiting: list[object] = []
        self.members = [_Member(labour) for _ in range(workers)]
        self._free = list(self.members)

    @property
    def waiting(self) -> int:
        """Tasks that nobody has begun."""
        return len(self._waiting)

    @property
    def alive(self) -> int:
        """Processes that live."""
        return sum(member.alive for member in self.members)

    def do(self, kind: str, request: dict[str, Any], report: Report = lambda *_: None) -> Answer:
        """Have a task done. A refusal is raised as it was there; UnavailableError if nobody can do it now."""
        with self._turn() as member:
            for _ in range(ATTEMPTS):
                try:
                    return member.do((kind, request), report, self.limit_s)
                except _LostError:
                    self.restarts += 1
                    member.begin()
        raise UnavailableError(f"{ATTEMPTS} processes ended over this request; it is not tried again")

    def close(self) -> None:
        """End every process."""
        for member in self.members:
            member.end()

    @contextmanager
    def _turn(self) -> Iterator[_Member]:
        member = self._wait()
        try:
            yield member
        finally:
            with self._changed:
                self._free.append(member)
                self._changed.notify_all()

    def _wait(self) -> _Member:
        """The next free process, in the order in which they were asked for."""
        ticket = object()
        with self._changed:
            if len(self._waiting) >= self.most_waiting:
                raise BusyError(f"{self.most_waiting} requests wait already; try again in a moment")
            self._waiting.append(ticket)
            try:
                first = self._changed.wait_for(lambda: self._free and self._waiting[0] is ticket, self.patience_s)
                if not first:
                    raise UnavailableError(f"nobody was free for {self.patience_s:g} seconds; try again later")
                return self._free.pop(0)
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()


class _Member:
    """One process."""

    def __init__(self, labour: Labour) -> None:
        self.labour = labour
        self.begin()

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    def begin(self) -> None:
        """A new process in the place of the old one."""
        context = get_context("spawn")
        self.ready = False
        self.pipe, far = context.Pipe()
        self.process: BaseProcess = context.Process(target=self.labour, args=(far,), daemon=True)
        self.process.start()
        far.close()

    def do(self, task: tuple[str, dict[str, Any]], report: Report, limit_s: float) -> Answer:
        try:
            if not self.ready:
                self._receive(STARTING_S)
                self.ready = True
            self.pipe.send(task)
            while True:
                what, *told = self._receive(limit_s)
                if what == "progress":
                    self._pass_on(report, *told)
                elif what == "done":
                    return told[0]
                else:
                    raise _refusal(*told)
        except (EOFError, OSError) as error:
            self.end()
            raise _LostError from error

    def end(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join(ENDING_S)

    def _receive(self, limit_s: float) -> Any:
        end = time.monotonic() + limit_s
        while not self.pipe.poll(max(min(end - time.monotonic(), 1.0), 0.0)):
            if time.monotonic() >= end:
                self.end()
                self.begin()
                raise TooLongError(f"that took more than {limit_s:g} seconds and was stopped; ask for less")
            if not self.alive and not self.pipe.poll(0):
                raise EOFError
        return self.pipe.recv()

    def _pass_on(self, report: Report, done: int, total: int) -> None:
        """The process waits for the answer, so that a cancelled task ends there too."""
        try:
            report(done, total)
        except BaseException:
            self.pipe.send(False)
            self._receive(ENDING_S * 20)
            raise
        self.pipe.send(True)


def _refusal(status: int, message: str) -> RefusedError:
    error = RefusedError(message)
    error.status = HTTPStatus(status)
    return error
