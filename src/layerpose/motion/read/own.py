"""Our own pose and motion files, a folder of pose files -> `MotionClip`: a clip whose frames are all known."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from layerpose.motion.clip import check_frame, check_range
from layerpose.motion.motion_file import Script, open_motion, read_motion
from layerpose.motion.pose_file import read_pose
from layerpose.motion.timing import poses_to_motion, select
from layerpose.types import Body, Motion, Pose

OWN = re.compile(rb'"layerpose_(pose|motion)"')
STILL_FPS = 30.0
"""Rate of a single pose, which is shown for one frame."""


@dataclass(frozen=True, kw_only=True)
class MotionClip:
    """A motion that is there already."""

    name: str
    frames: Motion
    body: Body | None = None
    """The one frame of a pose file that says a shape and a camera, too."""

    @property
    def num_frames(self) -> int:
        """Frames, counted from 0."""
        return self.frames.num_frames

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames.fps

    def pose(self, frame: int) -> Pose | Body:
        """The pose in a frame. ValueError if there is no such frame."""
        check_frame(self, frame)
        return self.body or Pose(rotations=self.frames.rotations[frame])

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """A range of the frames."""
        del fps  # the motion has its rate
        frames = check_range(self, first, end)
        return select(self.frames, frames.start, frames.stop)


@dataclass(frozen=True, kw_only=True)
class ScriptClip:
    """A motion file, of which only the frames that are asked for are looked at."""

    name: str
    script: Script

    @property
    def num_frames(self) -> int:
        """Frames, counted from 0."""
        return self.script.num_frames

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.script.fps

    def pose(self, frame: int) -> Pose:
        """The pose in a frame. ValueError if there is no such frame."""
        check_frame(self, frame)
        return Pose(rotations=self.script.motion(range(frame, frame + 1)).rotations[0])

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """A range of the frames."""
        del fps  # the motion has its rate
        return self.script.motion(check_range(self, first, end))


def read_own(path: str | os.PathLike[str], person: str | None = None) -> MotionClip | ScriptClip:
    """A pose file, a motion file or a folder of pose files. ValueError says what is wrong with it."""
    path = Path(path)
    if person is not None:
        raise ValueError(f"{path} holds one person; leave {person[:20]!r} away, as in {path.name}#12")
    if path.is_dir():
        return MotionClip(name=path.name, frames=read_motion(path))
    if b'"layerpose_motion"' in path.read_bytes():
        return ScriptClip(name=path.name, script=open_motion(path))
    found = read_pose(path)
    pose = found.pose if isinstance(found, Body) else found
    body = found if isinstance(found, Body) else None
    return MotionClip(name=path.name, frames=poses_to_motion([pose], STILL_FPS), body=body)


def is_own(path: Path) -> bool:
    """A JSON with one of our keys, or a folder of such."""
    if path.is_dir():
        first = next(iter(sorted(path.glob("*.json"))), None)
        return first is not None and is_own(first)
    return path.suffix.lower() == ".json" and OWN.search(path.read_bytes()) is not None
