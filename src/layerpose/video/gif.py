"""Frames of a store -> animated GIF: 255 colours a frame, and nothing where most of a pixel is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from PIL import Image

from layerpose.runtime.cache import writing
from layerpose.video.store import FrameStore

COLOURS = 255
"""The last of 256 is none."""
OPAQUE = 128
CLEARED = 2
"""GIF's way of showing a frame: the one before is taken away first."""
TICK_MS = 10
"""GIF counts time in hundredths of a second, and browsers take less than two of them for ten."""


def write_gif(store: FrameStore, path: Path, *, fps: float) -> None:
    """Write all frames, whole or not at all; they are shown again and again."""
    frames = _to_palettes(store.frames())
    first = next(frames)
    times = [round(1000 * frame / fps / TICK_MS) * TICK_MS for frame in range(store.num_frames + 1)]
    durations = [max(after - before, 2 * TICK_MS) for before, after in pairwise(times)]
    with writing(path) as temporary:
        first.save(
            temporary, format="GIF", save_all=True, append_images=frames, duration=durations, loop=0,
            disposal=CLEARED, transparency=COLOURS, optimize=False, comment=store.comment.encode(),
        )  # fmt: skip


def _to_palettes(frames: Iterator[Image.Image]) -> Iterator[Image.Image]:
    for frame in frames:
        found = frame.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
        if frame.mode == "RGBA":
            found.paste(COLOURS, mask=frame.getchannel("A").point([255] * OPAQUE + [0] * (256 - OPAQUE)))
        yield found
