"""A video + the number of a frame -> the frame, without decoding all that is before it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from av.error import FFmpegError
from jaxtyping import UInt8

from layerpose.media.videos.reading import find_pictures, open_container, rate_of


def count_frames(path: Path) -> int:
    """Frames of a video, as its head says. ValueError if it is none."""
    with open_container(path) as container:
        stream = find_pictures(container, path)
        if stream.frames:
            return stream.frames
        seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        if not seconds:
            raise ValueError(f"{path} does not say how long it is; copy it again")
        return int(seconds * rate_of(stream))


def read_frame(path: Path, number: int) -> UInt8[np.ndarray, "h w 3"]:
    """Frame `number`, counted from 0. ValueError if the video is damaged there or shorter."""
    with open_container(path) as container:
        stream = find_pictures(container, path)
        time = number / rate_of(stream)
        half = 0.5 / rate_of(stream)
        try:
            container.seek(int(max(time - half, 0) / (stream.time_base or 1)), stream=stream)
            for frame in container.decode(stream):
                if frame.time is not None and frame.time > time - half:
                    return frame.to_ndarray(format="rgb24")
        except FFmpegError as error:
            raise ValueError(f"{path} is damaged at frame {number} ({error.strerror}); copy it again") from error
    raise ValueError(f"{path} has no frame {number}; it is cut short, copy it again")
