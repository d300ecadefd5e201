"""Bodies in, pictures out."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from layerpose.studio.drawing import Wish
from layerpose.studio.layering import Layering
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.asked import Content, FileName, read_body
from layerpose.studio.telling import png
from layerpose.types import LAYERS

Text = Annotated[str, Field(max_length=64)]


class Picture(BaseModel):
    """A picture that was sent before."""

    picture: Text


class Asked(BaseModel):
    """A picture that is wanted."""

    person: Text
    also: list[Text] = Field(default=[], max_length=8)
    body: Any
    size: int
    background: Text | Picture = "transparent"
    tab: Text = ""
    serial: int = Field(default=0, ge=0, lt=2**53)
    layers: dict[Text, Text] = Field(default={}, max_length=len(LAYERS))
    """Part -> its edited layer."""

    def to_wish(self, layering: Layering) -> Wish:
        """In the studio's own words."""
        behind = self.background if isinstance(self.background, str) else self.background.picture
        return Wish(
            person=self.person, also=tuple(self.also), pose=read_body(self.body), size=self.size, background=behind,
            paintings=tuple(layering.painting(edit) for edit in self.layers.values()),
        )  # fmt: skip


def drawing_routes(studio: Studio) -> APIRouter:
    """/api/draw, and pictures for behind the people."""
    router = APIRouter(prefix="/api")

    @router.post("/draw")
    def draw(asked: Asked) -> Response:
        start, wish = time.perf_counter(), asked.to_wish(studio.layering)
        content = studio.line.do(lambda check: png(studio.drawer.draw(wish, check)), asked.tab, asked.serial)
        seconds = f"{time.perf_counter() - start:.3f}"
        return Response(content, media_type="image/png", headers={"X-Seconds": seconds, "Cache-Control": "no-store"})

    @router.post("/pictures", status_code=201)
    def keep(content: Content, name: FileName = "") -> dict[str, str]:
        return {"picture": studio.keep_picture(content, name)}

    return router
