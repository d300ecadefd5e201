"""Photos that the fit refused: who is seen in them, and people made of them with a little help."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from layerpose.studio.rooms import Studio
from layerpose.studio.routes.asked import Content, FileName, Id, Meant, answer, answer_photo, read_data
from layerpose.studio.routes.people import PNG, Mended
from layerpose.studio.sights import tell_sight
from layerpose.studio.telling import tell_person


def sight_routes(studio: Studio) -> APIRouter:
    """Everything under /api/sights."""
    router, sights = APIRouter(prefix="/api/sights"), studio.sights

    @router.post("", status_code=201)
    def look(content: Content, name: FileName = "") -> dict[str, Any]:
        return tell_sight(sights, sights.look(content, name))

    @router.get("/{sight}/photo")
    def photo(sight: Id) -> Response:
        return answer_photo(sights.get(sight).photo)

    @router.get("/{sight}/person")
    def who(sight: Id, person: Meant) -> dict[str, Any]:
        return sights.tell_person(sight, person)

    @router.get("/{sight}/mask.png")
    def mask(sight: Id, person: Meant) -> Response:
        return answer(sights.mask(sight, person), PNG)

    @router.post("/{sight}/mend", status_code=201)
    def mend(sight: Id, person: Meant, asked: Mended) -> dict[str, Any]:
        painted = None if asked.mask is None else read_data(asked.mask)
        return tell_person(sights.mend(sight, person, asked.landmarks, painted))

    @router.delete("/{sight}")
    def forget(sight: Id) -> dict[str, str]:
        sights.forget(sight)
        return {}

    return router
