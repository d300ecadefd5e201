"""Bytes in memory -> a file that is read from front to back, as an unpickler reads it."""

from __future__ import annotations

import io
from typing import Any


class Source(io.BytesIO):
    """A file that gives no more than it has, whatever length is asked for."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self._view = memoryview(data)

    def take(self, count: int) -> memoryview:
        """The next bytes, not copied. EOFError if there are not so many."""
        at = self.tell()
        if not 0 <= count <= len(self._view) - at:
            raise EOFError(f"{count} bytes expected, {len(self._view) - at} left")
        self.seek(at + count)
        return self._view[at : at + count]
