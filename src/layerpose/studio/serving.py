"""An application -> served on a socket of this machine until Ctrl-C; its page's files are served as they are."""

from __future__ import annotations

import mimetypes
import socket
from collections.abc import Callable
from pathlib import Path

from fastapi.responses import FileResponse
from starlette.types import ASGIApp

FRESH = {"Cache-Control": "no-cache"}
"""A page's files are asked for again, so that a newer version is seen at once."""
LEAVING_S = 3
"""Ctrl-C waits so long for answers that are under way."""
mimetypes.add_type("text/javascript", ".js")


def serve_file(path: Path) -> Callable[[], FileResponse]:
    """A route that gives a file of the page."""
    return lambda: FileResponse(path, headers=FRESH)


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Answer until Ctrl-C."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=LEAVING_S)
    uvicorn.Server(config).run(sockets=[listener])
