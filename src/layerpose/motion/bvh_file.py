"""The text of a BVH file -> joints, offsets, channels and the numbers of every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What the file says, uninterpreted."""

    joints: tuple[str, ...]
    """An end site has the name ""."""
    parents: tuple[int, ...]
    offsets: Float[np.ndarray, "n 3"]
    channels: tuple[tuple[str, ...], ...]
    values: Float[np.ndarray, "t m"]
    frame_time: float


def parse_bvh(text: str) -> Recording:
    """Read the two sections. ValueError says what is wrong."""
    words = text.split()
    if not words or words[0].lstrip("\ufeff") != "HIERARCHY" or "MOTION" not in words:
        raise ValueError("it is not a BVH file: it has no HIERARCHY and MOTION sections")
    start = words.index("MOTION")
    try:
        joints, parents, offsets, channels = _read_hierarchy(words[1:start])
        values, frame_time = _read_motion(words[start + 1 :], sum(len(c) for c in channels))
    except (IndexError, ValueError) as error:
        raise ValueError(f"it is a damaged BVH file: {error}") from error
    return Recording(
        joints=tuple(joints), parents=tuple(parents), offsets=offsets, channels=tuple(channels),
        values=values, frame_time=frame_time,
    )  # fmt: skip


def _read_hierarchy(
    words: list[str],
) -> tuple[list[str], list[int], Float[np.ndarray, "n 3"], list[tuple[str, ...]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[tuple[str, ...]] = []
    above: list[int] = []
    at = 0
    while at < len(words):
        match words[at]:
            case "ROOT" | "JOINT" | "End":
                names.append(words[at + 1] if words[at] != "End" else "")
                parents.append(above[-1] if above else -1)
                offsets.append([0.0, 0.0, 0.0])
                channels.append(())
                at += 2
            case "{":
                above.append(len(names) - 1)
                at += 1
            case "}":
                above.pop()
                at += 1
            case "OFFSET":
                offsets[-1] = [float(words[at + i]) for i in (1, 2, 3)]
                at += 4
            case "CHANNELS":
                count = int(words[at + 1])
                channels[-1] = tuple(words[at + 2 : at + 2 + count])
                at += 2 + count
            case other:
                raise ValueError(f"unexpected {other[:30]!r} in the hierarchy")
    if above:
        raise ValueError("the hierarchy is not closed: a brace is missing")
    if not names:
        raise ValueError("the hierarchy has no joints")
    known = {f"{axis}{kind}" for axis in "XYZ" for kind in ("position", "rotation")}
    strange = sorted({c for own in channels for c in own} - known)
    if strange:
        raise ValueError(f"unknown channel {strange[0][:30]!r}; expected {', '.join(sorted(known))}")
    return names, parents, np.array(offsets), channels


def _read_motion(words: list[str], num_channels: int) -> tuple[Float[np.ndarray, "t m"], float]:
    if words[:1] != ["Frames:"] or words[2:4] != ["Frame", "Time:"]:
        raise ValueError("the MOTION section does not start with 'Frames:' and 'Frame Time:'")
    num_frames, frame_time = int(words[1]), float(words[4])
    if num_frames < 1:
        raise ValueError(f"it holds no frames ('Frames: {num_frames}')")
    values = np.array(words[5:], dtype=np.float64)
    if values.size != num_frames * num_channels:
        raise ValueError(f"{num_frames} frames of {num_channels} channels expected, {values.size} numbers found")
    values = values.reshape(num_frames, num_channels)
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values).all(1))[0])
        raise ValueError(f"frame {bad} holds a number that is not finite; repair or cut it out")
    return values, frame_time
