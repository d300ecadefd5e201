"""Requests -> only those that a page of this server, or a program on purpose, may have sent; every answer is guarded.

The name by which the server was called must be its own: a page elsewhere that points its own name to this machine
(DNS rebinding) is turned away. What changes anything must come from a page of this server. Nothing larger or slower
than expected is taken in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import HTTPException
from starlette.datastructures import Headers as Sent
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layerpose.studio.refusing import refusal

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
SAFE = ("GET", "HEAD", "OPTIONS")
LOCAL = ("localhost", "127.0.0.1", "::1")
ANYWHERE = ("0.0.0.0", "::")
KILOBYTE, MEGABYTE = 1 << 10, 1 << 20
SLOWEST_S = 120.0
"""A body that is not there after so long is not waited for."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many bytes a request may bring along."""

    usual: int = MEGABYTE
    larger: Mapping[str, int] = field(default_factory=dict)
    """By the beginning of the path; the first that fits counts."""

    def of(self, path: str) -> int:
        """For one path."""
        return next((limit for start, limit in self.larger.items() if path.startswith(start)), self.usual)


class Headers:
    """Lets every answer of an application have the same headers."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self.app, self.headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, answer)


class Guard:
    """Stands before an application."""

    def __init__(self, app: ASGIApp, *, host: str, port: int, limits: Limits) -> None:
        self.app, self.host, self.port = app, host, port
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        found = self._find_fault(scope)
        if found is not None:
            await refusal(*found)(scope, receive, send)
            return
        await self.app(scope, _limited(receive, self.limits.of(scope["path"])), send)

    def _find_fault(self, scope: Scope) -> tuple[int, str] | None:
        headers = Sent(scope=scope)
        host = headers.get("host", "")
        if not self.is_own(host):
            return HTTPStatus.FORBIDDEN, f"this server is not called {host!r}; open it by the address that it printed"
        if scope["method"] not in SAFE and not _is_same_origin(headers, host):
            return HTTPStatus.FORBIDDEN, f"a page of {headers.get('origin')!r} may not ask for this here"
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared[:18]) > self.limits.of(scope["path"]):
            return _too_large(self.limits.of(scope["path"]))
        return None

    def is_own(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name, port = split_host(host)
        if port not in (None, self.port):
            return False
        if name == self.host or (self.host in (*LOCAL, *ANYWHERE) and name in LOCAL):
            return True
        return self.host in ANYWHERE and (_is_address(name) or name == socket.gethostname().lower())


def split_host(host: str) -> tuple[str, int | None]:
    """``localhost:8017`` -> name and port; ``[::1]:8017`` too."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or "]" in port:
        return host.lower().strip("[]"), None
    return name.strip("[]"), int(port[:6]) if port.isdecimal() else -1


def _is_same_origin(headers: Sent, host: str) -> bool:
    """Browsers say where a page is from; programs say nothing, and are nobody's page."""
    origin = headers.get("origin")
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none") and (
        origin is None or origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
    )


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def _limited(receive: Receive, limit: int) -> Receive:
    """The request's body, up to so many bytes and in time."""
    total, whole, end = 0, False, asyncio.get_running_loop().time() + SLOWEST_S

    async def take() -> Message:
        nonlocal total, whole
        if whole:
            return await receive()
        try:
            left = end - asyncio.get_running_loop().time()
            message = await asyncio.wait_for(receive(), max(left, 0.0))
        except TimeoutError as error:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly") from error
        total += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if total > limit:
            raise HTTPException(*_too_large(limit))
        return message

    return take


def _too_large(limit: int) -> tuple[int, str]:
    size = f"{limit // MEGABYTE} MB" if limit >= MEGABYTE else f"{limit // KILOBYTE} KB"
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"that is too large; expected at most {size}"
