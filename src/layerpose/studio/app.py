"""A studio -> its web application: the page, and what it asks for (docs/studio.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from layerpose import __version__
from layerpose.studio.guarding import HEADERS, MEGABYTE, Guard, Headers, Limits
from layerpose.studio.refusing import say_what_is_wrong
from layerpose.studio.rooms import Studio
from layerpose.studio.routes.drawing import drawing_routes
from layerpose.studio.routes.people import people_routes
from layerpose.studio.routes.poses import pose_routes
from layerpose.studio.serving import FRESH
from layerpose.workers import count_cores

PAGE = Path(__file__).parent / "page"
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
LIMITS = Limits(larger={"/api/people": 64 * MEGABYTE, "/api/pictures": 64 * MEGABYTE})


def make_app(studio: Studio, *, host: str, port: int) -> FastAPI:
    """The page and what it asks for, for a server that is called by this address."""
    app = FastAPI(title="layerpose studio", docs_url=None, redoc_url=None, openapi_url=None)
    say_what_is_wrong(app)
    app.add_middleware(Guard, host=host, port=port, limits=LIMITS)
    app.add_middleware(Headers, headers={**HEADERS, "Content-Security-Policy": POLICY})
    for router in (people_routes, drawing_routes, pose_routes):
        app.include_router(router(studio))

    @app.get("/api/about")
    def about() -> dict[str, Any]:
        return {
            "version": __version__, "fingerprint": studio.fingerprint, "canvas": studio.people.canvas,
            "sizes": sorted(studio.drawer.models), "cores": count_cores(), "example": studio.example,
            "photo": studio.photo,
        }  # fmt: skip

    @app.get("/")
    def page() -> Response:
        if not (PAGE / "index.html").exists():
            return HTMLResponse("<!doctype html><title>layerpose studio</title><p>The page is not there yet.")
        return FileResponse(PAGE / "index.html", headers=FRESH)

    app.mount("/page", StaticFiles(directory=PAGE, check_dir=False))
    return app
