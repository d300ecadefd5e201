"""What a user typed after --motion -> Motion: a video, a BVH, a motion file, a folder of pose files, or a name."""

from __future__ import annotations

from pathlib import Path

from layerpose.motion.clip import Clip
from layerpose.motion.motion_file import read_motion
from layerpose.motion.moves import NAMES, library_motion
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.read.video import read_video
from layerpose.motion.timing import resample, select
from layerpose.types import Motion

EXPECTED = f"a video of a person, a .bvh, a motion file (.json), a folder of pose files, or a name: {', '.join(NAMES)}"
USUAL_FPS = 30.0
"""Motions that were recorded faster are filmed at this rate unless another is asked for."""


def resolve_motion(
    text: str, *, frames: str | None = None, fps: float | None = None, fastest: float = USUAL_FPS
) -> Motion:
    """The motion, or a range of its frames (``FIRST:END`` at its own rate), at a frame rate, else at most `fastest`."""
    found = _read(text)
    if isinstance(found, Motion):
        motion = found if frames is None else select(found, *_parse_range(frames, found.num_frames))
    else:
        motion = found.motion() if frames is None else found.motion(*_parse_range(frames, found.num_frames))
    return resample(motion, min(motion.fps, fastest) if fps is None else fps)


def _read(text: str) -> Motion | Clip:
    path = Path(text)
    if path.is_dir():
        return read_motion(path)
    match path.suffix.lower():
        case "" if not path.is_file() and len(path.parts) == 1:
            return library_motion(text)
        case _ if not path.exists():
            raise ValueError(f"there is no file {path}; expected {EXPECTED}")
        case ".bvh":
            return read_bvh(path)
        case ".json":
            return read_motion(path)
        case _:
            return read_video(path)


def _parse_range(text: str, num_frames: int) -> tuple[int, int]:
    first, colon, end = text.partition(":")
    if not colon or not all(part == "" or part.isdecimal() for part in (first, end)):
        raise ValueError(f"the range {text!r} is not understood; expected FIRST:END, like 30:120, 30: or :120")
    return int(first or 0), int(end or num_frames)
