"""Frames come with square pixels, and only those asked for; animations are videos."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from layerpose.media.videos.reading import open_video, read_looks


def write_grey(path: Path, *, rate: int = 30, num: int = 40, shape: Fraction | None = None) -> None:
    """Frame k is grey, 5 k bright."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"g": "10", "crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        if shape is not None:
            stream.sample_aspect_ratio = shape
        for number in range(num):
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 5 * number, np.uint8), "rgb24"))
            )
        container.mux(stream.encode(None))


def greys(looks) -> list[int]:
    return [round(look.pixels.mean() / 5) for look in looks]


def test_pixels_that_are_wider_than_high_make_a_wider_picture(tmp_path: Path) -> None:
    write_grey(tmp_path / "wide.mp4", num=2, shape=Fraction(4, 3))
    assert next(read_looks(tmp_path / "wide.mp4")).pixels.shape == (64, 85, 3)


def test_some_frames_are_the_same_as_those_of_the_whole(tmp_path: Path) -> None:
    write_grey(tmp_path / "grey.mp4")
    video = open_video(tmp_path / "grey.mp4")
    assert len(video.times) == 20
    assert greys(video.looks()) == list(range(0, 40, 2))
    some = list(video.looks(7, 11))
    assert [look.index for look in some] == [7, 8, 9, 10]
    assert greys(some) == [14, 16, 18, 20]


def test_for_the_last_frames_the_first_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_grey(tmp_path / "grey.mp4")
    video, decoded = open_video(tmp_path / "grey.mp4"), []
    monkeypatch.setattr(
        "layerpose.media.videos.reading.rate_of",
        lambda stream: pytest.fail("a file that tells its times needs no rate"),
    )
    original = type(video)._decode

    def counted(self, container, stream):
        for time, show in original(self, container, stream):
            decoded.append(time)
            yield time, show

    monkeypatch.setattr(type(video), "_decode", counted)
    assert greys(video.looks(18, 20)) == [36, 38]
    assert min(decoded) >= 0.9


def test_at_24_frames_a_second_15_are_taken_on_average(tmp_path: Path) -> None:
    write_grey(tmp_path / "film.mp4", rate=24, num=49)
    assert open_video(tmp_path / "film.mp4").fps == pytest.approx(15, abs=0.5)


@pytest.mark.parametrize("name", ["cat.gif", "cat.webp", "cat.png"])
def test_an_animation_is_a_video(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (64, 64), (50 * k, 50 * k, 50 * k)) for k in range(4)]
    options = {"lossless": True} if name.endswith("webp") else {}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=[100, 200, 100, 100], **options)
    looks = list(read_looks(tmp_path / name))
    assert [look.time for look in looks] == pytest.approx([0, 0.1, 0.3, 0.4])
    assert [round(look.pixels.mean() / 50) for look in looks] == [0, 1, 2, 3]
