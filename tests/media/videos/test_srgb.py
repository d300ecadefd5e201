"""A red patch, encoded in the ways of cameras and phones, comes out as that red."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from layerpose.media.videos.reading import read_looks
from layerpose.media.videos.srgb import to_srgb

RED = np.array([200.0, 40.0, 30.0]) / 255
LUMA = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593), 2: (0.2126, 0.0722)}
"""Share of red and blue in the luma of a matrix."""
FROM_709 = np.linalg.inv([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])


def to_yuv(colour: np.ndarray, matrix: int, *, full: bool, bits: int) -> list[int]:
    """Codes of luma and chroma (ITU-T H.273)."""
    red, blue = LUMA[matrix]
    luma = colour @ [red, 1 - red - blue, blue]
    chroma = (colour[2] - luma) / (2 - 2 * blue), (colour[0] - luma) / (2 - 2 * red)
    low, reach, width = (0, 255, 255) if full else (16, 219, 224)
    return [
        round((low + reach * luma) * 2 ** (bits - 8)),
        *(round((128 + width * c) * 2 ** (bits - 8)) for c in chroma),
    ]


def patch(
    codes: list[int],
    size: tuple[int, int],
    *,
    bits: int,
    matrix: int,
    full: bool,
    transfer: int = 2,
    primaries: int = 2,
):
    """A frame of one colour with these tags."""
    frame = av.VideoFrame(*size, "yuv420p" if bits == 8 else "yuv420p10le")
    for plane, code in zip(frame.planes, codes, strict=True):
        kind = np.uint8 if bits == 8 else np.uint16
        plane.update(np.full(plane.buffer_size // np.dtype(kind).itemsize, code, kind).tobytes())
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    frame.color_trc, frame.color_primaries = transfer, primaries
    return frame


def hlg(colour: np.ndarray) -> np.ndarray:
    """SRGB -> the signal of HLG (BT.2100) that shows it on a screen of 1000 nits with white at 203."""
    shown = FROM_709 @ to_light(colour) * 203 / 1000
    scene = shown * (shown @ [0.2627, 0.6780, 0.0593]) ** (1 / 1.2 - 1)
    return np.where(
        scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    )


def pq(colour: np.ndarray) -> np.ndarray:
    """SRGB -> the signal of PQ (SMPTE ST 2084) with white at 203 nits."""
    power = (FROM_709 @ to_light(colour) * 203 / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def to_light(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def middle(frame: av.VideoFrame) -> np.ndarray:
    return to_srgb(frame, frame.width, frame.height)[frame.height // 2, frame.width // 2] / 255


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6])
def test_matrix_and_range_are_obeyed(matrix: int, full: bool, bits: int) -> None:
    codes = to_yuv(RED, matrix, full=full, bits=bits)
    assert middle(patch(codes, (64, 48), bits=bits, matrix=matrix, full=full)) == pytest.approx(RED, abs=0.015)


@pytest.mark.parametrize(("size", "meant"), [((1280, 720), 1), ((640, 480), 6)])
def test_an_untagged_video_is_of_bt709_if_it_is_large_and_of_bt601_if_small(size: tuple[int, int], meant: int) -> None:
    frame = patch(to_yuv(RED, meant, full=False, bits=8), size, bits=8, matrix=2, full=False)
    assert middle(frame) == pytest.approx(RED, abs=0.015)


@pytest.mark.parametrize(("transfer", "encode"), [(18, hlg), (16, pq)])
def test_hdr_red_is_the_red_of_a_usual_screen(transfer: int, encode) -> None:
    codes = to_yuv(encode(RED), 9, full=False, bits=10)
    frame = patch(codes, (64, 48), bits=10, matrix=9, full=False, transfer=transfer, primaries=9)
    assert middle(frame) == pytest.approx(RED, abs=0.02)


def test_what_is_brighter_than_white_in_hdr_stays_below_white_and_in_order() -> None:
    greys = []
    for light in (0.5, 1.0, 1.2):
        codes = to_yuv(pq(np.full(3, light)), 9, full=False, bits=10)
        greys.append(middle(patch(codes, (64, 48), bits=10, matrix=9, full=False, transfer=16, primaries=9)).mean())
    assert greys[0] == pytest.approx(0.5, abs=0.02)
    assert 0.9 < greys[1] < greys[2] <= 1


def test_tags_are_read_from_the_file(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "hlg.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=15)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        context = stream.codec_context
        context.colorspace, context.color_range, context.color_trc, context.color_primaries = 9, 1, 18, 9
        frame = patch(
            to_yuv(hlg(RED), 9, full=False, bits=10), (64, 48), bits=10, matrix=9, full=False, transfer=18, primaries=9
        )
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert next(read_looks(tmp_path / "hlg.mkv")).pixels[24, 32] / 255 == pytest.approx(RED, abs=0.02)
