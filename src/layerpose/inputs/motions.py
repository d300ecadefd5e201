"""What a user typed after --motion -> Motion: a motion file of any program, a folder, a video, or a name."""

from __future__ import annotations

from layerpose.motion.clip import Clip
from layerpose.motion.moves import NAMES, library_motion
from layerpose.motion.read.opening import EXPECTED, is_name, open_clip, split_place
from layerpose.motion.read.own import MotionClip
from layerpose.motion.timing import check_rate, resample
from layerpose.types import Motion

USUAL_FPS = 30.0
"""Motions that were recorded faster are filmed at this rate unless another is asked for."""


def resolve_motion(
    text: str, *, frames: str | None = None, fps: float | None = None, fastest: float = USUAL_FPS
) -> Motion:
    """The motion, or a range of its frames (``FIRST:END`` at its own rate), at a frame rate, else at most `fastest`."""
    if fps is not None:
        check_rate(fps)
    clip = _open(text)
    first, end = (0, None) if frames is None else _parse_range(frames)
    motion = clip.motion(first, end, fps=fps)
    return resample(motion, min(motion.fps, fastest) if fps is None else fps)


def _open(text: str) -> Clip:
    path, person, frame = split_place(text)
    if is_name(path):
        return MotionClip(name=text, frames=library_motion(text))
    if not path.exists():
        raise ValueError(f"there is no file {path}; expected {EXPECTED}, or a name: {', '.join(NAMES)}")
    if frame is not None:
        raise ValueError(
            f"{text!r} is one frame; expected a motion: {path}, {path}#PERSON: of one with several people, and --range "
            f"for some of its frames"
        )
    return open_clip(path, person)


def _parse_range(text: str) -> tuple[int, int | None]:
    first, colon, end = text.partition(":")
    if not colon or not all(part == "" or part.isdecimal() for part in (first, end)):
        raise ValueError(f"the range {text!r} is not understood; expected FIRST:END, like 30:120, 30: or :120")
    return int(first[:18] or 0), int(end[:18]) if end else None
