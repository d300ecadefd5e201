"""A studio -> its web application: the page, and what it asks for (docs/studio.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from layerpose import __version__
from layerpose.runtime.workers import count_cores
from layerpose.studio.guarding import HEADERS, MEGABYTE, Guard, Headers, Limits
from layerpose.studio.refusing import say_what_is_wrong
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.animations import animation_routes
from layerpose.studio.routes.drawing import drawing_routes
from layerpose.studio.routes.layers import layer_routes
from layerpose.studio.routes.people import people_routes
from layerpose.studio.routes.poses import pose_routes
from layerpose.studio.routes.projects import project_routes
from layerpose.studio.routes.sights import sight_routes
from layerpose.studio.serving import FRESH

PAGE = Path(__file__).parent / "page"
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
LARGER = ("/api/people", "/api/sights", "/api/pictures")
LIMITS = Limits(
    larger={
        **dict.fromkeys(LARGER, 64 * MEGABYTE), "/api/projects/open": 512 * MEGABYTE,
        "/api/files": 256 * MEGABYTE, "/api/layers/": 32 * MEGABYTE, "/api/projects": 16 * MEGABYTE,
        "/api/animations": 16 * MEGABYTE,
    }
)  # fmt: skip


def make_app(studio: Studio, *, host: str, port: int) -> FastAPI:
    """The page and what it asks for, for a server that is called by this address."""
    app = FastAPI(title="layerpose studio", docs_url=None, redoc_url=None, openapi_url=None)
    say_what_is_wrong(app)
    app.add_middleware(Guard, host=host, port=port, limits=LIMITS)
    app.add_middleware(Headers, headers={**HEADERS, "Content-Security-Policy": POLICY})
    for router in (
        people_routes, sight_routes, drawing_routes, pose_routes, animation_routes, project_routes, layer_routes,
    ):  # fmt: skip
        app.include_router(router(studio))

    @app.get("/api/about")
    def about() -> dict[str, Any]:
        return {
            "version": __version__, "fingerprint": studio.fingerprint, "canvas": studio.people.canvas,
            "sizes": studio.drawer.sizes, "cores": count_cores(), "example": studio.example,
            "photo": studio.photo,
        }  # fmt: skip

    @app.get("/")
    def page() -> Response:
        if not (PAGE / "index.html").exists():
            return HTMLResponse("<!doctype html><title>layerpose studio</title><p>The page is not there yet.")
        return FileResponse(PAGE / "index.html", headers=FRESH)

    if PAGE.is_dir():
        app.mount("/page", StaticFiles(directory=PAGE))
    return app
