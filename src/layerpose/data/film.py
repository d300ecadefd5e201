"""A video + the number of a frame -> the frame, without decoding all that is before it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream
from jaxtyping import UInt8

from layerpose.media.videos.reading import find_pictures


def count_frames(path: Path) -> int:
    """Frames of a video, as its head says. ValueError if it is none."""
    with _open(path) as container:
        stream = find_pictures(container, path)
        if stream.frames:
            return stream.frames
        seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        if not seconds:
            raise ValueError(f"{path} does not say how long it is; copy it again")
        return int(seconds * _rate(stream))


def read_frame(path: Path, number: int) -> UInt8[np.ndarray, "h w 3"]:
    """Frame `number`, counted from 0. ValueError if the video is damaged there or shorter."""
    with _open(path) as container:
        stream = find_pictures(container, path)
        time = number / _rate(stream)
        half = 0.5 / _rate(stream)
        try:
            container.seek(int(max(time - half, 0) / (stream.time_base or 1)), stream=stream)
            for frame in container.decode(stream):
                if frame.time is not None and frame.time > time - half:
                    return frame.to_ndarray(format="rgb24")
        except FFmpegError as error:
            raise ValueError(f"{path} is damaged at frame {number} ({error.strerror}); copy it again") from error
    raise ValueError(f"{path} has no frame {number}; it is cut short, copy it again")


def _open(path: Path):
    try:
        return av.open(str(path))
    except FFmpegError as error:
        raise ValueError(f"{path} is not a video that can be read ({error.strerror}); copy it again") from error


def _rate(stream: VideoStream) -> float:
    return float(stream.average_rate or stream.guessed_rate or 25)
