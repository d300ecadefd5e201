"""Every kind of file that a photo comes in is read, or one line says what to do."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from layerpose.media.photos.files import FORMATS
from layerpose.media.pictures import read_photo

SUFFIXES = {
    "JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp", "GIF": ".gif", "AVIF": ".avif",
    "JPEG2000": ".jp2",
}  # fmt: skip
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40
JXL = b"\xff\x0a" + b"\0" * 40


@pytest.fixture
def scene() -> Image.Image:
    """Soft colours that every format keeps."""
    rows, columns = np.mgrid[:96, :128]
    return Image.fromarray(np.stack([rows + 60, columns + 60, 200 - rows], axis=2).astype(np.uint8))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_shows_the_same_picture(tmp_path: Path, scene: Image.Image, kind: str):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    path = tmp_path / f"photo{SUFFIXES[kind]}"
    scene.save(path, format=kind)
    assert np.abs(np.asarray(read_photo(path), dtype=int) - np.asarray(scene, dtype=int)).mean() < 4


@pytest.mark.parametrize(
    ("content", "module", "advice"),
    [(HEIC, "pillow_heif", r"pip install 'layerpose\[heic\]'"), (JXL, "pillow_jxl", "pip install pillow-jxl-plugin")],
)
def test_without_its_package_the_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, module: str, advice: str
):
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / "IMG_7.jpg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=advice):
        read_photo(path)


@pytest.mark.parametrize(("module", "suffix"), [("pillow_heif", ".heic"), ("pillow_jxl", ".jxl")])
def test_with_its_package_the_photo_is_read(tmp_path: Path, scene: Image.Image, module: str, suffix: str):
    plugin = pytest.importorskip(module)
    if module == "pillow_heif":
        plugin.register_heif_opener()
    path = tmp_path / f"photo{suffix}"
    scene.save(path)
    assert np.abs(np.asarray(read_photo(path), dtype=int) - np.asarray(scene, dtype=int)).mean() < 4
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=path.name):
        read_photo(path)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A GIF of three frames, each of another grey."""
    frames = [Image.new("L", (64, 64), grey) for grey in (10, 100, 200)]
    path = tmp_path / "film.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    return path


@pytest.mark.parametrize(("frame", "grey"), [("", 10), ("#0", 10), ("#1", 100), ("#2", 200)])
def test_a_frame_of_a_film_is_named_by_its_number(film: Path, frame: str, grey: int):
    assert read_photo(f"{film}{frame}").getpixel((5, 5)) == (grey, grey, grey)


@pytest.mark.parametrize(("frame", "reason"), [("3", r"3 frames \(0 to 2\); 3 is not one"), ("last", "whole number")])
def test_a_frame_that_is_not_there_is_refused(film: Path, frame: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        read_photo(f"{film}#{frame}")


def test_a_file_whose_name_has_a_number_sign_is_that_file(tmp_path: Path, film: Path):
    Image.new("RGB", (64, 64), (1, 2, 3)).save(tmp_path / "film.gif#1", format="PNG")
    assert read_photo(tmp_path / "film.gif#1").getpixel((5, 5)) == (1, 2, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_large_photo_comes_smaller_where_that_is_enough(tmp_path: Path, scene: Image.Image, suffix: str):
    scene.resize((1280, 960)).save(tmp_path / f"large{suffix}")
    read = read_photo(tmp_path / f"large{suffix}", longest=300)
    assert 300 <= read.width < 600
    assert read.width * 3 == read.height * 4
    small = read.resize(scene.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(small, dtype=int) - np.asarray(scene, dtype=int)).mean() < 3


@pytest.mark.parametrize("kind", FORMATS)
def test_no_damage_ends_in_anything_but_one_line(tmp_path: Path, scene: Image.Image, kind: str):
    path, generator = tmp_path / f"photo{SUFFIXES[kind]}", np.random.default_rng(7)
    scene.save(path, format=kind)
    whole = path.read_bytes()
    for round_ in range(60):
        content = bytearray(whole)
        for place in generator.integers(0, min(len(content), 600), 6):
            content[place] = generator.integers(256)
        path.write_bytes(bytes(content[: len(content) if round_ % 2 else generator.integers(1, len(content))]))
        with suppress(ValueError):  # anything else, a warning too, would end the test
            read_photo(path)


def test_a_photo_comes_through_standard_input(scene: Image.Image, monkeypatch: pytest.MonkeyPatch):
    stored = io.BytesIO()
    scene.save(stored, format="PNG")

    class Input:
        buffer = io.BytesIO(stored.getvalue())

    monkeypatch.setattr(sys, "stdin", Input)
    assert np.array_equal(np.asarray(read_photo("-")), np.asarray(scene))
    Input.buffer = io.BytesIO()
    with pytest.raises(ValueError, match="nothing came on standard input"):
        read_photo("-")
