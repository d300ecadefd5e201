"""Key poses in, jobs and their videos out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import BaseModel, Field, FiniteFloat

from layerpose.studio.animating import Kind, check_animation
from layerpose.studio.jobs import Jobs, Progress
from layerpose.studio.keys import Ease
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.asked import Id
from layerpose.studio.routes.drawing import Picture, Text

KINDS = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif", ".zip": "application/zip"}
FORGOTTEN = {"Cache-Control": "no-store"}
LOOK_S, ALIVE_S = 0.2, 15.0
"""How often a job is looked at for those who listen, and when they are told that nothing is new."""
MOST_KEYS = 500


class KeyAsked(BaseModel):
    """A key pose."""

    time: Annotated[FiniteFloat, Field(ge=0, le=3600)]
    body: Any
    ease: Ease = "linear"


class AnimationAsked(BaseModel):
    """A video that is wanted."""

    person: Text
    also: list[Text] = Field(default=[], max_length=8)
    keys: list[KeyAsked] = Field(max_length=MOST_KEYS)
    fps: FiniteFloat = 24
    size: int = 512
    background: Text | Picture = "keep"
    format: Kind = "mp4"

    def to_request(self) -> dict[str, Any]:
        """In the words of `studio.animating`."""
        behind = self.background if isinstance(self.background, str) else self.background.picture
        return {**self.model_dump(), "background": behind}


def animation_routes(studio: Studio) -> APIRouter:
    """/api/animations and /api/jobs."""
    router, jobs = APIRouter(prefix="/api"), studio.jobs

    @router.post("/animations", status_code=202)
    def start(asked: AnimationAsked) -> dict[str, str]:
        request = asked.to_request()
        check_animation(request)
        studio.drawer.check(asked.size, (asked.person, *asked.also), request["background"])
        return {"job": jobs.start(request)}

    @router.get("/jobs/{job}")
    def progress(job: Id) -> dict[str, Any]:
        return tell_progress(jobs.progress(job))

    @router.get("/jobs/{job}/events")
    def events(job: Id) -> Response:
        jobs.progress(job)
        return StreamingResponse(listen(jobs, job), media_type="text/event-stream", headers=FORGOTTEN)

    @router.delete("/jobs/{job}")
    def cancel(job: Id) -> dict[str, Any]:
        jobs.cancel(job)
        return tell_progress(jobs.progress(job))

    @router.get("/jobs/{job}/result")
    def result(job: Id) -> Response:
        path = jobs.result(job)
        return FileResponse(
            path, media_type=KINDS[path.suffix], filename=path.name, headers={"Cache-Control": "no-store"}
        )

    return router


def tell_progress(progress: Progress) -> dict[str, Any]:
    """How far a job is."""
    return {name: value for name, value in vars(progress).items() if name != "result"}


async def listen(jobs: Jobs, job: str) -> AsyncIterator[str]:
    """Server-sent events: the progress whenever it changes, until the end."""
    seen, quiet = None, 0.0
    while seen is None or not seen.ended:
        found = await run_in_threadpool(jobs.progress, job)
        if found != seen:
            seen, quiet = found, 0.0
            yield f"data: {json.dumps(tell_progress(found))}\n\n"
            continue
        await asyncio.sleep(LOOK_S)
        quiet += LOOK_S
        if quiet >= ALIVE_S:
            quiet = 0.0
            yield ": still there\n\n"
