"""Layers of a picture out, edited ones in: what was painted is bound to the body, and shows in every pose."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from layerpose.export.layered import LayerPicture, find_changes, layer_pictures, paint
from layerpose.maps.painting import Painting
from layerpose.media.photos.files import explaining
from layerpose.motion.pose_file import body_to_record, record_to_body
from layerpose.studio.drawing import Drawer, Wish, framed
from layerpose.studio.hearing import heard
from layerpose.studio.keeping import Store, open_store
from layerpose.studio.recent import Recent
from layerpose.studio.refusing import UnknownError
from layerpose.studio.telling import png
from layerpose.types import LAYERS, Body

PAINTINGS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A picture whose layers were taken out, as it is kept."""

    people: tuple[str, ...]
    body: Body
    layers: tuple[LayerPicture, ...]


class Layering:
    """All layers that were taken out, and what was painted on them."""

    def __init__(self, folder: Path, drawer: Drawer) -> None:
        self.drawer = drawer
        self.drawings: Store = open_store(folder / "drawings", "drawing")
        self.pictures: Store = open_store(folder / "layers", "layer")
        self.edits: Store = open_store(folder / "edits", "edited layer")
        self._latest = ""
        self._paintings: Recent[str, Painting] = Recent(PAINTINGS_AT_ONCE)

    def take_out(self, wish: Wish) -> tuple[str, tuple[LayerPicture, ...]]:
        """Draw a picture and keep its layers: the drawing's name, and the layers."""
        body = framed(self.drawer.people.get(wish.person).seen, wish.pose)
        layers = layer_pictures(self.drawer.transfer(wish))
        record = {
            "people": [wish.person, *wish.also],
            "body": body_to_record(body),
            "layers": [[one.part, one.left, one.top, self.pictures.keep(png(one.picture), ".png")] for one in layers],
        }
        self._latest = self.drawings.keep(json.dumps(record).encode(), ".json")
        return self._latest, layers

    def put_in(self, drawing: str, part: str, content: bytes) -> tuple[str, tuple[str, ...]]:
        """Keep an edited layer: its name, and warnings. ValueError for what is no picture of this layer.

        Without a drawing it is one of the last that was taken out.
        """
        drawing = drawing or self._latest
        if part not in LAYERS:
            raise UnknownError(f"there is no layer {part[:40]!r}; expected one of: {', '.join(LAYERS)}")
        with explaining("the edited layer"), Image.open(io.BytesIO(content), formats=("PNG",)) as opened:
            picture = png(_checked(opened, self.drawer.people.canvas))
        _, said = heard(lambda: self._changes(self._drawing(drawing), part, picture))
        record = {"drawing": drawing, "part": part, "picture": self.pictures.keep(picture, ".png")}
        return self.edits.keep(json.dumps(record).encode(), ".json"), said

    def painting(self, edit: str) -> Painting:
        """What an edited layer has that the drawn one had not, bound to the body. UnknownError if it is not here."""
        return self._paintings.recall(edit, lambda: self._paint(edit))

    def _paint(self, edit: str) -> Painting:
        record = json.loads(self.edits.load(edit))
        drawing = self._drawing(record["drawing"])
        picture = self.pictures.load(record["picture"])
        changes, _ = heard(lambda: self._changes(drawing, record["part"], picture))
        size = self.drawer.people.canvas
        return paint(self.drawer.model(size), self.drawer.view(drawing.people, size), drawing.body, changes)

    def _changes(self, drawing: Drawing, part: str, picture: bytes) -> dict[str, Any]:
        with Image.open(io.BytesIO(picture)) as edited, torch.inference_mode():
            return find_changes(drawing.layers, {part: edited.convert("RGBA")}, self.drawer.people.canvas)

    def _drawing(self, name: str) -> Drawing:
        record, layers = json.loads(self.drawings.load(name)), []
        for part, left, top, picture in record["layers"]:
            with Image.open(self.pictures.find(picture)) as opened:
                layers.append(LayerPicture(part=part, left=left, top=top, picture=opened.convert("RGBA")))
        body = record_to_body(record["body"])
        assert isinstance(body, Body), "a drawing has a camera"
        return Drawing(people=tuple(record["people"]), body=body, layers=tuple(layers))


def _checked(picture: Image.Image, canvas: int) -> Image.Image:
    """Not larger than a whole canvas, before it is unpacked."""
    if picture.width > canvas or picture.height > canvas:
        raise ValueError(
            f"the edited layer has {picture.width} x {picture.height} pixels; expected the size that it had, or "
            f"{canvas} x {canvas}"
        )
    return picture.convert("RGBA")
