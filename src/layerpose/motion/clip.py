"""What a file of poses holds, whatever its format: frames from which a pose or a motion is taken."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from layerpose.types import Body, Motion, Pose


@runtime_checkable
class Clip(Protocol):
    """An opened file. Nothing is worked out before it is asked for: a clip may have 100,000 frames."""

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        ...

    @property
    def num_frames(self) -> int:
        """Frames in the file, counted from 0."""
        ...

    @property
    def fps(self) -> float | None:
        """Frames a second; None where the file does not say."""
        ...

    def pose(self, frame: int) -> Pose | Body:
        """The body's pose in a frame. ValueError if the clip has no such frame."""
        ...

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """The frames from `first` up to, but not including, `end` (None: to the last), and only these are worked out.

        `fps` is taken for a file that says no rate; ValueError, naming --fps, where neither does.
        """
        ...


def check_frame(clip: Clip, frame: int) -> None:
    """ValueError unless the clip has the frame."""
    if not 0 <= frame < clip.num_frames:
        raise ValueError(f"{clip.name} has {clip.num_frames} frames (0 to {clip.num_frames - 1}); {frame} is not one")


def check_range(clip: Clip, first: int, end: int | None) -> range:
    """The frames that are meant. ValueError unless the clip has them."""
    last = clip.num_frames if end is None else end
    if not 0 <= first < last <= clip.num_frames:
        raise ValueError(
            f"{clip.name} has {clip.num_frames} frames (0 to {clip.num_frames - 1}); {first}:{last} is no range of "
            f"them; expected FIRST:END with 0 <= FIRST < END <= {clip.num_frames}"
        )
    return range(first, last)
