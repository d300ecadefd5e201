"""Where the frames of a BVH are, wherever lines and stretches end, and in files that are mostly nothing."""

from __future__ import annotations

import time

import numpy as np
import pytest

from layerpose.motion.read import bvh_frames
from layerpose.motion.read.bvh_frames import find_frames, words_of
from layerpose.motion.read.bvh_text import parse_bvh

HEAD = b"HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n}\n"
NUMBERS = np.arange(300).reshape(100, 3)


def frames_in(data: bytes, start: int = 0) -> list[list[bytes]]:
    """What is found, read."""
    return [words_of(data, a, b, 3) for a, b in np.stack(find_frames(data, start, 3)).T.tolist()]


@pytest.fixture(params=[5, 11, 64, 1 << 20])
def stretch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes that are gone through together; short ones may hold no frame in the midst of many."""

    def join_all(stretches):
        starts, ends = zip(*stretches, strict=True)
        return np.concatenate(starts), np.concatenate(ends)

    monkeypatch.setattr(bvh_frames, "STRETCH", request.param)
    monkeypatch.setattr(bvh_frames, "MANY_LINES", 2)
    monkeypatch.setattr(bvh_frames, "_join", join_all)
    return request.param


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b"\r", b"\n\n  \n", b"\n# so is this\n"])
def test_frames_are_the_same_wherever_a_stretch_ends(stretch: int, between: bytes):
    rows = [b" ".join(str(x).encode() for x in row) for row in NUMBERS]
    assert frames_in(b"0.03\n" + between.join(rows) + b"\n", 5) == [row.split() for row in rows]


def test_frames_are_the_same_wherever_a_line_ends(stretch: int):
    words = [str(x).encode() for x in NUMBERS.ravel()]
    data = b"".join(word + (b"\n" if place % 7 == 0 else b" \t") for place, word in enumerate(words))
    assert frames_in(data) == [words[first : first + 3] for first in range(0, 300, 3)]
    assert frames_in(data + b"8 9") == frames_in(data)


@pytest.mark.parametrize("nothing", [b"\n", b"\r", b" ", b"\0", b"1", b"\n \n"])
def test_millions_of_bytes_of_nothing_are_refused_at_once(nothing: bytes):
    data = HEAD + b"MOTION\nFrames: 3\nFrame Time: 0.03\n" + nothing * 20_000_000
    start = time.process_time()
    with pytest.raises(ValueError, match=r"no frames|1 numbers found"):
        parse_bvh(data)
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize("motion", [b"MOTION " + b"# " * 40, b"MOTION\nFrames:" + b" " * 1_000_000 + b"x"])
def test_a_motion_section_that_never_begins_is_refused_at_once(motion: bytes):
    start = time.process_time()
    with pytest.raises(ValueError, match=r"no MOTION section|no frames"):
        parse_bvh(HEAD + motion)
    assert time.process_time() - start < 1.0
