"""Layers of a picture out, edited ones in."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from layerpose.studio.drawing import Wish
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.asked import Content, Id, read_body
from layerpose.studio.routes.drawing import Text
from layerpose.studio.telling import png


class LayersAsked(BaseModel):
    """A picture whose layers are wanted."""

    person: Text
    also: list[Text] = Field(default=[], max_length=8)
    body: Any


def layer_routes(studio: Studio) -> APIRouter:
    """Everything under /api/layers."""
    router = APIRouter(prefix="/api/layers")

    @router.post("")
    def take_out(asked: LayersAsked) -> dict[str, Any]:
        wish = Wish(person=asked.person, also=tuple(asked.also), pose=read_body(asked.body), size=studio.people.canvas)
        drawing, layers = studio.line.do(lambda _: studio.layering.take_out(wish))
        told = [
            {"part": one.part, "box": [one.left, one.top, *one.picture.size], "picture": _data_url(png(one.picture))}
            for one in layers
        ]
        return {"drawing": drawing, "layers": told}

    @router.post("/{part}", status_code=201)
    def put_in(part: Id, content: Content, drawing: Annotated[str, Query(max_length=64)] = "") -> dict[str, Any]:
        edit, doubts = studio.layering.put_in(drawing, part, content)
        return {"edit": edit, "doubts": list(doubts)}

    return router


def _data_url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()
