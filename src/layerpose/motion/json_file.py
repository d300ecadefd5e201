"""The bytes of a JSON -> its data, unless it would swell in memory; a motion file of ours -> its frames, one by one.

In memory a number takes thirty bytes and an empty list sixty, whatever they take in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, overload

LARGEST = 200_000_000
"""Bytes of a JSON that is read as a whole."""
MOST_VALUES = 8_000_000
"""Numbers, lists and objects of it; a name counts twice."""
BY_LINES = 20_000_000
"""From so many bytes on the lines of a motion file are read one by one: a smaller one may be anyhow."""
MOST_FRAMES = 2_000_000
HEAD = re.compile(rb'(?:\xef\xbb\xbf)?(\{"layerpose_motion": \d{1,9}, "fps": [\d.e+-]{1,20}, "frames": \[)\r?\n')
"""How `write_motion` begins; each line after it is a frame."""


def parse_json(data: bytes) -> Any:
    """The data. ValueError if it is no JSON, nested too deeply, or too much."""
    if len(data) > LARGEST:
        raise ValueError(f"it has {len(data) >> 20} MB, of which at most {LARGEST >> 20} are read: cut it into pieces")
    values = data.count(b",") + data.count(b"[") + data.count(b"{") + 2 * data.count(b":")
    if values > MOST_VALUES:
        raise ValueError(f"it has some {values} values, of which at most {MOST_VALUES} are read: cut it into pieces")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


class FrameLines(Sequence[Any]):
    """The frames of a motion file of ours, decoded when they are asked for."""

    def __init__(self, data: bytes, start: int) -> None:
        """`start`: where the first line begins."""
        self.data, self.lines = data, [start]
        while len(self.lines) <= MOST_FRAMES and (end := data.find(b"\n", self.lines[-1])) >= 0:
            self.lines.append(end + 1)

    def __len__(self) -> int:
        """All lines but the last, which closes the list."""
        return max(len(self.lines) - 2, 0)

    @overload
    def __getitem__(self, frame: int) -> Any: ...
    @overload
    def __getitem__(self, frame: slice) -> list[Any]: ...
    def __getitem__(self, frame: int | slice) -> Any:
        """A frame, or several. ValueError if it is no JSON."""
        if isinstance(frame, slice):
            return [self[number] for number in range(*frame.indices(len(self)))]
        if not 0 <= frame < len(self):
            raise IndexError(frame)
        return parse_json(self.data[self.lines[frame] : self.lines[frame + 1]].strip().removesuffix(b","))


def parse_motion(data: bytes) -> Any:
    """The data of a motion file; of a large one, whose frames have a line each, these are decoded one by one."""
    found = HEAD.match(data)
    if found is None or len(data) < BY_LINES or not data.rstrip().endswith(b"\n]}"):
        return parse_json(data)
    return {**parse_json(found[1] + b"]}"), "frames": FrameLines(data.rstrip() + b"\n", found.end())}
