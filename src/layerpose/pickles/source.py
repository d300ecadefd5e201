"""Bytes in memory -> a file that is read from front to back, as an unpickler reads it."""

from __future__ import annotations

from typing import Any


class Source:
    """Bytes that are read from front to back; whoever asks for more than there are gets an EOFError and no memory."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._view = memoryview(data)
        self._at = 0

    def take(self, count: int) -> memoryview:
        """The next bytes, not copied."""
        if not 0 <= count <= len(self._view) - self._at:
            raise EOFError(f"{count} bytes expected, {len(self._view) - self._at} left")
        self._at += count
        return self._view[self._at - count : self._at]

    def read(self, count: int) -> bytes:
        """The next bytes."""
        return bytes(self.take(count))

    def readline(self) -> bytes:
        """The bytes to the end of the line."""
        end = self._data.find(b"\n", self._at)
        return self.read((end if end >= 0 else len(self._view) - 1) + 1 - self._at)

    def readinto(self, buffer: Any) -> int:
        """The next bytes, into a buffer."""
        buffer[:] = self.take(len(buffer))
        return len(buffer)
