"""Frames of a store -> a file that plays: MP4 (H.264), WebM (VP9, with alpha), animated WebP, or a folder of PNGs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import Flags, OutputContainer
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from layerpose.media.outputs import check_output, check_output_folder
from layerpose.runtime.cache import writing
from layerpose.video.store import FrameStore
from layerpose.video.webp import write_webp

SUFFIXES = (".mp4", ".webm", ".webp", "")
"""What an output may end in; none at all is a folder of PNGs."""
WITH_ALPHA = (".webm", ".webp", "")
CODECS = {".mp4": "libx264", ".webm": "libvpx-vp9"}
ENCODER = {
    ".mp4": {"crf": "16", "preset": "medium"},
    ".webm": {"crf": "24", "b": "0", "cpu-used": "3", "auto-alt-ref": "0"},
}
"""Options of the encoders: constant quality at which no blocks can be seen."""
CONTAINER = {".mp4": {"movflags": "+faststart"}, ".webm": {}}
"""Options of the containers: what a browser wants first."""
BT709 = 1
"""Number of the primaries and of the transfer curve of high-definition video."""
RATE_LIMIT = 60_000
"""Frame rates are written as fractions whose denominator stays below this."""


def check_video(path: Path, *, transparent: bool, inputs: Sequence[Path]) -> None:
    """ValueError if no such file can be written, if it cannot be transparent, or if it is one of the inputs."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{path} ends in {path.suffix}; expected .mp4, .webm, .webp, or no suffix for a folder of PNG frames"
        )
    if transparent and suffix not in WITH_ALPHA:
        raise ValueError(f"{path}: {suffix[1:].upper()} has no transparency; write .webm, .webp or a folder of PNGs")
    if suffix:
        check_output(path, suffix, inputs=inputs)
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path} exists already and is not an empty folder; PNG frames need one of their own")
    else:
        check_output_folder(path, inputs=inputs)


def write_video(store: FrameStore, path: Path, *, fps: float) -> None:
    """The finished file from all frames of a store, which is gone afterwards."""
    if not path.suffix:
        store.become(path)
        return
    try:
        if path.suffix.lower() == ".webp":
            write_webp(store, path, fps=fps)
        else:
            encode(store.frames(), path, fps=fps, comment=store.comment)
    except (FFmpegError, OSError) as error:
        raise ValueError(
            f"{path} could not be written ({error.strerror}); its frames are in {store.folder}: make room and run the "
            f"same command again"
        ) from error
    store.remove()


def encode(frames: Iterable[Image.Image], path: Path, *, fps: float, comment: str) -> None:
    """Write all frames, whole or not at all. RGBA frames keep their alpha."""
    suffix, rate = path.suffix.lower(), Fraction(fps).limit_denominator(RATE_LIMIT)
    with (
        writing(path) as temporary,
        av.open(str(temporary), "w", format=suffix[1:], options=CONTAINER[suffix]) as container,
    ):
        container.flags |= Flags.bitexact.value  # no random number: the same frames make the same file
        container.metadata["comment"] = comment
        stream = None
        for picture in frames:
            stream = stream or _add_stream(container, suffix, rate, picture)
            container.mux(stream.encode(_to_frame(picture, stream.pix_fmt)))
        assert stream is not None, "a film has at least one frame"
        container.mux(stream.encode(None))


def _add_stream(container: OutputContainer, suffix: str, rate: Fraction, picture: Image.Image) -> av.VideoStream:
    stream = container.add_stream(CODECS[suffix], rate=rate, options=ENCODER[suffix])
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height = picture.size
    stream.pix_fmt = "yuva420p" if picture.mode == "RGBA" else "yuv420p"
    stream.codec_context.colorspace, stream.codec_context.color_range = Colorspace.ITU709, ColorRange.MPEG
    stream.codec_context.color_primaries = stream.codec_context.color_trc = BT709
    return stream


def _to_frame(picture: Image.Image, pixels: str | None) -> av.VideoFrame:
    """The encoder's own pixel format, in the colours of high-definition video."""
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgba" if picture.mode == "RGBA" else "rgb24")
    return frame.reformat(format=pixels, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
