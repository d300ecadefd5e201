"""Words of the command line + a room -> a child process that runs them, and everything that came of it.

The child is a fork of a process that has loaded layerpose once, or a process of its own. Whoever outlives its parent
becomes a child of this process (`adopt_orphans`), and is found by that.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import multiprocessing.util
import os
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from room import Room

PR_SET_CHILD_SUBREAPER = 36
GRACE_S = 8.0
"""So long may those whom a killed process has started take to notice it (DataLoader's look every five seconds)."""
STARTED = "from layerpose.cli.run import main; import sys; sys.exit(main())"
Begin = Callable[[], None]
_running: set[int] = set()
"""Commands that were begun here and not yet asked after."""


@dataclass(frozen=True, kw_only=True)
class End:
    """How a run ended."""

    code: int
    """As shells count: 128 and the signal's number for who was killed."""
    said: str
    """Standard error."""
    seconds: float
    orphans: tuple[str, ...] = ()
    """Command lines of the processes that went on."""

    @property
    def is_refusal(self) -> bool:
        """Exit code 2, told in a line; warnings may stand before it."""
        lines = [line for line in self.said.splitlines() if not line.startswith("layerpose: warning: ")]
        told = [line for line in lines if line.startswith("layerpose: ")]
        return self.code == 2 and bool(told) and "Traceback" not in self.said


def adopt_orphans() -> None:
    """Make this process the parent of all that its children leave behind (Linux)."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


class Child:
    """A command that runs."""

    def __init__(self, words: Sequence[str], room: Room, *, real: bool = False, begin: Begin | None = None) -> None:
        self.begun, self.room = time.monotonic(), room
        self.heard = Path(tempfile.mkstemp(prefix="said")[1])
        self.ignored = set(children_of(os.getpid()))
        """Who was there before."""
        with warnings.catch_warnings(action="ignore"):  # some Pythons warn of threads, of which the child uses none
            self.pid = os.fork()
        if self.pid == 0:
            _be_the_child(words, room, self.heard, real, begin)
        _running.add(self.pid)

    def ended(self) -> bool:
        """Whether it is no more; its status stays to be asked for, until somebody has."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def ends_within(self, seconds: float) -> bool:
        """Wait for it, but no longer."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.ended():
            time.sleep(min(left, 0.02))
        return self.ended()

    def kill_after(self, seconds: float) -> bool:
        """SIGKILL after so long since it began; False if it had ended before."""
        if self.ends_within(self.begun + seconds - time.monotonic()):
            return False
        os.kill(self.pid, signal.SIGKILL)
        return True

    def wait(self, seconds: float) -> End:
        """How it ended; killed after so long."""
        killed = self.kill_after(seconds)
        _, status = os.waitpid(self.pid, 0)
        _running.discard(self.pid)
        code, took = os.waitstatus_to_exitcode(status), time.monotonic() - self.begun
        said = self.heard.read_text(encoding="utf-8", errors="replace")
        self.heard.unlink()
        if killed:
            said += f"\n(killed after {seconds:.1f} s)"
        return End(code=code if code >= 0 else 128 - code, said=said, seconds=took, orphans=self._end_orphans())

    def _end_orphans(self) -> tuple[str, ...]:
        """Who is still there after a moment of grace; ended then."""
        end = time.monotonic() + GRACE_S
        while left := set(children_of(os.getpid())) - self.ignored - _running:
            for pid in left:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > end:
                break
            time.sleep(0.02)
        found = tuple(_command_of(pid) for pid in left)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return found


def children_of(pid: int) -> list[int]:
    """Processes whose parent this is, the ended ones that nobody has asked after included."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text().split()]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120]
    except OSError:
        return str(pid)


def _be_the_child(words: Sequence[str], room: Room, heard: Path, real: bool, begin: Begin | None) -> None:
    """Run the command and end, without anything that this process would do when it ends."""
    code = 70
    try:
        os.setsid()
        os.chdir(room.path)
        faulthandler.disable()
        for stream, name in enumerate((os.devnull, os.devnull, str(heard))):
            os.dup2(os.open(name, os.O_RDWR), stream)
        os.environ.update(room.environment())
        if real:
            os.execv(sys.executable, [sys.executable, "-c", STARTED, *words])
        code = _run(words, begin)
    except BaseException:
        Path(heard).write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def _run(words: Sequence[str], begin: Begin | None) -> int:
    from layerpose.cli import main

    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = open(number, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    tempfile.tempdir = None
    warnings.resetwarnings()
    if begin is not None:
        begin()
    try:
        code = main(list(words))
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    multiprocessing.util._exit_function()  # pyright: ignore[reportAttributeAccessIssue]  (as at a process's end)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code
