"""What commands say: spinners and warnings on stderr, answers on stdout, C libraries kept quiet."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A spinner on stderr while something takes long; nothing when stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what} ..."):
        yield


class _Rate(ProgressColumn):
    """Things a second."""

    def __init__(self, things: str, each: int) -> None:
        super().__init__()
        self.things, self.each = things, each

    def render(self, task: Task) -> Text:
        """``12.3 images/s``."""
        return Text(f"{(task.speed or 0) * self.each:.1f} {self.things}/s")


@contextmanager
def progress(what: str, things: str, *, each: int = 1) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with rate (`each` things a step) and time left; nothing when stderr is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), _Rate(things, each), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def progress_of(*works: str, things: str) -> Iterator[tuple[Callable[[int, int], None], ...]]:
    """A bar on stderr for each of several works, shown once it begins; nothing when stderr is no terminal."""
    console, tasks = Console(stderr=True), {}
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(things, 1), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal, redirect_stdout=False) as bar:

        def report(work: str, done: int, total: int) -> None:
            if work not in tasks:
                tasks[work] = bar.add_task(work, total=total)
            bar.update(tasks[work], completed=done)

        yield tuple(partial(report, work) for work in works)


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
def to_stderr(wanted: bool) -> Iterator[None]:
    """Where a picture goes to standard output, what is said goes to stderr."""
    with redirect_stdout(sys.stderr) if wanted else nullcontext():
        yield


def say(line: str) -> None:
    """Print one line of the answer."""
    print(line, flush=True)


def check_numbers(given: dict[str, tuple[int | None, int]]) -> None:
    """ValueError for an option below its least value."""
    for name, (value, least) in given.items():
        if value is not None and value < least:
            raise ValueError(f"{name} is {value}; expected {least} or more")


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line on stderr."""
    print(f"layerpose: warning: {one_line(message)}", file=sys.stderr)


def one_line(message: object) -> str:
    """A message without line breaks; a file error names its file."""
    if isinstance(message, OSError) and message.filename is not None:
        return f"{message.filename}: {message.strerror}"
    return " ".join(str(message).split()) or type(message).__name__
