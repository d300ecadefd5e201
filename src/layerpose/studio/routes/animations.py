"""Key poses in, a job out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, FiniteFloat

from layerpose.studio.animating import Kind, check_animation
from layerpose.studio.keys import Ease
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.drawing import Picture, Text
from layerpose.studio.routes.jobs import job_routes

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

    router.include_router(job_routes(jobs, prefix=""))
    return router
