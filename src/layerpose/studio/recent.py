"""What was worked out lately -> kept in memory, the longest unused going first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """So many values at most; several threads may ask."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._alone = Lock()

    def find(self, key: Key) -> Value | None:
        """The value, which thereby is used again; None if it is not there."""
        with self._alone:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def recall(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value, made and kept if it is not there; others who ask meanwhile may make it too."""
        found = self.find(key)
        if found is None:
            found = make()
            self.keep(key, found)
        return found

    def keep(self, key: Key, value: Value) -> None:
        """Remember a value, and forget the one that was not used for the longest time."""
        with self._alone:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self.most:
                self._values.popitem(last=False)
