"""The library's poses, with a picture of each."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from layerpose.studio.posing import list_poses, tell_pose
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.asked import answer


def pose_routes(studio: Studio) -> APIRouter:
    """Everything under /api/poses."""
    router = APIRouter(prefix="/api/poses")

    @router.get("")
    def poses() -> list[dict[str, str]]:
        return list_poses()

    @router.get("/{name}.png")
    def picture(name: str) -> Response:
        return answer(studio.thumbnails.picture(name), "image/png")

    @router.get("/{name}")
    def pose(name: str) -> dict[str, Any]:
        return tell_pose(name)

    return router
