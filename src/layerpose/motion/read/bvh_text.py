"""The bytes of a BVH file -> joints, offsets, channels, and the numbers of the frames that are asked for.

Programs write it in many ways: tabs, blanks in names, any case, decimal commas, comments, ``Frames:12``, more or fewer
frames than they say. A frame is a line as a rule; only lines that are asked for are read as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

MOST_JOINTS = 2000
KNOWN = tuple(f"{axis}{kind}" for axis in "XYZ" for kind in ("position", "rotation"))
LEFT_OUT = tuple(f"{axis}scale" for axis in "XYZ")
"""Channels that are read over."""
NUMBER = r"[-+]?[\d.,]+(?:e[-+]?\d+)?"
HEADER = re.compile(
    rf"\s*(?:(?P<joint>(?:ROOT|JOINT)\s+)(?P<name>[^\n{{]*)|(?P<end>END\b)[^\n{{]*|(?P<open>{{)|(?P<close>}})"
    rf"|OFFSET\s+(?P<x>{NUMBER})\s+(?P<y>{NUMBER})\s+(?P<z>{NUMBER})"
    r"|CHANNELS\s+(?P<count>\d{1,4})(?P<channels>(?:\s+[A-Z]\w*)*?)(?=\s*(?:[{}]|JOINT\b|END\b|OFFSET\b|ROOT\b|$)))",
    re.IGNORECASE,
)
COMMENT = re.compile(r"^[ \t]*(?:#|//).*$|(?<=[\d{}n])[ \t]+(?:#|//).*$", re.MULTILINE | re.IGNORECASE)
MOTION = re.compile(rb"(?:^|[\s}])MOTION\s+(?:(?:#|//)[^\n]*\s+)*Frames", re.IGNORECASE)
COUNT = re.compile(rb"Frames[ \t]*:?[ \t]*(-?\d{1,18})", re.IGNORECASE)
TIME = re.compile(rb"Frame[ \t]*Time[ \t]*:?[ \t]*([-+\d.,e]+)[^\n]*", re.IGNORECASE)
HEAD_BYTES = 4 << 20
"""The hierarchy ends within so many bytes."""
SCANNED = 16 << 20
"""Bytes that are searched for ends of lines together."""
MANY_LINES = 300_000
"""As many as 40 minutes at 120 frames a second have; where there are more they are short, as a rule."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What the file says, uninterpreted."""

    joints: tuple[str, ...]
    """An end site has the name ""."""
    parents: tuple[int, ...]
    offsets: Float[np.ndarray, "n 3"]
    channels: tuple[tuple[str, ...], ...]
    frame_time: float
    """As it stands in the file: seconds, if all is well; 0 where it is missing."""
    said_frames: int
    data: bytes
    starts: Int[np.ndarray, "t"]
    """Where each frame's numbers start in the data."""
    ends: Int[np.ndarray, "t"]

    @property
    def num_frames(self) -> int:
        """Frames that are there, whatever the file says."""
        return len(self.starts)

    @property
    def num_channels(self) -> int:
        """Numbers of a frame."""
        return sum(len(own) for own in self.channels)

    def values(self, frames: Sequence[int]) -> Float[np.ndarray, "t m"]:
        """The numbers of some frames. ValueError for a frame that is damaged."""
        return np.stack([self._read(frame) for frame in frames])

    def _read(self, frame: int) -> Float[np.ndarray, "m"]:
        line = self.data[self.starts[frame] : self.ends[frame]]
        words = _words(line)
        try:
            values = np.array(words, dtype=np.float64)
        except ValueError:
            strange = next((word for word in words if not _is_number(word)), b"?")
            raise ValueError(f"frame {frame} holds {strange[:20].decode('ascii', 'replace')!r}, no number") from None
        if len(values) != self.num_channels:
            raise ValueError(f"frame {frame} has {len(values)} numbers; expected {self.num_channels}, one a channel")
        if not np.isfinite(values).all():
            raise ValueError(f"frame {frame} holds a number that is not finite; repair or cut it out")
        return values


def parse_bvh(data: bytes) -> Recording:
    """Read the hierarchy and find the frames. ValueError says what is wrong."""
    data = _as_ascii(data)
    if not is_bvh(data[:HEAD_BYTES]):
        raise ValueError("it is not a BVH file: it has no HIERARCHY and MOTION sections")
    motion = MOTION.search(data, 0, HEAD_BYTES)
    if motion is None:
        raise ValueError("it is not a BVH file: it has no MOTION section with 'Frames:' (is the file cut off?)")
    try:
        head = data[: motion.start() + 1].decode("utf-8", errors="replace").lstrip("\ufeff").replace("\r", "\n")
        joints, parents, offsets, channels = _read_hierarchy(head)
        count, time = COUNT.search(data, motion.start()), TIME.search(data, motion.start(), motion.end() + 4096)
        said = int(count[1]) if count else 0
        start = time.end() if time else data.find(b"\n", motion.end() if count is None else count.end())
        starts, ends = _find_frames(data, start, sum(len(own) for own in channels))
    except ValueError as error:
        raise ValueError(f"it is a damaged BVH file: {error}") from error
    if not len(starts):
        raise ValueError(f"it is a damaged BVH file: it holds no frames ('Frames: {said}')")
    return Recording(
        joints=tuple(joints), parents=tuple(parents), offsets=offsets, channels=tuple(channels),
        frame_time=_to_number(time[1]) if time else 0.0, said_frames=said, data=data, starts=starts, ends=ends,
    )  # fmt: skip


def is_bvh(head: bytes) -> bool:
    """The first bytes of a file are those of a BVH."""
    text = COMMENT.sub("", head[:4096].decode("utf-8", errors="replace").lstrip("\ufeff"))
    return re.match(r"\s*HIERARCHY\b", text, re.IGNORECASE) is not None


def _as_ascii(data: bytes) -> bytes:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").encode()
    return data


def _read_hierarchy(text: str) -> tuple[list[str], list[int], Float[np.ndarray, "n 3"], list[tuple[str, ...]]]:
    text = COMMENT.sub("", text)
    start = re.search("HIERARCHY", text, re.IGNORECASE)
    text, at = text[start.end() if start else 0 :].rstrip(), 0
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[tuple[str, ...]] = []
    above: list[int] = []
    while at < len(text):
        found = HEADER.match(text, at)
        if found is None:
            raise ValueError(f"unexpected {text[at:].split()[0][:30]!r} in the hierarchy")
        at = found.end()
        if found["joint"] or found["end"]:
            names.append((found["name"].strip() or f"joint {len(names)}") if found["joint"] else "")
            parents.append(above[-1] if above else -1)
            offsets.append([0.0, 0.0, 0.0])
            channels.append(())
            if len(names) > MOST_JOINTS:
                raise ValueError(f"it has more than {MOST_JOINTS} joints")
        elif found["open"]:
            above.append(len(names) - 1)
        elif found["close"]:
            if not above:
                raise ValueError("the hierarchy has a closing brace too many")
            above.pop()
        elif not names:
            raise ValueError("the hierarchy has an offset or channels before its first joint")
        elif found["x"]:
            offsets[-1] = [_to_number(found[axis].encode()) for axis in "xyz"]
        else:
            channels[-1] = _check_channels(found["channels"].split(), int(found["count"]))
    if above:
        raise ValueError("the hierarchy is not closed: a brace is missing")
    if not names:
        raise ValueError("the hierarchy has no joints")
    return names, parents, np.array(offsets), channels


def _check_channels(words: list[str], count: int) -> tuple[str, ...]:
    if len(words) != count:
        raise ValueError(f"{count} channels are said and {len(words)} named")
    named = tuple(word[:1].upper() + word[1:].lower() for word in words)
    strange = sorted(set(named) - set(KNOWN) - set(LEFT_OUT))
    if strange:
        raise ValueError(f"unknown channel {strange[0][:30]!r}; expected {', '.join(sorted(KNOWN))}")
    return named


def _find_frames(data: bytes, start: int, num_channels: int) -> tuple[Int[np.ndarray, "t"], Int[np.ndarray, "t"]]:
    """Where the numbers of each frame start and end: a line each, or so many numbers wherever the lines end."""
    if num_channels == 0:
        raise ValueError("its joints have no channels, so that nothing can move")
    if start < 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    starts, ends = _find_lines(data, start)
    long = ends - starts >= 2 * num_channels - 1
    told = starts[long][:2], ends[long][:2]
    if len(told[0]) and all(len(_words(data[a:b])) == num_channels for a, b in zip(*told, strict=True)):
        bytes_there = np.frombuffer(data, dtype=np.uint8)
        long &= (bytes_there[starts] != ord("#")) & (bytes_there[starts] != ord("/"))
        starts, ends = starts[long], ends[long]
        last = len(_words(data[starts[-1] : ends[-1]]))
        return (starts[:-1], ends[:-1]) if last != num_channels and len(starts) > 1 else (starts, ends)
    return _find_numbers(data, start, num_channels)


def _find_lines(data: bytes, start: int) -> tuple[Int[np.ndarray, "n"], Int[np.ndarray, "n"]]:
    ends = np.append(_ends_of_lines(data, start), len(data))
    starts = np.minimum(np.concatenate([[start], ends[:-1] + 1]), len(data) - 1)
    return starts, ends


def _ends_of_lines(data: bytes, start: int) -> Int[np.ndarray, "n"]:
    """Long lines are found soonest by a search from end to end; where there are many, by a look at each byte."""
    mark, ends = b"\n" if data.find(b"\n", start) >= 0 else b"\r", []
    while len(ends) < MANY_LINES and (at := data.find(mark, start)) >= 0:
        ends.append(at)
        start = at + 1
    found = [np.array(ends, dtype=np.int64)]
    for at in range(start, len(data) if len(ends) == MANY_LINES else start, SCANNED):
        found.append(np.flatnonzero(np.frombuffer(data[at : at + SCANNED], dtype=np.uint8) == mark[0]) + at)
    return np.concatenate(found)


def _find_numbers(data: bytes, start: int, num_channels: int) -> tuple[Int[np.ndarray, "t"], Int[np.ndarray, "t"]]:
    found = [match.span() for match in re.finditer(rb"[^\s]+", data[start:])]
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    spans = np.array(found, dtype=np.int64) + start
    whole = len(spans) // num_channels * num_channels
    if not whole:
        raise ValueError(f"frames of {num_channels} channels expected, {len(spans)} numbers found")
    return spans[:whole:num_channels, 0], spans[num_channels - 1 : whole : num_channels, 1]


def _words(line: bytes) -> list[bytes]:
    if b"," in line:
        line = line.replace(b",", b" " if b"." in line else b".")
    return line.split()


def _to_number(text: bytes) -> float:
    try:
        value = float(text.replace(b",", b"."))
    except ValueError:
        raise ValueError(f"{text[:20].decode('ascii', 'replace')!r} is no number") from None
    if not np.isfinite(value):
        raise ValueError(f"{text[:20].decode('ascii', 'replace')!r} is no finite number")
    return value


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
