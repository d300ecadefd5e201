"""A reading function + a file -> what came of it, in a child that may not take long, grow large or do anything else.

The child is a fork: what it breaks, opens or leaves behind is its own. What it may not do is written to a pipe by an
audit hook; what it left behind is looked for afterwards.
"""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from layerpose.runtime.workers import work_alone

MB = 1 << 20
LONGEST_LINE = 700
FORBIDDEN = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn", "os.startfile",
    "socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request", "pickle.find_class", "os.remove",
    "os.rename", "os.truncate", "shutil.rmtree", "shutil.move", "shutil.copyfile",
)  # fmt: skip
"""Audit events that no reading function may cause. What unpickles asks for classes, harmless ones included."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file may cost."""

    seconds: float = 20.0
    """Of the processor; of waiting, `PATIENCE` times as many."""
    memory_mb: int = 2048
    """Beyond what the process has already."""


PATIENCE = 6


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a file."""

    kind: str
    """``read``, ``refused``, or what is wrong: `WRONG`."""
    said: str = ""
    seconds: float = 0.0
    """Of the processor."""
    memory_mb: float = 0.0
    """Beyond what the process had already, at most."""

    @property
    def is_wrong(self) -> bool:
        """The promise is broken."""
        return self.kind not in ("read", "refused")


WRONG = ("traceback", "lines", "call", "left behind", "changed", "memory", "time", "crash")


def try_file(
    read: Callable[[Path], Any], path: Path, *, room: Path, limits: Limits | None = None, writes: bool = False
) -> Outcome:
    """Let a child read `path`, in the folder `room` where nothing may change; `writes`: elsewhere it may."""
    limits, before = limits or Limits(), contents(room)
    receive, send = os.pipe()
    held_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with warnings.catch_warnings(action="ignore"):  # some Pythons warn of threads, of which the child uses none
        child = os.fork()
    if child == 0:
        os.close(receive)
        work_alone()  # a fork waits for ever for the threads that its parent had
        _be_the_child(read, path, send, limits, writes=writes)
    os.close(send)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(child, child)
    heard = _listen(receive, PATIENCE * limits.seconds)
    found = _judge(child, heard, held_kb, limits)
    if _end_group(child) and not found.is_wrong:
        found = replace(found, kind="left behind", said="a process that goes on")
    if not found.is_wrong and (after := contents(room)) != before:
        kind = "changed" if any(after.get(name) != value for name, value in before.items()) else "left behind"
        found = replace(found, kind=kind, said=", ".join(sorted(map(str, set(after) ^ set(before))))[:200])
    return found


def contents(room: Path) -> dict[Path, str]:
    """Every file of a folder with a hash of its bytes, every folder with nothing."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in room.rglob("*")}


def _be_the_child(read: Callable[[Path], Any], path: Path, send: int, limits: Limits, *, writes: bool) -> None:
    """Read the file, tell how it went, and end without anything that the parent does when it ends."""
    try:
        os.setpgid(0, 0)
        faulthandler.disable()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        resource.setrlimit(resource.RLIMIT_CPU, (int(limits.seconds) + 1, int(limits.seconds) + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        room = (_data_kb() << 10) + limits.memory_mb * MB
        resource.setrlimit(resource.RLIMIT_DATA, (room, room))
        sys.dont_write_bytecode = True
        told: list[str] = []
        if not writes:
            sys.addaudithook(lambda event, given: _watch(event, given, told))
        outcome = _read(read, path)
        if told:
            outcome = Outcome(kind="call", said="; ".join(told[:3]))
        os.write(send, json.dumps(asdict(outcome)).encode() + b"\n")
    finally:
        os._exit(0)


def _read(read: Callable[[Path], Any], path: Path) -> Outcome:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            read(path)
            outcome = Outcome(kind="read")
        except ValueError as error:
            outcome = Outcome(kind="refused", said=str(error))
        except MemoryError:
            return Outcome(kind="memory", said="MemoryError")
        except BaseException as error:
            return Outcome(kind="traceback", said=f"{type(error).__name__}: {error}"[:500] + _where(error))
    for line in (outcome.said, *(str(one.message) for one in said)):
        if "\n" in line or len(line) > LONGEST_LINE or (not line and outcome.kind == "refused"):
            return Outcome(kind="lines", said=repr(line)[:500])
    return outcome


def _where(error: BaseException) -> str:
    """The innermost line of ours."""
    place, at = error.__traceback__, ""
    while place is not None:
        if "layerpose" in (name := place.tb_frame.f_code.co_filename):
            at = f" at {Path(name).name}:{place.tb_lineno}"
        place = place.tb_next
    return at


def _watch(event: str, given: tuple[Any, ...], told: list[str]) -> None:
    if event == "open":
        name, _, flags = given
        if isinstance(flags, int) and flags & WRITING and isinstance(name, str | bytes | os.PathLike):
            told.append(f"opens {name!r} to write")
    elif event in FORBIDDEN:
        told.append(f"{event} {given!r}"[:200])


def _data_kb() -> int:
    """What the process has of memory of its own."""
    return int(Path("/proc/self/status").read_text().split("VmData:")[1].split()[0])


def _listen(receive: int, seconds: float) -> Outcome | None:
    """What the child says before it ends or its time is over; None if it says nothing."""
    heard, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and select.select([receive], [], [], left)[0]:
        part = os.read(receive, 1 << 16)
        heard += part
        if not part or part.endswith(b"\n"):
            break
    os.close(receive)
    return Outcome(**json.loads(heard)) if heard.endswith(b"\n") else None


def _judge(child: int, heard: Outcome | None, held_kb: int, limits: Limits) -> Outcome:
    """How the child ended, and what it said."""
    for _ in range(200):
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.005)
    else:
        os.kill(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
        heard = heard or Outcome(kind="time", said=f"more than {PATIENCE * limits.seconds:g} s")
    ended_by = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
    memory_mb = max(used.ru_maxrss - held_kb, 0) / 1024
    found = heard or Outcome(kind="crash", said=ended_by or "it ended without a word")
    if ended_by == "SIGXCPU":
        found = Outcome(kind="time", said=f"more than {limits.seconds:g} s of the processor")
    elif memory_mb > limits.memory_mb:
        found = Outcome(kind="memory", said=f"{memory_mb:.0f} MB")
    return replace(found, seconds=used.ru_utime + used.ru_stime, memory_mb=memory_mb)


def _end_group(child: int) -> bool:
    """End what the child has started; whether there was something."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
