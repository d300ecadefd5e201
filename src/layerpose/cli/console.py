"""What commands say: spinners and warnings on stderr, answers on stdout, C libraries kept quiet."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
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
def counted(what: str, total: int, *, done: int = 0) -> Iterator[Callable[[], None]]:
    """A bar on stderr with the rate of what is done now; nothing when stderr is no terminal. Call what it gives."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), SpeedColumn(), TimeRemainingColumn(),
        console=console, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(what, total=total, completed=done)
        yield lambda: bar.advance(task)


class SpeedColumn(ProgressColumn):
    """How many a second, lately."""

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        return Text("" if task.speed is None else f"{task.speed:.2f}/s")


def say(line: str) -> None:
    """Print one line of the answer."""
    print(line, flush=True)


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line on stderr."""
    print(f"layerpose: warning: {one_line(message)}", file=sys.stderr)


def one_line(message: object) -> str:
    """A message without line breaks; a file error names its file."""
    if isinstance(message, OSError) and message.filename is not None:
        return f"{message.filename}: {message.strerror}"
    return " ".join(str(message).split()) or type(message).__name__
