"""Photos in, people out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, FiniteFloat

from layerpose.studio.rooms import Studio
from layerpose.studio.routes.asked import Content, FileName, Id, Meant, answer, answer_photo, read_data
from layerpose.studio.telling import body_glb, canvas_jpeg, mask_png, tell_person

PNG, JPEG = "image/png", "image/jpeg"


class Mended(BaseModel):
    """What a person has put right: landmarks in pixels of the photo, and a mask of the canvas as a data URL."""

    landmarks: dict[str, tuple[FiniteFloat, FiniteFloat]] = {}
    mask: str | None = None


def people_routes(studio: Studio) -> APIRouter:
    """Everything under /api/people."""
    router, people = APIRouter(prefix="/api/people"), studio.people

    @router.post("", status_code=201)
    def welcome(content: Content, name: FileName = "", person: Meant = "") -> dict[str, Any]:
        return tell_person(people.welcome(content, name, person or None))

    @router.get("/{person}")
    def tell(person: Id) -> dict[str, Any]:
        return tell_person(people.get(person))

    @router.post("/{person}/mend", status_code=201)
    def mend(person: Id, asked: Mended) -> dict[str, Any]:
        mask = None if asked.mask is None else read_data(asked.mask)
        return tell_person(people.mend(person, asked.landmarks, mask))

    @router.get("/{person}/photo")
    def photo(person: Id) -> Response:
        return answer_photo(people.get(person).photo)

    @router.get("/{person}/canvas.jpg")
    def canvas(person: Id) -> Response:
        return answer(canvas_jpeg(people.get(person)), JPEG)

    @router.get("/{person}/mask.png")
    def mask(person: Id) -> Response:
        return answer(mask_png(people.get(person)), PNG)

    @router.get("/{person}/body.glb")
    def body(person: Id) -> Response:
        def make() -> bytes:
            who, size = people.get(person), studio.people.canvas
            return studio.line.do(lambda _: body_glb(who, studio.drawer.view((person,), size)))

        return answer(studio.bodies.recall(person, make), "model/gltf-binary")

    return router
