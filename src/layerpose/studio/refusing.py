"""What went wrong -> a status and one line: everything that is refused says what was found and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from layerpose.runtime.saying import one_line

if TYPE_CHECKING:  # the processes of the service refuse too, and answer nobody themselves
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse, Response


class RefusedError(ValueError):
    """A refusal that is not simply a bad request."""

    status = HTTPStatus.BAD_REQUEST


class UnknownError(RefusedError):
    """There is no such thing here, or no longer."""

    status = HTTPStatus.NOT_FOUND


class SupersededError(RefusedError):
    """A newer wish has taken this one's place."""

    status = HTTPStatus.CONFLICT


class NotYetError(RefusedError):
    """What is asked for is not made, or not made yet."""

    status = HTTPStatus.CONFLICT


class BusyError(RefusedError):
    """Too much is waiting already."""

    status = HTTPStatus.TOO_MANY_REQUESTS


def say_what_is_wrong(app: FastAPI) -> None:
    """Make every refusal of an application ``{"detail": one line}``."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    app.exception_handler(RefusedError)(_refuse)
    app.exception_handler(ValueError)(_refuse)
    app.exception_handler(OSError)(_disk_refuses)
    app.exception_handler(HTTPException)(_http_refuses)
    app.exception_handler(RequestValidationError)(_form_refuses)
    app.exception_handler(Exception)(_fail)


def refusal(status: int, message: object, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer."""
    from fastapi.responses import JSONResponse

    return JSONResponse({"detail": one_line(message)}, status_code=status, headers=headers)


def _refuse(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, RefusedError) else HTTPStatus.BAD_REQUEST
    return refusal(status, error, {"Retry-After": "1"} if isinstance(error, BusyError) else None)


def _disk_refuses(_: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)
    return refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"the disk refused ({error.strerror or error}); make room")


def _http_refuses(_: Request, error: Exception) -> Response:
    from starlette.exceptions import HTTPException

    assert isinstance(error, HTTPException)
    return refusal(error.status_code, error.detail, error.headers)


def _form_refuses(_: Request, error: Exception) -> Response:
    from fastapi.exceptions import RequestValidationError

    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(step) for step in first["loc"][1:]) or "the request"
    return refusal(HTTPStatus.BAD_REQUEST, f"{place}: {first['msg']}")


def _fail(_: Request, error: Exception) -> Response:
    return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"something went wrong here ({type(error).__name__})")
