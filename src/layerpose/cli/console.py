"""What commands say: spinners and warnings on stderr, answers on stdout, C libraries kept quiet."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout

from layerpose.runtime.saying import one_line

NOBODY_READS = 141
"""Exit code where the reader of the answer has left: as shells call who ends by SIGPIPE."""


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A spinner on stderr while something takes long; nothing when stderr is no terminal."""
    if not is_terminal():
        yield
        return
    from layerpose.cli.bars import spin

    with spin(what):
        yield


@contextmanager
def progress(what: str, things: str, *, each: int = 1) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with rate (`each` things a step) and time left; nothing when stderr is no terminal."""
    if not is_terminal():
        yield _say_nothing
        return
    from layerpose.cli.bars import bar

    with bar(what, things, each) as report:
        yield report


@contextmanager
def progress_of(*works: str, things: str) -> Iterator[tuple[Callable[[int, int], None], ...]]:
    """A bar on stderr for each of several works, shown once it begins; nothing when stderr is no terminal."""
    if not is_terminal():
        yield (_say_nothing,) * len(works)
        return
    from layerpose.cli.bars import bars

    with bars(works, things) as reports:
        yield reports


def is_terminal() -> bool:
    """Whether somebody may be looking; else what draws bars is not even loaded."""
    return sys.stderr is not None and sys.stderr.isatty()


def _say_nothing(_done: int, _total: int) -> None:
    pass


@contextmanager
def hushed() -> Iterator[None]:
    """Keep what C libraries print past Python (Warp's search for a GPU, LiteRT's greeting) off the terminal."""
    if os.environ.get("LAYERPOSE_DEBUG") or sys.stderr is not sys.__stderr__ or sys.stderr is None:
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    own = os.fdopen(os.dup(terminal), "w", buffering=1, encoding="utf-8", errors="replace")
    sys.stderr = own
    try:
        yield
    finally:
        sys.stderr = sys.__stderr__
        own.close()
        os.dup2(terminal, 2)
        os.close(terminal)


@contextmanager
def all_said() -> Iterator[None]:
    """At the end everything is out, while it can still be noticed that nobody reads any more."""
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def nobody_reads() -> bool:
    """Whether who read the answer has left, as `head` does; what is left to say then goes nowhere."""
    gone = [stream for stream in (1, 2) if _is_gone(stream)]
    for stream in gone:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream)
        os.close(nowhere)
    return bool(gone)


def _is_gone(stream: int) -> bool:
    """The other end of a pipe is closed."""
    if not hasattr(select, "poll"):  # Windows
        return True
    poll = select.poll()
    poll.register(stream, 0)
    return any(told & (select.POLLERR | select.POLLHUP) for _, told in poll.poll(0))


@contextmanager
def to_stderr(wanted: bool) -> Iterator[None]:
    """Where a picture goes to standard output, what is said goes to stderr."""
    with redirect_stdout(sys.stderr) if wanted else nullcontext():
        yield


def say(line: str) -> None:
    """Print one line of the answer."""
    print(line, flush=True)


class Pace:
    """How fast a long work goes, told every so many seconds where there is no terminal for a bar."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self._stretch: object = None
        self._begin = self._said = float("-inf")
        self._first = 0

    def find(self, stretch: object, step: int, *, last: bool = False) -> float | None:
        """Seconds that a step of this stretch of the work takes; None where it was told lately and is not the last."""
        now = time.monotonic()
        if stretch != self._stretch:
            self._stretch, self._begin, self._first, self._said = stretch, now, step, float("-inf")
        if now - self._said < self.every_s and not last:
            return None
        self._said = now
        return (now - self._begin) / max(step - self._first, 1)


def check_numbers(given: dict[str, tuple[int | None, int]]) -> None:
    """ValueError for an option below its least value."""
    for name, (value, least) in given.items():
        if value is not None and value < least:
            raise ValueError(f"{name} is {value}; expected {least} or more")


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line on stderr."""
    print(f"layerpose: warning: {line_of(message)}", file=sys.stderr)


def line_of(message: Warning | Exception | str) -> str:
    """A message in one line; a file error names its file."""
    if isinstance(message, OSError) and message.filename is not None:
        return f"{message.filename}: {message.strerror}"
    return one_line(message)
