"""Layers <-> OpenRaster (`.ora`), which Krita and GIMP open: a group for each part, over the draft and the result.

Those programs write a file anew when they save it and keep nothing but layers. So what is needed to fuse again lies in
hidden layers: the parts as they were drawn, and the record and the photo as bytes in the pixels of a picture.
https://www.openraster.org/baseline/file-layout-spec.html
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from layerpose.export.layer_bytes import bytes_to_picture, picture_to_bytes
from layerpose.export.layer_set import (
    MOST_BYTES,
    TITLES,
    LayerSet,
    open_png,
    origin_to_record,
    record_to_origin,
    title_of,
)
from layerpose.export.layered import LayerPicture, place_picture
from layerpose.runtime.arrays import BROKEN_ZIP
from layerpose.runtime.cache import writing

SUFFIX = ".ora"
MIMETYPE = b"image/openraster"
RESULT, DRAFT, DRAWN = "result", "coarse draft", "as drawn"
RECORD, PHOTO = "layerpose record", "layerpose photo"
"""Names of the layers whose pixels are bytes."""
THUMBNAIL = 256
MOST_XML = 4 << 20
MOST_LAYERS = 2000
DEEPEST = 20


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """One layer of the stack."""

    name: str
    picture: Image.Image
    left: int = 0
    top: int = 0
    hidden: bool = False


def write_open_raster(layers: LayerSet, path: Path) -> None:
    """Write the file, whole or not at all."""
    origin = layers.origin
    assert origin is not None
    assert layers.draft is not None
    assert layers.result is not None
    image = ElementTree.Element("image", version="0.0.3", w=str(origin.canvas), h=str(origin.canvas))
    root, files = ElementTree.SubElement(image, "stack"), {}
    parts = [_sheet(layer) for layer in layers.drawn]
    for sheet in parts:
        group = ElementTree.SubElement(root, "stack", name=sheet.name)
        _add(group, sheet, files)
    _add(root, _Sheet(name=DRAFT, picture=layers.draft, hidden=True), files)
    _add(root, _Sheet(name=RESULT, picture=layers.result), files)
    kept = ElementTree.SubElement(root, "stack", name=DRAWN, visibility="hidden")
    for layer in layers.drawn:
        _add(kept, _sheet(layer), files)
    record = json.dumps(origin_to_record(origin)).encode()
    _add(kept, _Sheet(name=RECORD, picture=bytes_to_picture(record), hidden=True), files)
    if layers.photo is not None:
        _add(kept, _Sheet(name=PHOTO, picture=bytes_to_picture(layers.photo), hidden=True), files)
    merged = layers.result.convert("RGBA")
    for sheet in reversed(parts):
        merged.alpha_composite(sheet.picture, (sheet.left, sheet.top))
    files["mergedimage.png"] = merged
    files["Thumbnails/thumbnail.png"] = merged.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    with writing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as file:
        file.writestr("mimetype", MIMETYPE)
        file.writestr("stack.xml", ElementTree.tostring(image, encoding="utf-8", xml_declaration=True))
        for name, picture in files.items():
            file.writestr(name, _png(picture))


def _sheet(layer: LayerPicture) -> _Sheet:
    return _Sheet(name=title_of(layer.part), picture=layer.picture, left=layer.left, top=layer.top)


def _add(group: ElementTree.Element, sheet: _Sheet, files: dict[str, Image.Image]) -> None:
    name = f"data/{len(files):02d}.png"
    files[name] = sheet.picture
    shown = {"visibility": "hidden" if sheet.hidden else "visible", "opacity": "1.0", "composite-op": "svg:src-over"}
    place = {"name": sheet.name, "src": name, "x": str(sheet.left), "y": str(sheet.top)}
    ElementTree.SubElement(group, "layer", {**place, **shown})


def _png(picture: Image.Image) -> bytes:
    content = BytesIO()
    picture.save(content, format="PNG")
    return content.getvalue()


def read_open_raster(path: Path) -> LayerSet:
    """Read the file as any program has saved it. ValueError says what is wrong."""
    try:
        with zipfile.ZipFile(path) as file:
            return _read(file)
    except (ValueError, RecursionError, ElementTree.ParseError) as error:
        raise ValueError(f"{path}: {error}") from error
    except BROKEN_ZIP as error:
        raise ValueError(f"{path} is no OpenRaster file, or damaged ({error!s:.120}); save it again as .ora") from error


def _read(file: zipfile.ZipFile) -> LayerSet:
    image = _parse(_member(file, "stack.xml", MOST_XML))
    size = _whole(image, "w")
    if size != _whole(image, "h") or not 0 < size <= 8192:
        raise ValueError(f"the canvas has {size} x {_whole(image, 'h')} pixels; expected the square that was written")
    root = image.find("stack")
    nodes = [] if root is None else list(root)
    kept = [layer for node in nodes if node.get("name") == DRAWN for layer in node.iter("layer")]
    stored = {name: _bytes(file, kept, name) for name in (RECORD, PHOTO)}
    record = stored[RECORD]
    drawn = tuple(_drawn(file, layer) for layer in kept if layer.get("name") in TITLES)
    edited = {TITLES[node.get("name", "")]: _flatten(file, node, size) for node in nodes if node.get("name") in TITLES}
    if not edited:
        raise ValueError(f"found none of the layers {', '.join(TITLES)}; expected a file of `layerpose layers`")
    origin = None if record is None else record_to_origin(json.loads(record))
    return LayerSet(origin=origin, drawn=drawn, edited=edited, photo=stored[PHOTO])


def _drawn(file: zipfile.ZipFile, layer: ElementTree.Element) -> LayerPicture:
    picture = _picture(file, layer)
    return LayerPicture(
        part=TITLES[layer.get("name", "")], left=_whole(layer, "x"), top=_whole(layer, "y"), picture=picture
    )


def _flatten(file: zipfile.ZipFile, node: ElementTree.Element, size: int) -> Image.Image:
    """A part's layer, or all that is shown of its group, lower layers first; on the whole canvas."""
    canvas = Image.new("RGBA", (size, size))
    for layer, opacity in reversed(list(_shown(node, 1.0, 0))):
        picture = place_picture(_picture(file, layer), _whole(layer, "x"), _whole(layer, "y"), size)
        if opacity < 1:
            picture.putalpha(picture.getchannel("A").point([round(value * opacity) for value in range(256)]))
        canvas.alpha_composite(picture)
    return canvas


def _shown(node: ElementTree.Element, opacity: float, depth: int) -> Iterator[tuple[ElementTree.Element, float]]:
    """The layers below a node that are not hidden, from above, with their opacity."""
    if depth > DEEPEST or (depth and node.get("visibility") == "hidden"):
        return
    opacity *= min(max(_number(node, "opacity", 1.0), 0.0), 1.0) if depth else 1.0
    if node.tag == "layer":
        yield node, opacity
    for child in node:
        yield from _shown(child, opacity, depth + 1)


def _bytes(file: zipfile.ZipFile, kept: list[ElementTree.Element], name: str) -> bytes | None:
    found = [layer for layer in kept if layer.get("name") == name]
    return picture_to_bytes(_picture(file, found[0])) if found else None


def _picture(file: zipfile.ZipFile, layer: ElementTree.Element) -> Image.Image:
    name = layer.get("src", "")
    return open_png(_member(file, name, MOST_BYTES), name[:80])


def _member(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    info = file.getinfo(name)
    if info.file_size > most:
        raise ValueError(f"{name[:80]} in it has {info.file_size} bytes; expected at most {most}")
    with file.open(info) as member:
        return member.read(most + 1)


def _parse(xml: bytes) -> ElementTree.Element:
    if b"<!" in xml.replace(b"<!--", b""):
        raise ValueError("stack.xml declares a document type; expected plain layers")
    image = ElementTree.fromstring(xml)
    if sum(1 for _ in image.iter()) > MOST_LAYERS:
        raise ValueError(f"stack.xml has more than {MOST_LAYERS} layers")
    return image


def _whole(node: ElementTree.Element, key: str) -> int:
    number = _number(node, key, 0.0)
    if abs(number) > 100_000:
        raise ValueError(f"{key} of a layer is {number}; expected a number of pixels")
    return round(number)


def _number(node: ElementTree.Element, key: str, otherwise: float) -> float:
    try:
        number = float(node.get(key, otherwise))
    except ValueError:
        number = float("nan")
    if number != number or abs(number) == float("inf"):
        raise ValueError(f"{key} of a layer is {node.get(key)!r:.30}; expected a number")
    return number
