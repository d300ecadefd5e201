"""A crew -> the web application of the service: what other programs may ask, and how (docs/serve.md)."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from starlette.datastructures import Headers as Sent
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layerpose import __version__
from layerpose.service.crew import Answer, Crew
from layerpose.service.metrics import Metrics
from layerpose.service.results import Results
from layerpose.studio.guarding import HEADERS, MEGABYTE, Guard, Headers, Limits
from layerpose.studio.jobs import Jobs, Report
from layerpose.studio.posing import list_poses
from layerpose.studio.refusing import UnknownError, refusal, say_what_is_wrong
from layerpose.studio.routes.asked import Id
from layerpose.studio.routes.jobs import job_routes

LARGEST = 64 * MEGABYTE
OPEN = ("/healthz",)
"""Needs no token."""
Photo = Annotated[str, Field(description="The photo's bytes in base64.", max_length=LARGEST)]


class FileAsked(BaseModel):
    """A file of a pose or a motion, of any program that `layerpose convert` reads."""

    model_config = ConfigDict(extra="forbid")
    file: Annotated[str, Field(description="The file's bytes in base64.")]
    name: Annotated[str, Field(max_length=200, description="What the file is called: its ending counts.")] = ""
    frame: Annotated[int, Field(ge=0, description="Of a motion, where a pose is wanted.")] = 0


class PoseAsked(BaseModel):
    """A pose file's content (docs/pose-format.md)."""

    model_config = ConfigDict(extra="allow")
    layerpose_pose: int


Posed = Annotated[str | FileAsked | PoseAsked, Field(description="A name of GET /v1/poses, a pose, or a file.")]


class TransferAsked(BaseModel):
    """The person of a photo in a pose."""

    model_config = ConfigDict(extra="forbid")
    photo: Photo
    pose: Posed
    also: list[Photo] = Field(default=[], max_length=8)
    size: int = 1024
    background: Annotated[str, Field(max_length=100, description="keep, transparent or #rrggbb")] = "#808080"


class FitAsked(BaseModel):
    """The body of the person in a photo."""

    model_config = ConfigDict(extra="forbid")
    photo: Photo


class MapsAsked(BaseModel):
    """The maps of the person of a photo, in its own pose or in another."""

    model_config = ConfigDict(extra="forbid")
    photo: Photo
    pose: Posed | None = None
    size: int = 1024


class AnimationAsked(BaseModel):
    """The person of a photo performing a motion."""

    model_config = ConfigDict(extra="forbid")
    photo: Photo
    motion: str | FileAsked
    also: list[Photo] = Field(default=[], max_length=8)
    fps: Annotated[FiniteFloat, Field(ge=1, le=60)] | None = None
    size: int = 512
    background: Annotated[str, Field(max_length=100)] = "keep"
    format: Literal["mp4", "webm", "webp"] = "mp4"


@dataclass(frozen=True, kw_only=True)
class Service:
    """What the routes ask."""

    crew: Crew
    results: Results
    jobs: Jobs
    metrics: Metrics
    weights: str
    """The model's fingerprint."""

    def answer(self, kind: str, request: dict[str, Any]) -> Response:
        """Have a task done, unless the same was done lately."""
        key = self.results.key(kind, request, self.weights)
        found = self.results.find(key)
        if found is None:
            found = self.crew.do(kind, request)
            self.results.keep(key, found)
        else:
            self.metrics.reuse()
        return _respond(found, key)


def open_service(folder: Path, crew: Crew, weights: str) -> Service:
    """The service of a folder, in which results and jobs are kept."""

    def animate(request: dict[str, Any], out: Path, report: Report) -> Path:
        made = crew.do("animate", {**request, "folder": str(out)}, report)
        return out / made.content.decode()

    return Service(
        crew=crew, results=Results(folder / "results"), jobs=Jobs(folder / "jobs", animate), metrics=Metrics(),
        weights=weights,
    )  # fmt: skip


def make_app(service: Service, *, host: str, port: int, token: str | None) -> FastAPI:
    """The routes, guarded: by the token where there is one, else by the address that was called."""
    app = FastAPI(title="layerpose", version=__version__, docs_url=None, redoc_url=None)
    say_what_is_wrong(app)
    if token is None:
        app.add_middleware(Guard, host=host, port=port, limits=Limits(larger={"/v1/": 2 * LARGEST}))
    else:
        app.add_middleware(TokenGuard, host=host, port=port, limits=Limits(larger={"/v1/": 2 * LARGEST}), token=token)
    app.add_middleware(Counted, metrics=service.metrics)
    app.add_middleware(Headers, headers={**HEADERS, "Content-Security-Policy": "default-src 'none'"})
    _add_drawing(app, service)
    _add_jobs(app, service)
    _add_state(app, service)
    return app


def _add_drawing(app: FastAPI, service: Service) -> None:
    pictures: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}

    @app.post("/v1/transfer", response_class=Response, responses=pictures)
    def transfer(asked: TransferAsked) -> Response:
        return service.answer("transfer", asked.model_dump())

    @app.post("/v1/fit")
    def fit(asked: FitAsked) -> Response:
        return service.answer("fit", asked.model_dump())

    @app.post("/v1/maps")
    def maps(asked: MapsAsked) -> Response:
        return service.answer("maps", asked.model_dump())

    @app.get("/v1/results/{key}")
    def result(key: Id) -> Response:
        found = service.results.find(key)
        if found is None:
            raise UnknownError(f"there is no result {key!r}, or no longer; ask for it again")
        return _respond(found, key)

    @app.get("/v1/poses")
    def poses() -> list[dict[str, str]]:
        return list_poses()


def _add_jobs(app: FastAPI, service: Service) -> None:
    jobs = service.jobs

    @app.post("/v1/animate", status_code=202)
    def animate(asked: AnimationAsked) -> dict[str, str]:
        return {"job": jobs.start(asked.model_dump())}

    app.include_router(job_routes(jobs, prefix="/v1"))


def _add_state(app: FastAPI, service: Service) -> None:
    crew = service.crew

    @app.get("/healthz")
    def health() -> Response:
        if not crew.alive:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "no process lives")
        return PlainTextResponse("ok\n")

    @app.get("/metrics")
    def metrics() -> Response:
        text = service.metrics.to_text(waiting=crew.waiting, workers=crew.alive, restarts=crew.restarts)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(_draw_docs(app.openapi()))


def _respond(answer: Answer, key: str) -> Response:
    return Response(answer.content, media_type=answer.kind, headers={**answer.headers, "X-Result": key})


def _draw_docs(schema: dict[str, Any]) -> str:
    """A plain page of what may be asked; the whole truth is in /openapi.json."""
    lines = [
        f"<li><code>{method.upper()} {escape(path)}</code> {escape(told.get('summary', ''))}"
        for path, methods in schema["paths"].items()
        for method, told in methods.items()
    ]
    return (
        "<!doctype html><meta charset=utf-8><title>layerpose</title><h1>layerpose</h1>"
        f"<ul>{''.join(lines)}</ul><p><a href='/openapi.json'>openapi.json</a>"
    )


class TokenGuard(Guard):
    """Lets in whoever knows the token, by whatever name this machine is called: pages elsewhere do not know it."""

    def __init__(self, app: ASGIApp, *, host: str, port: int, limits: Limits, token: str) -> None:
        super().__init__(app, host=host, port=port, limits=limits)
        self.token = token

    def is_own(self, host: str) -> bool:
        """Behind a proxy the server has any name."""
        return bool(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "http" and scope["path"] not in OPEN:
            given = Sent(scope=scope).get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
                told = {"WWW-Authenticate": "Bearer"}
                await refusal(HTTPStatus.UNAUTHORIZED, "expected Authorization: Bearer TOKEN", told)(
                    scope, receive, send
                )
                return
        await super().__call__(scope, receive, send)


class Counted:
    """Counts every request of an application."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        begun, status = time.monotonic(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            if scope["type"] == "http":
                path = getattr(scope.get("route"), "path", "other")
                self.metrics.count(path, status, time.monotonic() - begun)
