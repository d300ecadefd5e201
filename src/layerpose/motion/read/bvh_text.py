"""The bytes of a BVH file -> joints, offsets, channels, and the numbers of the frames that are asked for.

Programs write it in many ways: tabs, blanks in names, any case, decimal commas, comments, ``Frames:12``, more or fewer
frames than they say. Only frames that are asked for are read as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from layerpose.motion.read.bvh_frames import find_frames, words_of

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
MOTION = re.compile(rb"(?:^|[\s}])MOTION\s+(?:(?:#|//)[^\r\n]*[\r\n]\s*)*+Frames", re.IGNORECASE)
COUNT = re.compile(rb"Frames[ \t]*+:?[ \t]*+(-?\d{1,18})", re.IGNORECASE)
TIME = re.compile(rb"Frame[ \t]*+Time[ \t]*+:?[ \t]*+([-+\d.,e]+)[^\n]*", re.IGNORECASE)
HEAD_BYTES = 4 << 20
"""The hierarchy ends within so many bytes."""


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
        words = words_of(self.data, int(self.starts[frame]), int(self.ends[frame]), self.num_channels)
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
        num_channels = sum(len(own) for own in channels)
        if not num_channels:
            raise ValueError("its joints have no channels, so that nothing can move")
        starts, ends = find_frames(data, start if start >= 0 else len(data), num_channels)
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
