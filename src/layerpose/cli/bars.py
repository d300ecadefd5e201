"""Works and their rates -> bars and spinners on a terminal. Loaded only where there is one to draw them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)  # fmt: skip
from rich.text import Text


def spin(what: str) -> AbstractContextManager[object]:
    """A spinner on stderr."""
    return Console(stderr=True).status(f"{what} ...")


class _Rate(ProgressColumn):
    """Things a second."""

    def __init__(self, things: str, each: int) -> None:
        super().__init__()
        self.things, self.each = things, each

    def render(self, task: Task) -> Text:
        """``12.3 images/s``."""
        return Text(f"{(task.speed or 0) * self.each:.1f} {self.things}/s")


@contextmanager
def bar(what: str, things: str, each: int) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with rate (`each` things a step) and time left."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), _Rate(things, each), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as drawn:
        task = drawn.add_task(what, total=None)
        yield lambda done, total: drawn.update(task, completed=done, total=total)


@contextmanager
def bars(works: tuple[str, ...], things: str) -> Iterator[tuple[Callable[[int, int], None], ...]]:
    """A bar on stderr for each of several works, shown once it begins."""
    tasks = {}
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(things, 1), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False) as drawn:

        def report(work: str, done: int, total: int) -> None:
            if work not in tasks:
                tasks[work] = drawn.add_task(work, total=total)
            drawn.update(tasks[work], completed=done)

        yield tuple(partial(report, work) for work in works)


def learning_bars() -> Progress:
    """Bars on stderr for a training: steps, time gone and left, and each task's field `losses`."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[losses]}"),
    )  # fmt: skip
    return Progress(*columns, console=Console(stderr=True), speed_estimate_period=120)
