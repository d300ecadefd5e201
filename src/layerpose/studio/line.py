"""Wishes of several tabs -> one at a time, in the order in which they came; of each tab only the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition
from typing import TypeVar

from layerpose.studio.recent import Recent
from layerpose.studio.refusing import BusyError, SupersededError

Done = TypeVar("Done")
MOST_WAITING = 16
MOST_TABS = 256


class Line:
    """A queue for one place of work."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.most = most
        self._waiting: list[object] = []
        self._working = False
        self._newest: Recent[str, int] = Recent(MOST_TABS)
        self._changed = Condition()
        # One thread: its helpers on the other cores stay warm, and its memory is used again.
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="line")

    @property
    def waiting(self) -> int:
        """Who waits."""
        with self._changed:
            return len(self._waiting)

    def do(self, work: Callable[[Callable[[], None]], Done], tab: str = "", serial: int = 0) -> Done:
        """Have something done in turn, by the one thread that does all of it; see `turn`."""
        with self.turn(tab, serial) as check:
            return self._hand.submit(work, check).result()

    @contextmanager
    def turn(self, tab: str = "", serial: int = 0) -> Iterator[Callable[[], None]]:
        """Wait for one's turn; what is handed out raises SupersededError once the tab wants something newer.

        Without a tab nothing is newer. BusyError if too many wait already.
        """
        self._announce(tab, serial)

        def check() -> None:
            if tab and serial < (self._newest.find(tab) or 0):
                raise SupersededError("superseded: the same tab has asked for something newer")

        self._wait(check)
        try:
            check()
            yield check
        finally:
            with self._changed:
                self._working = False
                self._changed.notify_all()

    def give_way(self) -> None:
        """Wait until nobody is at work or waits for it: for what is in no hurry."""
        with self._changed:
            self._changed.wait_for(lambda: not self._working and not self._waiting)

    def _announce(self, tab: str, serial: int) -> None:
        with self._changed:
            if tab and serial > (self._newest.find(tab) or 0):
                self._newest.keep(tab, serial)
                self._changed.notify_all()

    def _wait(self, check: Callable[[], None]) -> None:
        ticket = object()
        with self._changed:
            if len(self._waiting) >= self.most:
                raise BusyError(f"{self.most} pictures are waited for already; try again in a moment")
            self._waiting.append(ticket)
            try:
                while self._working or self._waiting[0] is not ticket:
                    check()
                    self._changed.wait()
                self._working = True
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
