"""Layers <-> a folder: a PNG for each part, the same as they were drawn, and a record of what they were drawn from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from layerpose.export.layer_set import MOST_BYTES, LayerSet, open_png, origin_to_record, record_to_origin
from layerpose.export.layered import LayerPicture, place_picture
from layerpose.media.outputs import check_output_folder
from layerpose.media.photos.files import SUFFIXES
from layerpose.media.pictures import write_png
from layerpose.motion.pose_file import mapping, numbers
from layerpose.runtime.cache import write_json, writing
from layerpose.types import LAYERS

RECORD = "layers.json"
DRAWN = "drawn"
"""Folder of the layers as they were drawn: what differs from them was painted."""
FILES = {part: f"{part}.png" for part in LAYERS}
"""What each layer's file is called."""


def check_layer_folder(folder: Path, inputs: Sequence[Path | None]) -> None:
    """ValueError unless the layers can be written there."""
    check_output_folder(folder, [*FILES.values(), RECORD], inputs=inputs)


def write_layer_folder(layers: LayerSet, folder: Path, *, comment: str) -> list[Path]:
    """Write every file, the record last; returns the layers' files."""
    assert layers.origin is not None
    (folder / DRAWN).mkdir(parents=True, exist_ok=True)
    places = {}
    for layer in layers.drawn:
        for path in (folder / DRAWN / FILES[layer.part], folder / FILES[layer.part]):
            write_png(layer.picture, path, comment=comment)
        places[layer.part] = {
            "file": FILES[layer.part], "left": layer.left, "top": layer.top,
            "width": layer.picture.width, "height": layer.picture.height,
        }  # fmt: skip
    record = origin_to_record(layers.origin)
    if layers.photo is not None:
        record["photo"] = f"photo{_suffix(record['photo'])}"
        with writing(folder / record["photo"]) as temporary:
            temporary.write_bytes(layers.photo)
    write_json(folder / RECORD, {**record, "layers": places}, indent=1)
    return [folder / FILES[layer.part] for layer in layers.drawn]


def read_layer_folder(folder: Path) -> LayerSet:
    """Read what is there; a layer that was taken away is as it was drawn. ValueError says what is wrong."""
    path = folder / RECORD
    if not path.is_file():
        raise ValueError(f"{folder} holds no {RECORD}: not a folder of layers; `layerpose layers PHOTO -o` writes one")
    try:
        record = json.loads(_read(path))
        origin = record_to_origin(record)
        places = mapping(record.get("layers"), "layers")
        drawn, edited = [], {}
        for part in (part for part in LAYERS if part in places):
            layer = _read_layer(folder, part, mapping(places[part], part))
            drawn.append(layer)
            if (folder / FILES[part]).exists():
                edited[part] = _on_canvas(open_png(_read(folder / FILES[part]), FILES[part]), layer, origin.canvas)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: {error}") from error
    photo = None
    if origin.photo is not None and (folder / Path(origin.photo).name).is_file():
        photo = (folder / Path(origin.photo).name).read_bytes()
    return LayerSet(origin=origin, drawn=tuple(drawn), edited=edited, photo=photo)


def _read_layer(folder: Path, part: str, place: dict[str, Any]) -> LayerPicture:
    left, top = numbers([place.get("left"), place.get("top")], 2, f"the place of {part!r}", "left and top in pixels")
    path = folder / DRAWN / FILES[part]
    return LayerPicture(part=part, left=int(left), top=int(top), picture=open_png(_read(path), f"{DRAWN}/{path.name}"))


def _on_canvas(picture: Image.Image, drawn: LayerPicture, size: int) -> Image.Image:
    """An edited picture, which may have been enlarged to the whole canvas."""
    if picture.size == (size, size):
        return picture
    if picture.size != drawn.picture.size:
        width, height = drawn.picture.size
        raise ValueError(
            f"{FILES[drawn.part]} has {picture.width} x {picture.height} pixels; expected {width} x {height}, as it "
            f"was drawn, or {size} x {size}, the whole canvas"
        )
    return place_picture(picture, drawn.left, drawn.top, size)


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"there is no {path.name} in {path.parent}; expected what `layerpose layers` has written")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes; expected at most {MOST_BYTES}")
    return path.read_bytes()


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix in SUFFIXES else ""
