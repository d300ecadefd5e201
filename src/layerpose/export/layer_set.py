"""Layers on their way to a file and back: as they were drawn, as they were edited, and what is needed to fuse again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image

from layerpose.export.layered import LayerPicture, find_changes, layer_pictures
from layerpose.maps.painting import Change
from layerpose.media.photos.files import explaining
from layerpose.media.pictures import image_to_picture
from layerpose.motion.pose_file import body_to_record, check_names, mapping, numbers, record_to_body
from layerpose.types import LAYERS, Body, Transfer

FORMAT = 1
"""Version of the record, under the key `layerpose_layers`."""
KEYS = ("layerpose_layers", "canvas", "weights", "pose", "photo", "layers")
LARGEST_CANVAS = 8192
MOST_BYTES = 64 << 20
"""A picture's file that is larger than this is none of ours."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What the layers were drawn from."""

    canvas: int
    """Side in pixels."""
    weights: str
    """The model's fingerprint."""
    body: Body
    photo: str | None
    """What the photo's file was called, where it is kept with the layers."""


@dataclass(frozen=True, kw_only=True)
class LayerSet:
    """The layers of one drawing."""

    origin: Origin | None
    """None if the program that edited the layers did not keep it."""
    drawn: tuple[LayerPicture, ...]
    edited: Mapping[str, Image.Image] = field(default_factory=dict)
    """Pictures of the whole canvas, by part."""
    photo: bytes | None = None
    draft: Image.Image | None = None
    result: Image.Image | None = None

    @property
    def canvas(self) -> int | None:
        """Side in pixels, if it is known."""
        return None if self.origin is None else self.origin.canvas

    def changes(self, size: int, drawn: tuple[LayerPicture, ...] = ()) -> dict[str, Change]:
        """What was painted. `drawn` are the layers drawn again, for those that were lost."""
        found = {layer.part: layer for layer in (*drawn, *self.drawn)}
        return find_changes(tuple(found.values()), self.edited, size)


def to_layer_set(
    made: Transfer, body: Body, *, weights: str, photo: bytes | None = None, name: str | None = None
) -> LayerSet:  # fmt: skip
    """The layers of a transfer, with what they were drawn from; `photo` are the bytes of its file."""
    size = made.image.shape[-1]
    origin = Origin(canvas=size, weights=weights, body=body, photo=None if photo is None else name or "photo")
    draft = image_to_picture(made.coarse[:1]).resize((size, size), Image.Resampling.BILINEAR)
    return LayerSet(
        origin=origin, drawn=layer_pictures(made), photo=photo, draft=draft, result=image_to_picture(made.image[:1])
    )


def origin_to_record(origin: Origin) -> dict[str, Any]:
    """For a JSON file."""
    return {
        "layerpose_layers": FORMAT, "canvas": origin.canvas, "weights": origin.weights,
        "pose": body_to_record(origin.body), "photo": origin.photo,
    }  # fmt: skip


def record_to_origin(record: Any) -> Origin:
    """The inverse. ValueError says what is wrong."""
    if not isinstance(record, dict) or record.get("layerpose_layers") != FORMAT:
        raise ValueError(f'"layerpose_layers" is missing or not {FORMAT}; expected layers of `layerpose layers`')
    check_names(record, KEYS, "key")
    [canvas] = numbers([record.get("canvas")], 1, '"canvas"', "pixels")
    if not 0 < canvas <= LARGEST_CANVAS or canvas != int(canvas):
        raise ValueError(f'"canvas" is {canvas}; expected a whole number of pixels up to {LARGEST_CANVAS}')
    body = record_to_body(mapping(record.get("pose"), "pose"))
    if not isinstance(body, Body):
        raise ValueError('"pose" has no phenotype and camera; expected the body whose layers these are')
    photo = record.get("photo")
    if photo is not None and not isinstance(photo, str):
        raise ValueError(f'"photo" is {photo!r:.40}; expected a file\'s name or null')
    return Origin(canvas=int(canvas), weights=str(record.get("weights"))[:64], body=body, photo=photo)


def open_png(content: bytes, name: str) -> Image.Image:
    """A layer as any program saved it. ValueError if it is no picture or too large a one."""
    with explaining(name):
        picture = Image.open(BytesIO(content), formats=("PNG",))
        if max(picture.size) > LARGEST_CANVAS:
            raise ValueError(f"{picture.width} x {picture.height} pixels; expected at most {LARGEST_CANVAS} a side")
        return picture.convert("RGBA")


def title_of(part: str) -> str:
    """What a part's layer is called for people."""
    return part.replace("_", " ")


TITLES = {title_of(part): part for part in LAYERS}
