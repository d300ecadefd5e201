"""Videos as they come: cut short, cut to somebody else, at an uneven rate, upright, without frames or anybody."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from importlib.resources import as_file, files
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from layerpose.estimation import following
from layerpose.inputs.motions import resolve_motion
from layerpose.media.videos.reading import read_looks
from layerpose.motion.read import video as video_clip
from layerpose.motion.read.video import read_video

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


def write_frames(path: Path, pictures: Sequence[Image.Image], times: Sequence[float]) -> None:
    """A video that shows each picture from its time on, in seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, 1000)
        for picture, time in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def person() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as example, Image.open(example) as picture:
        return picture.convert("RGB").resize((256, 256))


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
        read_video(video).motion()


def test_the_motion_of_a_video_at_an_uneven_rate_takes_its_time(tmp_path: Path, person: Image.Image) -> None:
    times = [0.0, 0.01, 0.02, 0.1, 0.5, 0.51, 0.9]
    write_frames(tmp_path / "uneven.mp4", [person] * len(times), times)
    assert [look.time for look in read_looks(tmp_path / "uneven.mp4")] == pytest.approx([0.0, 0.1, 0.5, 0.9], abs=2e-3)
    motion = read_video(tmp_path / "uneven.mp4").motion()
    assert (motion.num_frames - 1) / motion.fps == pytest.approx(0.9, abs=1 / motion.fps)


def test_a_cut_to_somebody_else_is_said_and_the_motion_goes_on(tmp_path: Path, person: Image.Image) -> None:
    other = ImageOps.mirror(person.point(lambda value: value * 0.4))
    write_frames(tmp_path / "cut.mp4", [person, person, other, other], [0.0, 0.1, 0.2, 0.3])
    with pytest.warns(UserWarning, match=r"cut at 0\.2 s") as said:
        motion = read_video(tmp_path / "cut.mp4").motion()
    assert len([warning for warning in said if "cut" in str(warning.message)]) == 1
    assert (motion.num_frames - 1) / motion.fps == pytest.approx(0.3, abs=0.01)


def test_frames_without_anybody_are_bridged_and_counted(tmp_path: Path, person: Image.Image) -> None:
    empty = Image.new("RGB", person.size, person.getpixel((2, 2)))
    write_frames(tmp_path / "gap.mp4", [person, empty, person], [0.0, 0.1, 0.2])
    with pytest.warns(UserWarning, match="1 of 3 frames show no body"):
        motion = read_video(tmp_path / "gap.mp4").motion()
    assert (motion.num_frames - 1) / motion.fps == pytest.approx(0.2, abs=0.01)


def test_some_frames_of_a_video_cost_no_more_than_these_and_a_few_around(
    tmp_path: Path, person: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_frames(tmp_path / "long.mp4", [person] * 40, [k / 15 for k in range(40)])
    looked, fitted = [], []
    look_in, fit_body = following.look_twice, video_clip.fit_body
    monkeypatch.setattr(following, "look_twice", lambda *given: looked.append(1) or look_in(*given))
    monkeypatch.setattr(video_clip, "fit_body", lambda *given: fitted.append(1) or fit_body(*given))
    motion = resolve_motion(str(tmp_path / "long.mp4"), frames="0:3")
    assert motion.num_frames == 3
    assert len(looked) <= 3 + video_clip.CONTEXT
    assert len(fitted) <= 3


def test_one_frame_of_a_video_is_fitted_like_a_photo(tmp_path: Path, person: Image.Image) -> None:
    empty = Image.new("RGB", person.size, person.getpixel((2, 2)))
    write_frames(tmp_path / "two.mp4", [person, empty], [0.0, 0.1])
    clip = read_video(tmp_path / "two.mp4")
    assert clip.num_frames == 2
    assert clip.pose(0).rotations.shape == (104, 3, 3)
    with pytest.raises(ValueError, match="frame 1: no person was found"):
        clip.pose(1)
    with pytest.raises(ValueError, match="2 is not one"):
        clip.pose(2)


def test_of_a_person_who_is_cut_by_the_edge_it_is_said(tmp_path: Path, person: Image.Image) -> None:
    write_frames(tmp_path / "cut.mp4", [person.crop((0, 0, 256, 200))] * 3, [0.0, 0.1, 0.2])
    with pytest.raises(ValueError, match=r"cut by the edge.*left ankle"):
        read_video(tmp_path / "cut.mp4").motion()


@pytest.mark.parametrize("name", ["empty.mp4", "empty.mkv"])
def test_a_file_without_frames_is_refused(tmp_path: Path, name: str) -> None:
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.start_encoding()
    with pytest.raises(ValueError, match=r"no pictures|no frames|not a video"):
        read_video(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match="not a video"):
        read_video(tmp_path / name)


def test_a_sound_file_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(ValueError, match="only sound"):
        read_video(tmp_path / "sound.mp4")
