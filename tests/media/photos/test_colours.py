"""Colours come out as the file means them: the red of a jacket is the same red from every colour space."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpose.media.photos.colours import from_srgb
from layerpose.media.pictures import read_photo

D50 = (0.9642, 1.0, 0.8249)
SPACES = {
    "srgb": ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141), 2.2),
    "p3": ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841), 2.2),
    "adobe": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446), 2.2),
    "prophoto": ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249), 1.8),
}
"""Primaries in XYZ adapted to D50, one a colour, and the gamma."""
JACKET, WALL, JEANS = (201, 46, 46), (180, 175, 170), (40, 60, 120)
CURVE = 5
"""How far sRGB's own curve and gamma 2.2 are apart in dark colours."""


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile, version 2.1."""
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\2x\0" + b"\0" * 78, b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": xyz(D50), **tags}
    offset, table, body = 132 + 12 * len(tags), b"", b""
    for key, value in tags.items():
        table += key + struct.pack(">II", offset + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    kind, pcs = (b"prtr", b"Lab ") if space == b"CMYK" else (b"mntr", b"XYZ ")
    header = struct.pack(">I4sI4s4s4s12s4s", 0, b"none", 0x02100000, kind, space, pcs, b"\0" * 12, b"acsp") + b"\0" * 28
    header += xyz(D50)[8:]
    data = header + b"\0" * (128 - len(header)) + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", len(data)) + data[4:]


def xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def rgb_profile(name: str) -> bytes:
    *primaries, gamma = SPACES[name]
    tags = {key: xyz(value) for key, value in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma)))


def cmyk_profile(lab: dict[tuple[int, ...], tuple[float, float, float]]) -> bytes:
    """A table of two values a channel; the Lab colours of its corners, black where none is named."""
    identity = struct.pack(">9i", *(65536 if n % 4 == 0 else 0 for n in range(9)))
    ramp = bytes(range(256))
    clut = b""
    for corner in np.ndindex(2, 2, 2, 2):
        light, a, b = lab.get(corner, (0.0, 0.0, 0.0))
        clut += bytes([round(light * 2.55), round(a + 128), round(b + 128)])
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + clut + ramp * 3
    return profile(b"CMYK", {b"A2B0": table})


def told_in(colours: np.ndarray, name: str) -> np.ndarray:
    """The same colours (0..255, gamma 2.2) as numbers of another space."""
    ours, theirs = (np.array(SPACES[space][:3]).T for space in ("srgb", name))
    linear = (colours / 255) ** 2.2 @ (np.linalg.inv(theirs) @ ours).T
    return (linear.clip(0, 1) ** (1 / SPACES[name][3]) * 255).round().astype(np.uint8)


def scene(name: str = "srgb") -> Image.Image:
    colours = np.repeat(np.array([JACKET, WALL, JEANS], dtype=float), 32, axis=0)
    return Image.fromarray(np.tile(told_in(colours, name)[:, None], (1, 64, 1)))


@pytest.mark.parametrize("name", ["p3", "adobe", "prophoto"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".avif"])
def test_a_red_jacket_is_as_red_as_in_the_srgb_twin(tmp_path: Path, name: str, suffix: str):
    for space in ("srgb", name):
        scene(space).save(tmp_path / f"{space}{suffix}", quality=100, icc_profile=rgb_profile(space))
    twin, read = (np.asarray(read_photo(tmp_path / f"{space}{suffix}"), dtype=int) for space in ("srgb", name))
    assert np.abs(twin[16, 32] - JACKET).max() <= CURVE
    for row in (16, 48, 80):
        assert np.abs(read[row, 32] - twin[row, 32]).max() <= (2 if suffix in (".png", ".tif") else 4)


def test_transparency_survives_the_conversion(tmp_path: Path):
    picture = scene("p3")
    picture.putalpha(Image.new("L", picture.size, 77))
    picture.save(tmp_path / "cut.png", icc_profile=rgb_profile("p3"))
    read = read_photo(tmp_path / "cut.png", with_alpha=True)
    assert read.mode == "RGBA"
    assert np.abs(np.asarray(read)[16, 32].astype(int) - (*JACKET, 77)).max() <= CURVE


def test_printing_inks_are_read_by_their_profile(tmp_path: Path):
    """Full magenta and yellow of this printer are Lab (53, 80, 67), which is sRGB's red."""
    inks = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    printer = cmyk_profile({(0, 0, 0, 0): (100, 0, 0), (0, 1, 1, 0): (53.2, 80, 67)})
    inks.save(tmp_path / "print.tif", icc_profile=printer)
    red, green, blue = read_photo(tmp_path / "print.tif").getpixel((30, 30))
    assert red >= 250
    assert max(green, blue) <= 25


def test_a_grey_photo_follows_its_own_curve(tmp_path: Path):
    """Half of gamma 1 is 188 in sRGB."""
    linear = profile(b"GRAY", {b"kTRC": curve(1.0)})
    Image.new("L", (64, 64), 128).save(tmp_path / "grey.png", icc_profile=linear)
    read = read_photo(tmp_path / "grey.png").getpixel((3, 3))
    assert np.abs(np.array(read) - 188).max() <= 2


@pytest.mark.parametrize(
    "bad", [b"no profile at all", rgb_profile("p3")[:300], profile(b"GRAY", {b"kTRC": curve(1.0)}), b"\0" * 600]
)
def test_a_profile_of_no_use_is_said_and_left_out(tmp_path: Path, bad: bytes):
    scene().save(tmp_path / "odd.png", icc_profile=bad)
    with pytest.warns(UserWarning, match=r"odd\.png: its colour profile cannot be used"):
        read = read_photo(tmp_path / "odd.png")
    assert read.getpixel((32, 16)) == JACKET


@pytest.mark.parametrize("name", ["p3", "adobe", "prophoto"])
def test_what_is_drawn_can_be_told_in_the_colours_of_the_photo(name: str):
    told = np.asarray(from_srgb(scene(), rgb_profile(name)), dtype=int)
    assert np.abs(told[16, 32] - told_in(np.array([JACKET], dtype=float), name)[0]).max() <= CURVE
    assert np.asarray(from_srgb(scene(), b"broken")).tolist() == np.asarray(scene()).tolist()
