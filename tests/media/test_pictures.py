"""Whatever a photo is stored as, it arrives as upright 8-bit RGB; results say that they are generated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.media.pictures import image_to_picture, picture_to_image, read_photo, write_png


@pytest.fixture
def scene() -> Image.Image:
    """Red above, blue below, wider than tall."""
    values = np.zeros((80, 120, 3), dtype=np.uint8)
    values[:40] = (204, 51, 0)
    values[40:] = (0, 51, 204)
    return Image.fromarray(values)


@pytest.mark.parametrize(("mode", "suffix"), [("RGB", ".png"), ("P", ".gif"), ("CMYK", ".jpg"), ("RGBA", ".webp")])
def test_every_colour_mode_becomes_rgb(tmp_path: Path, scene: Image.Image, mode: str, suffix: str):
    path = tmp_path / f"photo{suffix}"
    scene.convert(mode).save(path)
    read = read_photo(path)
    assert (read.mode, read.size) == ("RGB", scene.size)
    assert np.abs(np.asarray(read, dtype=int) - np.asarray(scene, dtype=int)).mean() < 12


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path):
    ramp = np.tile(np.linspace(0, 65535, 128).astype(np.uint16), (80, 1))
    Image.fromarray(ramp).save(tmp_path / "grey16.png")
    read = np.asarray(read_photo(tmp_path / "grey16.png"))
    assert read.shape == (80, 128, 3)
    assert np.abs(read[0, :, 0].astype(int) - ramp[0] / 257).max() <= 1


def test_grey_becomes_rgb(tmp_path: Path, scene: Image.Image):
    scene.convert("L").save(tmp_path / "grey.png")
    assert read_photo(tmp_path / "grey.png").mode == "RGB"


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_rotated_photo_comes_out_upright(tmp_path: Path, scene: Image.Image, orientation: int):
    stored = scene.rotate({3: 180, 6: 90, 8: -90}[orientation], expand=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "phone.png", exif=exif)
    assert np.array_equal(np.asarray(read_photo(tmp_path / "phone.png")), np.asarray(scene))


def test_transparency_is_laid_over_white(tmp_path: Path):
    Image.new("RGBA", (80, 80), (10, 20, 30, 0)).save(tmp_path / "clear.png")
    assert read_photo(tmp_path / "clear.png").getpixel((5, 5)) == (255, 255, 255)


def test_a_palette_with_a_transparent_colour_is_laid_over_white(tmp_path: Path):
    Image.new("P", (80, 80), 0).save(tmp_path / "clear.gif", transparency=0)
    assert read_photo(tmp_path / "clear.gif").getpixel((5, 5)) == (255, 255, 255)


def test_pictures_survive_the_way_to_tensors_and_back(scene: Image.Image):
    image = picture_to_image(scene)
    assert image.shape == (1, 3, 80, 120)
    assert image.min() >= -1
    assert image.max() <= 1
    assert np.array_equal(np.asarray(image_to_picture(image)), np.asarray(scene))


def test_values_outside_the_range_are_clipped_not_wrapped():
    assert image_to_picture(torch.full((1, 3, 2, 2), 1.7)).getpixel((0, 0)) == (255, 255, 255)


def test_a_result_says_that_it_is_generated(tmp_path: Path, scene: Image.Image):
    write_png(scene, tmp_path / "out.png", comment="Generated. Not a photograph.")
    text = Image.open(tmp_path / "out.png").text
    assert text["Software"].startswith("layerpose ")
    assert text["Comment"] == "Generated. Not a photograph."


def test_a_failed_write_leaves_the_old_file_and_no_scraps(
    tmp_path: Path, scene: Image.Image, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="No space"):
        write_png(scene, path, comment="")
    assert [file.name for file in tmp_path.iterdir()] == ["out.png"]
    assert path.read_bytes() == b"old"
