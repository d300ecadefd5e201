"""The page's state and its photos out as a file, and in again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from layerpose.studio.projects import MOST_PEOPLE, SUFFIX, open_project, pack_project
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.asked import Content, download
from layerpose.studio.routes.drawing import Text
from layerpose.studio.telling import tell_person


class ToPack(BaseModel):
    """What goes into a project's file."""

    project: dict[str, Any]
    people: list[Text] = Field(max_length=MOST_PEOPLE)


def project_routes(studio: Studio) -> APIRouter:
    """Everything under /api/projects."""
    router = APIRouter(prefix="/api/projects")

    @router.post("")
    def pack(asked: ToPack) -> Response:
        content = pack_project(asked.project, asked.people, studio.people)
        return download(content, "application/octet-stream", f"person{SUFFIX}")

    @router.post("/open")
    def unpack(content: Content) -> dict[str, Any]:
        project, people = open_project(content, studio.people)
        return {"project": project, "people": [tell_person(person) for person in people]}

    return router
