"""Requests that take long -> jobs: one at a time, told of while they run, resumed after a restart, kept for a while.

A job is a folder: request.json is there before anybody is told of the job, end.json once it has ended, and between
them whatever the work keeps. Work that is begun again in the same folder goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from threading import Condition, Thread
from typing import Any, Literal

from layerpose.runtime.cache import private_folder, write_json
from layerpose.runtime.saying import one_line
from layerpose.studio.keeping import NAME
from layerpose.studio.refusing import BusyError, NotYetError, UnknownError

State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
REQUEST, END = "request.json", "end.json"
MOST_WAITING, MOST_KEPT = 8, 20
Report = Callable[[int, int], None]
"""Told how much is done of how much; raises StoppedError when the job is not to go on."""
Work = Callable[[dict[str, Any], Path, Report], Path]
"""Request, folder and report -> the result, a file in the folder."""


class StoppedError(Exception):
    """The job was cancelled, or the server ends."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is."""

    state: State
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    detail: str = ""
    result: str | None = None
    """Name of the file."""

    @property
    def ended(self) -> bool:
        """Nothing more will happen."""
        return self.state in ENDED


@dataclass(kw_only=True)
class _Run:
    """The job at work."""

    job: str
    begun: float
    there: int | None = None
    """What was there already when it began."""


class Jobs:
    """All jobs of a folder, with one thread that does them."""

    def __init__(self, folder: Path, work: Work) -> None:
        self.folder, self.work = private_folder(folder), work
        self._changed = Condition()
        self._progress: dict[str, Progress] = {}
        self._queue: list[str] = []
        self._cancelled: set[str] = set()
        self._closing = False
        for job in self._stored():
            ended = _read(self.folder / job / END)
            self._progress[job] = Progress(state="waiting") if ended is None else _to_progress(ended)
            if ended is None:
                self._queue.append(job)
        self._thread = Thread(target=self._do_all, daemon=True, name="jobs")
        self._thread.start()

    def start(self, request: dict[str, Any]) -> str:
        """Note a request; the job's name. BusyError if too many wait already."""
        with self._changed:
            if len(self._queue) >= MOST_WAITING:
                raise BusyError(f"{MOST_WAITING} jobs wait already; try again when one has ended")
        self._tidy()
        job = token_hex(12)
        folder = private_folder(self.folder / job)
        write_json(folder / REQUEST, {"at": time.time(), "request": request})
        with self._changed:
            self._progress[job] = Progress(state="waiting")
            self._queue.append(job)
            self._changed.notify_all()
        return job

    def progress(self, job: str) -> Progress:
        """How far a job is. UnknownError if there is none of this name."""
        with self._changed:
            return self._get(job)

    def cancel(self, job: str) -> None:
        """Stop a job and drop what it has made; nothing happens to one that has ended."""
        with self._changed:
            if self._get(job).ended:
                return
            self._cancelled.add(job)
            if job in self._queue:
                self._queue.remove(job)
                self._end(job, Progress(state="cancelled"))

    def result(self, job: str) -> Path:
        """The file that a job has made. NotYetError while it is not there."""
        progress = self.progress(job)
        if progress.state != "done" or progress.result is None:
            raise NotYetError(f"the job is {progress.state}; its result is not there")
        return self.folder / job / progress.result

    def wait(self, job: str, seen: Progress | None, seconds: float) -> Progress:
        """The progress once it differs from what was seen, or after so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._get(job) != seen, seconds)
            return self._get(job)

    def close(self, seconds: float = 5.0) -> None:
        """Stop at work; what has not ended goes on when the folder is opened again."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(seconds)

    def _get(self, job: str) -> Progress:
        if job not in self._progress:
            raise UnknownError(f"there is no job {job[:24]!r} here")
        return self._progress[job]

    def _do_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if self._closing:
                    return
                job = self._queue.pop(0)
                self._progress[job] = Progress(state="running")
                self._changed.notify_all()
            self._do(job)

    def _do(self, job: str) -> None:
        folder = self.folder / job
        try:
            request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))["request"]
            path = self.work(request, folder, self._reporter(job))
            progress = replace(self.progress(job), state="done", seconds_left=0.0, result=path.name)
        except StoppedError:
            if self._closing:
                return
            progress = Progress(state="cancelled")
        except Exception as error:  # whatever it is, the job has failed and the next one is done
            known = isinstance(error, ValueError | OSError)
            detail = one_line(error) if known else f"something went wrong here ({type(error).__name__}: {error})"
            progress = Progress(state="failed", detail=one_line(detail))
        with self._changed:
            self._end(job, progress)

    def _end(self, job: str, progress: Progress) -> None:
        if progress.state != "done":
            _empty(self.folder / job)
        write_json(self.folder / job / END, vars(progress))
        self._progress[job] = progress
        self._cancelled.discard(job)
        self._changed.notify_all()

    def _reporter(self, job: str) -> Report:
        run = _Run(job=job, begun=time.monotonic())

        def report(done: int, total: int) -> None:
            with self._changed:
                if self._closing or job in self._cancelled:
                    raise StoppedError
                run.there = done if run.there is None else run.there
                made, left = done - run.there, total - done
                seconds = (time.monotonic() - run.begun) / made * left if made else None
                self._progress[job] = Progress(state="running", done=done, total=total, seconds_left=seconds)
                self._changed.notify_all()

        return report

    def _stored(self) -> list[str]:
        """Jobs that are whole, the oldest first."""
        found = [(_read(path / REQUEST), path.name) for path in self.folder.iterdir() if NAME.fullmatch(path.name)]
        whole = [(stored["at"], job) for stored, job in found if stored and {"at", "request"} <= stored.keys()]
        return [job for _, job in sorted(whole)]

    def _tidy(self) -> None:
        """Forget the oldest jobs that have ended, beyond so many."""
        with self._changed:
            ended = [job for job, progress in self._progress.items() if progress.ended]
            old = ended[: max(len(ended) - MOST_KEPT + 1, 0)]
            for job in old:
                del self._progress[job]
        for job in old:
            shutil.rmtree(self.folder / job, ignore_errors=True)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    except (OSError, ValueError):
        return None


def _to_progress(record: dict[str, Any]) -> Progress:
    try:
        return Progress(**record)
    except TypeError:
        return Progress(state="failed", detail="what was kept of the job is damaged")


def _empty(folder: Path) -> None:
    """Drop what a job has made, but not what was asked for."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != REQUEST:
            path.unlink(missing_ok=True)
