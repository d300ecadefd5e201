"""Jobs: how far they are, asked or listened to; cancelled; what they made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response, StreamingResponse

from layerpose.studio.jobs import Jobs, Progress
from layerpose.studio.routes.asked import Id

KINDS = {
    ".mp4": "video/mp4", ".webm": "video/webm", ".webp": "image/webp", ".gif": "image/gif", ".zip": "application/zip",
    ".json": "application/json",
}  # fmt: skip
FORGOTTEN = {"Cache-Control": "no-store"}
LOOK_S, ALIVE_S = 0.2, 15.0
"""How often a job is looked at for those who listen, and when they are told that nothing is new."""


def job_routes(jobs: Jobs, *, prefix: str) -> APIRouter:
    """Under `prefix`: /jobs."""
    router = APIRouter(prefix=prefix)

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
    def made(job: Id) -> Response:
        path = jobs.result(job)
        return FileResponse(path, media_type=KINDS[path.suffix], filename=path.name, headers=FORGOTTEN)

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
