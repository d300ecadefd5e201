"""A video, or an animated GIF, WebP or PNG -> frames at an even rate, whatever its own is; only those asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8

from layerpose.media.videos.moving import is_animation, read_frames, read_times
from layerpose.media.videos.srgb import to_srgb

LOOKED_FPS = 15.0
"""Frames of a faster video are left out: a look takes time, and people hardly move in between."""
USUAL_FPS = 25.0
"""Rate of a video that tells neither its rate nor the times of its frames."""
LONGEST_SIDE = 4096
"""Larger frames are scaled down."""
MAX_PIXELS = 100_000_000
MOST_STRETCHED = 4.0
"""Pixels that are more times as wide as high, or as high as wide, are a damaged file's."""
CUT = 0.25
"""Mean difference of two frames (0..1, at `THUMB`) from which on the video counts as cut between them."""
THUMB = 32
EARLY_S = 1e-3
"""A frame so much before its time is that frame: time stamps are rounded."""

Shown = Callable[[], UInt8[np.ndarray, "h w 3"]]
"""A decoded frame that is converted only if it is wanted."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One frame of the video, upright, in sRGB and with square pixels."""

    index: int
    """Among the frames that are taken."""
    time: float
    pixels: UInt8[np.ndarray, "h w 3"]

    @property
    def thumb(self) -> Float[np.ndarray, "h w 3"]:
        """Few pixels in 0..1, for comparing frames."""
        return self.pixels[:: -(-len(self.pixels) // THUMB), :: -(-self.pixels.shape[1] // THUMB)] / 255


def is_cut(before: Look, after: Look) -> bool:
    """Whether two neighbouring frames have nothing to do with each other."""
    return bool(np.abs(after.thumb - before.thumb).mean() > CUT)


@dataclass(frozen=True, kw_only=True)
class Video:
    """An opened file: the times of the frames that are taken, none of which is decoded yet."""

    path: Path
    times: Float[np.ndarray, "t"]
    """In seconds, ascending."""
    timed: bool
    """The file tells the times; otherwise frames are counted."""

    @property
    def fps(self) -> float:
        """Frames that are taken a second, on average."""
        length = float(self.times[-1] - self.times[0])
        return min(LOOKED_FPS, (len(self.times) - 1) / length) if length > 0 else LOOKED_FPS

    @property
    def even_times(self) -> Float[np.ndarray, "t"]:
        """The times at which the frames would be at an even rate."""
        return self.times[0] + np.arange(len(self.times)) / self.fps

    def looks(self, first: int = 0, end: int | None = None) -> Iterator[Look]:
        """The frames from `first` up to, but not including, `end`. Of a damaged file, those before the damage."""
        end = len(self.times) if end is None else min(end, len(self.times))
        if is_animation(self.path):
            yield from self._chosen(read_frames(self.path), first, end)
            return
        with open_container(self.path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            if self.timed and first:
                container.seek(int((self.times[first] - EARLY_S) / stream.time_base), stream=stream)
            yield from self._chosen(self._decode(container, stream), first, end)

    def _chosen(self, frames: Iterator[tuple[float, Shown]], first: int, end: int) -> Iterator[Look]:
        """The first frame at or after each time that is wanted."""
        wanted, size = first, None
        for time, show in frames:
            if wanted >= end:
                return
            if time < self.times[wanted] - EARLY_S:
                continue
            while wanted + 1 < end and self.times[wanted + 1] <= time + EARLY_S:
                wanted += 1
            pixels = show()
            size = pixels.shape if size is None else size
            if pixels.shape != size:
                warnings.warn(f"{self.path} changes its size at {time:.1f} s; what is before is used", stacklevel=2)
                return
            yield Look(index=wanted, time=float(self.times[wanted]), pixels=pixels)
            wanted += 1

    def _decode(self, container: InputContainer, stream: VideoStream) -> Iterator[tuple[float, Shown]]:
        last = 0.0
        try:
            for number, frame in enumerate(container.decode(stream)):
                last = float(frame.time or 0.0) if self.timed else number / rate_of(stream)
                yield last, partial(_upright, frame, float(stream.sample_aspect_ratio or 1))
        except FFmpegError as error:
            _warn_damaged(str(self.path), last, error.strerror or "")


def open_video(path: Path) -> Video:
    """Find out which frames there are. ValueError if the file shows no moving pictures."""
    if is_animation(path):
        return Video(path=path, times=_thinned(read_times(path)), timed=True)
    with open_container(path) as container:
        stream = container.streams.video[0]
        stamps = _stamps(container, stream)
        rate = rate_of(stream)
    if not stamps:
        raise ValueError(f"{path} holds no frames that can be read; expected a video of a person")
    timed = None not in stamps
    known = sorted({stamp for stamp in stamps if stamp is not None})
    times = np.array(known) if timed else np.arange(len(stamps)) / rate
    return Video(path=path, times=_thinned(times), timed=timed)


def read_looks(path: Path) -> Iterator[Look]:
    """All frames of a video that are taken."""
    return open_video(path).looks()


def open_container(path: Path) -> InputContainer:
    """A file with pictures, not too large ones. ValueError if it is none."""
    try:
        container = av.open(str(path))
    except (FFmpegError, ValueError) as error:
        reason = error.strerror if isinstance(error, FFmpegError) else error
        raise ValueError(f"{path} is not a video that can be read ({reason}); expected MP4, WebM ...") from error
    try:
        stream = find_pictures(container, path)
        if stream.width * stream.height > MAX_PIXELS:
            raise ValueError(f"{path} has {stream.width} x {stream.height} pixels; at most {MAX_PIXELS:,} are read")
    except ValueError:
        container.close()
        raise
    return container


def find_pictures(container: InputContainer, path: Path) -> VideoStream:
    """The pictures of a file that may hold sound too. ValueError if there are none, or in no known coding."""
    if not container.streams.video:
        raise ValueError(f"{path} has no pictures, only sound; expected a video")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise ValueError(f"{path} is damaged, or in a coding that is unknown here; expected H.264, VP9 ...")
    return stream


def _stamps(container: InputContainer, stream: VideoStream) -> list[float | None]:
    """The time of each frame without decoding it; what is cut short is found out when it is decoded."""
    stamps: list[float | None] = []
    reason, packets = "", 0
    try:
        for packet in container.demux(stream):
            packets += packet.size > 0
            if packet.size and not packet.is_discard and stream.time_base is not None:
                stamps.append(None if packet.pts is None else float(packet.pts * stream.time_base))
    except FFmpegError as error:
        reason = error.strerror or "it breaks off"
    if reason or packets < stream.frames:
        reason = reason or f"it should have {stream.frames} frames and has {packets}"
        _warn_damaged(container.name, max((stamp for stamp in stamps if stamp is not None), default=0.0), reason)
    return stamps


def _warn_damaged(name: str, time: float, reason: str) -> None:
    warnings.warn(f"{name} is damaged after {time:.1f} s ({reason}); what is before is used", stacklevel=4)


def rate_of(stream: VideoStream) -> float:
    """Frames a second, as the file says, else as is usual."""
    return float(stream.average_rate or stream.guessed_rate or USUAL_FPS)


def _thinned(times: Float[np.ndarray, "n"]) -> Float[np.ndarray, "t"]:
    """At most `LOOKED_FPS` a second."""
    kept: list[float] = []
    following = float(times[0])
    for time in times.tolist():
        if time < following - 1e-6:
            continue
        following += 1 / LOOKED_FPS
        following = following if following > time else time + 1 / LOOKED_FPS
        kept.append(time)
    return np.array(kept)


def _upright(frame: av.VideoFrame, shape: float) -> UInt8[np.ndarray, "h w 3"]:
    width, height = _square(frame.width, frame.height, shape)
    pixels = to_srgb(frame, width, height)
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))


def _square(width: int, height: int, shape: float) -> tuple[int, int]:
    """The size with square pixels; `shape` is the width of a pixel in its heights."""
    if not 1 / MOST_STRETCHED <= shape <= MOST_STRETCHED:
        shape = 1.0
    scale = min(1.0, LONGEST_SIDE / max(width * max(shape, 1), height / min(shape, 1)))
    return max(round(width * max(shape, 1) * scale), 1), max(round(height / min(shape, 1) * scale), 1)
