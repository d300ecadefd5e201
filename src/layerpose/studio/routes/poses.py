"""Poses of the library, files of poses in, files for other programs out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from layerpose.studio.posing import library_record, list_hands, list_poses
from layerpose.studio.rooms import WATCH, Studio
from layerpose.studio.routes.asked import Content, FileName, Id, answer, download, read_body
from layerpose.studio.writing import Format, write_body

Frame = Annotated[int, Query(ge=0, lt=10**9)]


class ToWrite(BaseModel):
    """A body, and whose it is."""

    person: str | None = Field(default=None, max_length=64)
    body: Any


class ToWatch(BaseModel):
    """A part of a video that becomes a motion."""

    video: str = Field(max_length=64)
    name: str = Field(default="video", max_length=80)
    first: int = Field(default=0, ge=0, lt=10**9)
    end: int = Field(ge=1, lt=10**9)


def pose_routes(studio: Studio) -> APIRouter:
    """Everything about poses that is not drawn."""
    router = APIRouter(prefix="/api")

    @router.get("/poses")
    def poses() -> list[dict[str, str]]:
        return list_poses()

    @router.get("/hands")
    def hands() -> dict[str, dict[str, Any]]:
        return list_hands()

    @router.get("/poses/{name}.png")
    def picture(name: str) -> Response:
        return answer(studio.thumbnails.picture(name), "image/png")

    @router.get("/poses/{name}")
    def pose(name: str) -> dict[str, Any]:
        return library_record(name)

    @router.post("/files")
    def read(content: Content, name: FileName = "") -> dict[str, Any]:
        return studio.files.welcome(content, name)

    @router.post("/videos", status_code=202)
    def watch(asked: ToWatch) -> dict[str, str]:
        studio.files.check_video(asked.video, asked.first, asked.end)
        return {"job": studio.jobs.start({"task": WATCH, **asked.model_dump()})}

    @router.get("/motions/{motion}")
    def frames(
        motion: Id, first: Frame = 0, end: Frame | None = None, step: Annotated[int, Query(ge=1, lt=10**6)] = 1,
        person: Annotated[str | None, Query(max_length=64)] = None,
    ) -> dict[str, Any]:  # fmt: skip
        shape = None if person is None else studio.people.get(person).seen.body.phenotype
        return studio.files.motion(motion, shape, first=first, end=end, step=step)

    @router.post("/write")
    def write(asked: ToWrite, format: Format) -> Response:
        body, person = read_body(asked.body), asked.person
        if person is None or format != "glb":
            written = write_body(body, format, None)
        else:
            size = studio.people.canvas
            written = studio.line.do(lambda _: write_body(body, format, studio.drawer.view((person,), size)))
        return download(written.content, written.kind, written.name)

    return router
