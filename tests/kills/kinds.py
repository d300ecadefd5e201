"""A job + how it is disturbed -> whether the same command then ends with the same bytes, nothing else touched."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from children import GRACE_S, Child, End
from jobs import PORT, STOPPED, Job
from room import CACHE, OUT, Contents, Room, differences
from visitors import Answers, wait_for

CHAIN = 5
"""The same command is killed so many times before it may end."""
YEAR_S = 365 * 86400
SMALLEST_DISK = 4096
UNSAID = ("job", "voter")
"""Answers that are drawn by lot."""
FETCHED = ("landmarks", "body-")
"""In the cache, but not made by the command: to make it again takes minutes or the network."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What the undisturbed command leaves."""

    made: Contents
    around: Contents
    answers: Answers
    seconds: float
    size: int
    """Bytes of what it has written."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One disturbance, and what was wrong afterwards."""

    command: str
    kind: str
    moment: str
    wrong: tuple[str, ...]


class Bench:
    """One job in a room, with what it is compared with."""

    def __init__(self, job: Job, room: Room) -> None:
        self.job, self.room = job, room
        self.real_s: float | None = None
        """How long a process of its own takes, once it was measured."""
        self.reference = self._measure()

    def _measure(self) -> Reference:
        """Run it twice: what differs between two undisturbed runs would show nothing."""
        found = []
        for _ in range(2):
            self.room.reset()
            end, answers = self.run()
            if end.code not in self.job.good:
                raise RuntimeError(f"undisturbed, {self.job.name} ends with {end.code}: {end.said}")
            if "wrong" in answers:
                raise RuntimeError(f"undisturbed, {self.job.name} does not answer: {answers['wrong']}")
            files = [path for path in self.room.out.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in files)
            told = {name: value for name, value in answers.items() if name not in UNSAID}
            found.append(
                Reference(made=self.made(), around=self.room.around(), answers=told, seconds=end.seconds, size=size)
            )
        first, second = found
        wrong = differences(first.made, second.made, self.job.timeless) + differences(first.answers, second.answers)
        if wrong:
            raise RuntimeError(f"undisturbed, {self.job.name} does not make the same twice: {', '.join(wrong)}")
        return second

    def made(self) -> Contents:
        """What lies there, names that are drawn by lot left out."""
        names = self.job.random_names
        return {re.sub(names, "*", name) if names else name: value for name, value in self.room.made().items()}

    def run(
        self, answers: Answers | None = None, *, until: float | None = None, real: bool = False,
        meanwhile: Callable[[Child], None] | None = None,
    ) -> tuple[End, Answers]:  # fmt: skip
        """Run the command to its end, or until it is killed; `meanwhile` does something to it."""
        answers, limit = {} if answers is None else answers, 60 + 20 * self.seconds
        child = Child(self.job.words, self.room, real=real, begin=self.job.begin)
        visitor = threading.Thread(target=self._visit, args=(child, answers), daemon=True)
        if self.job.visit:
            visitor.start()
        if meanwhile is not None:
            meanwhile(child)
        if until is not None:
            child.kill_after(until)
        end = child.wait(limit)
        if self.job.visit:
            visitor.join(limit)
        return end, answers

    @property
    def seconds(self) -> float:
        """How long the undisturbed command takes."""
        return self.reference.seconds if hasattr(self, "reference") else 30.0

    def _visit(self, child: Child, answers: Answers) -> None:
        assert self.job.visit is not None
        try:
            wait_for(PORT, "/healthz" if self.job.name == "serve" else "/api/study", child.ended)
            self.job.visit(PORT, self.room.path, answers)
        except OSError as error:
            if child.ends_within(GRACE_S):
                return
            answers["wrong"] = f"{type(error).__name__}: {error}"
        except Exception as error:
            answers["wrong"] = str(error)
        if not child.ended():
            os.kill(child.pid, signal.SIGINT)

    def judge(self, answers: Answers, *, real: bool = False) -> list[str]:
        """Run the same command again: what is wrong then."""
        before = self.made()
        answers.pop("wrong", None)  # of a visit that was disturbed
        end, answers = self.run(answers, real=real)
        wrong = [f"{name} goes on" for name in end.orphans]
        was_done = end.is_refusal and not differences(self.reference.made, before, self.job.timeless)
        if end.code not in self.job.good and not was_done:
            wrong.append(f"exit code {end.code}: {end.said[-400:]}")
        told = {name: value for name, value in answers.items() if name not in UNSAID}
        return wrong + self.compare() + differences(self.reference.answers, told)

    def compare(self) -> list[str]:
        """What differs from the undisturbed run."""
        wrong = differences(self.reference.made, self.made(), self.job.timeless)
        wrong += differences(self.reference.around, self.room.around())
        return wrong + [f"cache/{name} is left" for name in self.room.unfinished()]


def kill(bench: Bench, moment: float) -> list[str]:
    """SIGKILL, and the same command again, killed too: so many times; then it may end."""
    rng, answers, wrong = np.random.default_rng(int(moment * 1e9)), {}, []
    bench.room.reset()
    for share in (moment, *rng.random(CHAIN - 1)):
        end, answers = bench.run(answers, until=share * bench.seconds)
        wrong += [f"{name} outlives it" for name in end.orphans]
        wrong += differences(bench.reference.around, bench.room.around())
    return wrong + bench.judge(answers)


def fill_disk(bench: Bench, share: float) -> list[str]:
    """The disk takes a share of what is to be written."""
    bench.room.reset()
    with mounted(bench.room.out, f"size={max(int(share * bench.reference.size), SMALLEST_DISK)}"):
        end, answers = bench.run()
        wrong = check_refusal(end)
        mount("-o", "remount,size=1g", str(bench.room.out))
        return wrong + bench.judge(answers)


def make_read_only(bench: Bench, moment: float) -> list[str]:
    """The folder takes nothing any more from some moment on."""
    bench.room.reset()
    with mounted(bench.room.out, "size=1g"):

        def close(child: Child) -> None:
            time.sleep(moment * bench.seconds)
            while not child.ended() and not mount("-o", "remount,ro", str(bench.room.out), check=False):
                time.sleep(0.01)  # somebody writes just now

        if moment == 0:
            mount("-o", "remount,ro", str(bench.room.out))
        end, answers = bench.run(meanwhile=None if moment == 0 else close)
        wrong = check_refusal(end)
        mount("-o", "remount,rw", str(bench.room.out))
        return wrong + bench.judge(answers)


def set_clock_back(bench: Bench, moment: float) -> list[str]:
    """Killed; what is there already was written in a year's time."""
    bench.room.reset()
    _, answers = bench.run(until=moment * bench.seconds)
    later = time.time() + YEAR_S
    for name in (OUT, CACHE):
        for path in (bench.room.path / name).rglob("*"):
            os.utime(path, (later, later))
    return bench.judge(answers)


def _interrupt(child: Child) -> None:
    """Once is not enough: what reaches a child that is only being forked is lost."""
    end = time.monotonic() + GRACE_S
    while not child.ended() and time.monotonic() < end:
        os.kill(child.pid, signal.SIGINT)
        child.ends_within(1.0)


def run_twice(bench: Bench, moment: float) -> list[str]:
    """Two at once: one is done, the other is done too or says why not."""
    bench.room.reset()
    others: list[Child] = []

    def begin_another(_: Child) -> None:
        time.sleep(moment * bench.seconds)
        others.append(Child(bench.job.words, bench.room, begin=bench.job.begin))

    end, answers = bench.run(meanwhile=begin_another)
    if bench.job.visit:  # a server whose port is free now; nobody visits it
        _interrupt(others[0])
    ends = [end, others[0].wait(60 + 20 * bench.seconds)]
    wrong = [f"{name} outlives it" for end in ends for name in end.orphans]
    wrong += [line for end in ends for line in check_refusal(end)]
    if all(end.code not in bench.job.good for end in ends):
        wrong.append("neither was done")
    told = {name: value for name, value in answers.items() if name not in UNSAID}
    return (
        wrong + bench.compare() + (differences(bench.reference.answers, told) if ends[0].code in bench.job.good else [])
    )


def delete_cache(bench: Bench, moment: float) -> list[str]:
    """The cache is deleted while the command is at work; what was fetched stays."""
    bench.room.reset()

    def delete(_: Child) -> None:
        time.sleep(moment * bench.seconds)
        for path in own_cache(bench.room):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    end, answers = bench.run(meanwhile=delete)
    return check_refusal(end) + bench.judge(answers)


def halve_cache(bench: Bench, moment: float) -> list[str]:
    """Killed, and half of every file of the cache is missing."""
    bench.room.reset()
    _, answers = bench.run(until=moment * bench.seconds)
    for path in own_cache(bench.room):
        for file in [path, *path.rglob("*")]:
            if file.is_file():
                os.truncate(file, file.stat().st_size // 2)
    return bench.judge(answers)


def take_other_cache(bench: Bench, _: float) -> list[str]:
    """The cache is of another version: files of the same names hold something else."""
    bench.room.reset()
    cache = bench.room.path / CACHE
    shutil.copyfile(next(cache.glob("body-*.npz")), cache / "body-0.0.1-0.npz")
    for path in own_cache(bench.room):
        for file in [path, *path.rglob("*")]:
            if file.suffix in (".npz", ".json"):
                file.write_text('{"version": 99, "machine": [1, 2], "engine": {"torch": "fast"}}', encoding="utf-8")
    return bench.judge({})


def own_cache(room: Room) -> Iterator[Path]:
    """What a command itself makes in the cache."""
    return (path for path in (room.path / CACHE).iterdir() if not path.name.startswith(FETCHED))


def check_refusal(end: End) -> list[str]:
    """A command that could not is expected to say so in a line."""
    wrong = [f"{name} outlives it" for name in end.orphans]
    return (
        wrong
        if end.code in (0, STOPPED) or end.is_refusal
        else [*wrong, f"exit code {end.code}, said: {end.said[-400:]}"]
    )


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A disk of memory in the place of a folder."""
    mount("-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*words: str, check: bool = True) -> bool:
    """Whether it went well."""
    return subprocess.run(["mount", *words], check=check, capture_output=True).returncode == 0


def can_mount() -> bool:
    """Whether this user may."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


def kill_really(bench: Bench, moment: float) -> list[str]:
    """SIGKILL to a process of its own, from its first import on; its time is taken from a first run."""
    if bench.real_s is None:
        bench.room.reset()
        bench.real_s = bench.run(real=True)[0].seconds
    bench.room.reset()
    end, answers = bench.run(until=moment * bench.real_s, real=True)
    return [f"{name} outlives it" for name in end.orphans] + bench.judge(answers)


Kind = Callable[[Bench, float], list[str]]
KINDS: dict[str, tuple[Kind, int]] = {
    "killed": (kill, 50 // CHAIN), "killed from its first import on": (kill_really, 3), "disk full": (fill_disk, 10),
    "folder read-only": (make_read_only, 3), "clock set back": (set_clock_back, 3), "two at once": (run_twice, 3),
    "cache deleted": (delete_cache, 3), "cache half written": (halve_cache, 3),
    "cache of another version": (take_other_cache, 1),
}  # fmt: skip
"""How a command is disturbed, and how often."""
MOUNTING = ("disk full", "folder read-only")


def moments(kind: str, times: int, rng: np.random.Generator) -> list[float]:
    """Shares of the command's time, or of the disk: one in each of so many equal parts, so that the ends are met."""
    found = (np.arange(times) + rng.random(times)) / times
    return [0.0, *map(float, found[1:])] if kind == "folder read-only" else list(map(float, found))
