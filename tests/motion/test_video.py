"""Videos as they come: with sound only, cut short, filmed with the phone held upright, without anybody."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from layerpose.motion.video import read_looks, read_video

UNTURNED = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
PHONE_UPRIGHT = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
"""Display matrices of an MP4: as stored, and a quarter turn clockwise."""


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """60 frames, 30 a second, a bright patch at the top left."""
    path, picture = tmp_path / "video.mp4", np.full((64, 128, 3), 20, np.uint8)
    picture[:16, :16] = 240
    noise = np.random.default_rng(0)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=30, options={"g": "5", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for _ in range(60):
            picture[32:, 64:] = noise.integers(0, 60, (32, 64, 3))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_a_fast_video_is_read_at_half_its_rate(video: Path) -> None:
    looks = list(read_looks(video))
    assert len(looks) == 30
    assert np.diff([look.time for look in looks]) == pytest.approx(1 / 15, abs=1e-3)


def test_a_video_filmed_with_the_phone_upright_comes_out_upright(video: Path) -> None:
    data = video.read_bytes()
    at = data.index(UNTURNED, data.index(b"tkhd"))
    video.write_bytes(data[:at] + PHONE_UPRIGHT + data[at + len(UNTURNED) :])
    pixels = next(read_looks(video)).pixels
    assert pixels.shape == (128, 64, 3)
    assert pixels[4, -4].min() > 200
    assert pixels[4, 4].max() < 60


def test_of_a_truncated_video_what_can_be_read_is_used_and_it_is_said(video: Path) -> None:
    whole = list(read_looks(video))
    data = video.read_bytes()
    video.write_bytes(data[: len(data) * 6 // 10])
    with pytest.warns(UserWarning, match="what is before is used"):
        part = list(read_looks(video))
    assert len(whole) // 3 < len(part) < len(whole)


def test_a_video_without_a_person_is_refused(video: Path) -> None:
    with pytest.raises(ValueError, match="no whole person"):
        read_video(video)
