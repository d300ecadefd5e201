"""Layers come back from a folder and from OpenRaster as they were edited, whatever program saved them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.cli import main
from layerpose.estimation.estimate import estimate, read_source
from layerpose.export.layer_bytes import bytes_to_picture, picture_to_bytes
from layerpose.export.layer_folder import read_layer_folder, write_layer_folder
from layerpose.export.layer_set import LayerSet, Origin
from layerpose.export.layered import LayerPicture
from layerpose.export.open_raster import read_open_raster, write_open_raster
from layerpose.motion.library import library_pose
from layerpose.presets import debug
from layerpose.stages.model import Model
from layerpose.stages.model_folder import save_model
from layerpose.types import LAYERS, Body, Camera

SIZE = 64
RED = (250, 0, 0, 255)
PHOTO = bytes(range(256)) * 40


@pytest.fixture
def layers() -> LayerSet:
    """Five squares of noise, opaque in the middle."""
    generator = np.random.default_rng(0)
    drawn = []
    for number, part in enumerate(LAYERS):
        pixels = generator.integers(0, 200, (20, 20, 4), dtype=np.uint8)
        pixels[..., 3] = 0
        pixels[4:16, 4:16, 3] = 255
        drawn.append(LayerPicture(part=part, left=5 * number, top=3, picture=Image.fromarray(pixels)))
    body = Body(
        phenotype=torch.full((6,), 0.5), pose=library_pose("walk"), camera=Camera(scale=0.4, translation=(0.5, 0.5))
    )
    origin = Origin(canvas=SIZE, weights="abc", body=body, photo="me.jpg")
    plain = Image.new("RGB", (SIZE, SIZE), "grey")
    return LayerSet(origin=origin, drawn=tuple(drawn), photo=PHOTO, draft=plain, result=plain)


@pytest.fixture
def folder(layers: LayerSet, tmp_path: Path) -> Path:
    write_layer_folder(layers, tmp_path / "layers", comment="Generated.")
    return tmp_path / "layers"


@pytest.fixture
def ora(layers: LayerSet, tmp_path: Path) -> Path:
    write_open_raster(layers, tmp_path / "layers.ora")
    return tmp_path / "layers.ora"


def painted(layers: LayerSet) -> dict[str, np.ndarray]:
    """Where something was painted, by part."""
    return {part: np.argwhere(change.changes[0, 0].numpy()) for part, change in layers.changes(SIZE).items()}


def test_layers_that_nobody_touched_have_no_change(folder: Path, ora: Path) -> None:
    for found in (read_layer_folder(folder), read_open_raster(ora)):
        assert set(found.edited) == set(LAYERS)
        assert painted(found) == {}
        assert found.photo == PHOTO
        assert found.origin is not None
        assert torch.allclose(found.origin.body.pose.rotations, library_pose("walk").rotations, atol=1e-5)


def test_a_layer_painted_in_the_folder_changes_there_alone(folder: Path) -> None:
    path = folder / "left_arm.png"
    picture = Image.open(path)
    assert picture.info["Comment"] == "Generated."
    picture.paste(RED, (8, 9, 10, 11))
    picture.save(path)
    (folder / "head.png").unlink()
    found = painted(read_layer_folder(folder))
    assert list(found) == ["left_arm"]
    assert found["left_arm"].tolist() == [[12, 13], [12, 14], [13, 13], [13, 14]]


def test_an_open_raster_is_what_its_standard_says(ora: Path) -> None:
    with zipfile.ZipFile(ora) as file:
        first = file.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert file.read("mimetype") == b"image/openraster"
        image = ElementTree.fromstring(file.read("stack.xml"))
        merged = Image.open(BytesIO(file.read("mergedimage.png")))
        assert max(Image.open(BytesIO(file.read("Thumbnails/thumbnail.png"))).size) <= 256
        assert all(layer.get("src") in file.namelist() for layer in image.iter("layer"))
    assert (image.get("w"), image.get("h")) == (str(SIZE), str(SIZE))
    assert merged.size == (SIZE, SIZE)
    shown = [node.get("name") for node in image.findall("stack/*")]
    assert shown == ["head", "left arm", "right arm", "left leg", "right leg", "coarse draft", "result", "as drawn"]


def save_as_krita(ora: Path, *, record: bool = True) -> None:
    """Saved anew: other file names, pictures cut to what they show, a layer painted over the left arm's."""
    with zipfile.ZipFile(ora) as file:
        image = ElementTree.fromstring(file.read("stack.xml"))
        pictures = {name: file.read(name) for name in file.namelist() if name.startswith("data/")}
    stack = image.find("stack/stack[@name='left arm']")
    assert stack is not None
    spot = {"name": "tattoo", "src": "spot", "x": "13", "y": "12", "opacity": "1.000", "visibility": "visible"}
    stack.insert(0, ElementTree.Element("layer", spot))
    pictures["spot"] = png(Image.new("RGBA", (2, 2), RED))
    with zipfile.ZipFile(ora, "w") as file:
        file.writestr("mimetype", b"image/openraster")
        for number, layer in enumerate(list(image.iter("layer"))):
            picture = Image.open(BytesIO(pictures[layer.get("src", "")])).convert("RGBA")
            if not record and layer.get("name") == "layerpose record":
                picture.putpixel((3, 0), RED)
            left, top, right, bottom = picture.getbbox() or (0, 0, 1, 1)
            layer.set("x", str(int(layer.get("x", "0")) + left))
            layer.set("y", str(int(layer.get("y", "0")) + top))
            layer.set("src", f"data/layer{number}.png")
            file.writestr(f"data/layer{number}.png", png(picture.crop((left, top, right, bottom))))
        file.writestr("stack.xml", ElementTree.tostring(image))


def png(picture: Image.Image) -> bytes:
    content = BytesIO()
    picture.save(content, format="PNG")
    return content.getvalue()


def test_a_file_saved_by_a_paint_program_still_knows_all_and_has_what_was_painted_in_the_group(ora: Path) -> None:
    save_as_krita(ora)
    found = read_open_raster(ora)
    assert found.photo == PHOTO
    assert found.origin is not None
    assert {part: places.tolist() for part, places in painted(found).items()} == {
        "left_arm": [[12, 13], [12, 14], [13, 13], [13, 14]]
    }


def test_a_record_that_was_painted_on_is_lost_not_believed(ora: Path) -> None:
    save_as_krita(ora, record=False)
    found = read_open_raster(ora)
    assert found.origin is None
    assert "left_arm" in painted(found)


def test_bytes_in_a_picture_come_back_only_whole() -> None:
    picture = bytes_to_picture(PHOTO)
    assert picture_to_bytes(picture) == PHOTO
    assert picture.getchannel("A").getextrema() == (255, 255)
    picture.putpixel((50, 1), (1, 2, 3, 255))
    assert picture_to_bytes(picture) is None
    assert picture_to_bytes(Image.new("RGBA", (3, 3))) is None


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def act(ora: Path) -> None:
        with zipfile.ZipFile(ora) as file:
            content = {name: file.read(name) for name in file.namelist()}
        content["stack.xml"] = change(content["stack.xml"])
        with zipfile.ZipFile(ora, "w", zipfile.ZIP_DEFLATED) as file:
            for name, value in content.items():
                file.writestr(name, value)

    return act


def undeflatable(ora: Path) -> None:
    """The archive's list is whole, and leads to what is no deflated stream."""
    rewritten(lambda xml: xml)(ora)
    data = bytearray(ora.read_bytes())
    with zipfile.ZipFile(ora) as file:
        begin = file.getinfo("stack.xml").header_offset + 30 + len("stack.xml")
    data[begin : begin + 40] = b"\xff" * 40
    ora.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda ora: ora.write_bytes(ora.read_bytes()[:-300]), "no OpenRaster file, or damaged"),
        (lambda ora: ora.write_bytes(b"not a zip"), "no OpenRaster file"),
        (undeflatable, "no OpenRaster file, or damaged"),
        (rewritten(lambda xml: b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + xml), "document type"),
        (rewritten(lambda xml: xml.replace(b'x="5"', b'x="NaN"')), "expected a number"),
        (rewritten(lambda xml: xml.replace(b'x="5"', b'x="1e300"')), "number of pixels"),
        (rewritten(lambda xml: xml.replace(b"data/00.png", b"../00.png")), "damaged"),
        (rewritten(lambda xml: xml.replace(b'w="64"', b'w="9000"')), "expected the square"),
        (rewritten(lambda _: b"<image w='64' h='64'><stack/></image>"), "found none of the layers"),
        (rewritten(lambda _: b"<image w='64' h='64'><stack>"), "layers.ora"),
        (rewritten(lambda _: b" " * (5 << 20)), "bytes; expected at most"),
    ],
)
def test_a_damaged_open_raster_is_refused_in_one_line(
    ora: Path, damage: Callable[[Path], None], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    damage(ora)
    assert main(["fuse", str(ora), "-o", str(tmp_path / "o.png")]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert len(said.splitlines()) == 1


def record(change: dict[str, object]) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        path = folder / "layers.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))

    return act


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "layers.json").unlink(), "not a folder of layers"),
        (lambda folder: (folder / "layers.json").write_text("[" * 100_000), "layers.json"),
        (record({"layerpose_layers": 7}), '"layerpose_layers" is missing or not 1'),
        (record({"canvas": 1e99}), "finite numbers"),
        (record({"canvas": 2.5}), "whole number of pixels"),
        (record({"pose": {"layerpose_pose": 1, "rotations": {}}}), "no phenotype and camera"),
        (record({"layers": {"head": {"left": None, "top": 3}}}), "the place of 'head'"),
        (lambda folder: shutil.rmtree(folder / "drawn"), "there is no head.png"),
        (lambda folder: (folder / "head.png").write_bytes(b"x"), "is not a picture"),
        (lambda folder: Image.new("RGB", (5, 5)).save(folder / "head.png"), "expected 20 x 20"),
    ],
)
def test_a_damaged_folder_is_refused_in_one_line(
    folder: Path, damage: Callable[[Path], None], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    damage(folder)
    assert main(["fuse", str(folder), "-o", str(tmp_path / "o.png")]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert len(said.splitlines()) == 1


def test_what_is_lost_is_asked_for(ora: Path, folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save_as_krita(ora, record=False)
    assert main(["fuse", str(ora), "-o", str(tmp_path / "o.png")]) == 2
    assert "lost its record" in capsys.readouterr().err
    (folder / "photo.jpg").unlink()
    assert main(["fuse", str(folder), "-o", str(tmp_path / "o.png")]) == 2
    assert "does not hold the photo; name it: --photo" in capsys.readouterr().err


def test_from_a_photo_to_layers_to_a_picture_with_what_was_painted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    kept = lru_cache(lambda size: estimate(read_source(photo), size))
    monkeypatch.setattr("layerpose.transfer.estimate", lambda _, size, **__: kept(size))
    save_model(Model(debug()), tmp_path / "model")
    photo, model = str(files("layerpose") / "examples" / "person.png"), ["--weights", str(tmp_path / "model")]
    folder, out = tmp_path / "layers", tmp_path / "out.png"
    assert main(["layers", photo, "-p", "t-pose", "-o", str(folder), *model]) == 0
    arm = Image.open(folder / "left_arm.png")
    rows, columns = np.nonzero(np.asarray(arm)[..., 3])
    x, y = int(np.median(columns)), int(np.median(rows))
    arm.paste(RED, (x - 4, y - 1, x + 4, y + 2))
    arm.save(folder / "left_arm.png")
    capsys.readouterr()
    assert main(["fuse", str(folder), "-p", "point", "-o", str(out), *model]) == 0
    assert "painted on: left_arm" in capsys.readouterr().out
    pixels = np.asarray(Image.open(out)).astype(int)
    red = (pixels[..., 0] > 200) & (pixels[..., 1:].max(-1) < 60)
    assert red.sum() >= 5
    assert np.nonzero(red)[1].min() > 64, "the left arm is on the viewer's right"
