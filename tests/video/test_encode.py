"""Finished files are what they claim to be: codec, rate, number of frames, pixels, transparency."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from layerpose.video.encode import check_video, write_video
from layerpose.video.store import FrameStore, open_store

NUM_FRAMES, SIDE = 12, 128
SAND, TEAL = (214, 186, 140), (20, 120, 130)


def draw(frame: int, mode: str) -> Image.Image:
    """A teal square that moves to the right, over sand or over nothing."""
    picture = Image.new(mode, (SIDE, SIDE), SAND if mode == "RGB" else (0, 0, 0, 0))
    left = 8 + 4 * frame
    ImageDraw.Draw(picture).rectangle((left, 40, left + 40, 80), fill=TEAL)
    return picture


def fill(out: Path, mode: str) -> FrameStore:
    store = open_store(out, key="test", num_frames=NUM_FRAMES, comment="Generated.")
    for frame in store.missing():
        store.keep(frame, draw(frame, mode))
    return store


def decode(path: Path, codec: str | None = None) -> list[av.VideoFrame]:
    """All frames; `codec` names another decoder than FFmpeg's first choice."""
    with av.open(str(path)) as container:
        if codec is None:
            return list(container.decode(video=0))
        decoder = av.CodecContext.create(codec, "r")
        frames = [frame for packet in container.demux(video=0) if packet.size for frame in decoder.decode(packet)]
        return frames + list(decoder.decode(None))


@contextmanager
def full_disk(at: int) -> Iterator[None]:
    """No file can grow beyond `at` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_mp4_is_h264_in_the_colours_of_the_frames(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    write_video(fill(out, "RGB"), out, fps=23.976)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert float(stream.average_rate) == pytest.approx(23.976, abs=1e-3)
        assert (stream.frames, stream.pix_fmt) == (NUM_FRAMES, "yuv420p")
        assert container.metadata["comment"] == "Generated."
    for number, frame in enumerate(decode(out)):
        pixels = frame.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray().astype(int)
        assert np.abs(pixels[60, 8 + 4 * number + 20] - TEAL).max() < 6
        assert np.abs(pixels[10, 10] - SAND).max() < 6
    assert not out.with_name("out.mp4.frames").exists()


def test_webm_is_vp9_with_alpha(tmp_path: Path) -> None:
    out = tmp_path / "out.webm"
    write_video(fill(out, "RGBA"), out, fps=25)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.codec.name in ("vp9", "libvpx-vp9")
        assert stream.metadata["alpha_mode"] == "1"
        assert float(stream.average_rate) == 25
    assert len(decode(out)) == NUM_FRAMES
    seen = decode(out, "libvpx-vp9")
    assert len(seen) == NUM_FRAMES
    assert seen[0].format.name == "yuva420p"
    alpha = seen[0].to_ndarray(format="rgba")[..., 3]
    assert alpha[60, 28] > 250
    assert alpha[10, 10] < 5


def test_webp_moves_and_is_transparent(tmp_path: Path) -> None:
    out = tmp_path / "out.webp"
    write_video(fill(out, "RGBA"), out, fps=20)
    with Image.open(out) as picture:
        assert (picture.format, picture.n_frames, picture.info["loop"]) == ("WEBP", NUM_FRAMES, 0)
        picture.seek(5)
        picture.load()
        assert picture.info["duration"] == 50
        alpha = np.array(picture.convert("RGBA"))[..., 3]
    assert alpha[60, 48] > 250
    assert alpha[10, 10] == 0


def test_a_name_without_suffix_is_a_folder_of_frames(tmp_path: Path) -> None:
    out = tmp_path / "frames"
    write_video(fill(out, "RGBA"), out, fps=20)
    assert sorted(path.name for path in out.iterdir()) == [f"{frame:06d}.png" for frame in range(NUM_FRAMES)]
    with Image.open(out / "000003.png") as picture:
        assert picture.mode == "RGBA"
        assert "Generated." in picture.text["Comment"]


@pytest.mark.parametrize("name", ["out.mp4", "out.webm"])
def test_the_same_frames_make_the_same_file(tmp_path: Path, name: str) -> None:
    out, made = tmp_path / name, []
    for _ in range(2):
        write_video(fill(out, "RGB"), out, fps=25)
        made.append(out.read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out.webp"])
def test_a_full_disk_leaves_the_old_file_and_the_frames(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    out.write_bytes(b"old")
    store = fill(out, "RGB")
    with full_disk(200), pytest.raises(ValueError, match="make room"):
        write_video(store, out, fps=25)
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, f"{name}.frames"]
    assert not store.missing()


def test_a_full_disk_stops_the_drawing_with_the_finished_frames_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path / "out.mp4", key="test", num_frames=2, comment="Generated.")
    store.keep(0, draw(0, "RGB"))
    with full_disk(100), pytest.raises(ValueError, match="make room"):
        store.keep(1, draw(1, "RGB"))
    assert store.missing() == [1]


def test_what_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.avi"):
        check_video(tmp_path / "out.avi", transparent=False, inputs=[])
    with pytest.raises(ValueError, match="MP4 has no transparency"):
        check_video(tmp_path / "out.mp4", transparent=True, inputs=[])
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").write_bytes(b"mine")
    with pytest.raises(ValueError, match="not an empty folder"):
        check_video(tmp_path / "photos", transparent=False, inputs=[])
    with pytest.raises(ValueError, match="never overwritten"):
        check_video(tmp_path / "me.webp", transparent=False, inputs=[tmp_path / "me.webp"])
