"""The bytes behind a BVH's ``Frame Time`` -> where the numbers of each frame start and end; none is read yet.

A frame is a line as a rule; else it is so many numbers, wherever the lines end. Of what is gone through only the places
of frames are kept, so that a file takes as much time and memory as its length does, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

STRETCH = 4 << 20
"""Bytes that are searched together. Where so many hold no frame, none is expected to follow."""
MANY_LINES = 20_000
"""Lines of a stretch that are looked for one by one, which is soonest where they are long."""
WIDEST = 64
"""Bytes that a number and the blanks before it may take."""
BLANK = np.isin(np.arange(256), list(b" \t\n\r\v\f"))
Spans = tuple[Int[np.ndarray, "t"], Int[np.ndarray, "u"]]
"""Where frames start, and where they end."""


def find_frames(data: bytes, start: int, num_channels: int) -> Spans:
    """The frames from a place on. ValueError if there are numbers, but not enough for one."""
    starts, ends = _join(_lines(data, start, 2 * num_channels - 1))
    told = list(zip(starts[:2].tolist(), ends[:2].tolist(), strict=True))
    if not told or any(len(words_of(data, a, b, num_channels)) != num_channels for a, b in told):
        return _find_numbers(data, start, num_channels)
    last = len(words_of(data, int(starts[-1]), int(ends[-1]), num_channels))
    return (starts[:-1], ends[:-1]) if last != num_channels and len(starts) > 1 else (starts, ends)


def words_of(data: bytes, start: int, end: int, wanted: int) -> list[bytes]:
    """What stands between blanks, decimal commas as points; nothing where that is too long for so many numbers."""
    line = data[start:end] if end - start <= WIDEST * wanted else b""
    if b"," in line:
        line = line.replace(b",", b" " if b"." in line else b".")
    return line.split()


def _lines(data: bytes, start: int, least: int) -> Iterator[Spans]:
    """Of each stretch the lines with so many bytes or more that are no comments."""
    mark, seen = b"\n" if data.find(b"\n", start) >= 0 else b"\r", np.frombuffer(data, dtype=np.uint8)
    while start < len(data):
        ends = _ends_of_lines(data, start, mark)
        starts = np.concatenate([[start], ends[:-1] + 1])
        start = int(ends[-1]) + 1
        long = ends - starts >= least
        told = starts[long]
        no_comment = (seen[told] != ord("#")) & (seen[told] != ord("/"))
        yield told[no_comment], ends[long][no_comment]


def _ends_of_lines(data: bytes, start: int, mark: bytes) -> Int[np.ndarray, "n"]:
    """Ends of the lines of a stretch, at least that of the first."""
    ends: list[int] = []
    stop, at = min(start + STRETCH, len(data)), start
    while len(ends) < MANY_LINES and (found := data.find(mark, at, stop)) >= 0:
        ends.append(found)
        at = found + 1
    if not ends:
        found = data.find(mark, stop)
        return np.array([found if found >= 0 else len(data)])
    rest = np.frombuffer(data, dtype=np.uint8, count=stop - at if len(ends) == MANY_LINES else 0, offset=at)
    return np.concatenate([ends, np.flatnonzero(rest == mark[0]) + at])


def _find_numbers(data: bytes, start: int, num_channels: int) -> Spans:
    starts, ends = _join(_numbers(data, start, num_channels))
    if len(starts) and not len(ends):
        found = len(data[start : start + STRETCH].split())
        raise ValueError(f"frames of {num_channels} channels expected, {found} numbers found")
    return starts[: len(ends)], ends


def _numbers(data: bytes, start: int, num_channels: int) -> Iterator[Spans]:
    """Of each stretch where first numbers of frames start and last ones end."""
    num_starts, num_ends, after_blank = 0, 0, True
    for at in range(start, len(data), STRETCH):
        stretch = np.frombuffer(data, dtype=np.uint8, count=min(STRETCH, len(data) - at), offset=at)
        blank = BLANK[stretch]
        before = np.concatenate([[after_blank], blank[:-1]])
        after_blank = bool(blank[-1])
        starts, ends = np.flatnonzero(before & ~blank) + at, np.flatnonzero(~before & blank) + at
        if at + len(blank) == len(data) and not after_blank:
            ends = np.append(ends, len(data))
        first, last = -num_starts % num_channels, (-1 - num_ends) % num_channels
        yield starts[first::num_channels].copy(), ends[last::num_channels].copy()
        num_starts, num_ends = num_starts + len(starts), num_ends + len(ends)


def _join(stretches: Iterator[Spans]) -> Spans:
    """All frames up to a stretch without any."""
    found: list[Spans] = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))]
    for starts, ends in stretches:
        if not len(starts) and not len(ends):
            break
        found.append((starts, ends))
    return np.concatenate([starts for starts, _ in found]), np.concatenate([ends for _, ends in found])
