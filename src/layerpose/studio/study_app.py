"""A study folder -> its web page: which result is the favourite? Methods are never named to the browser."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request
from fastapi import Path as Part
from fastapi.responses import Response
from pydantic import BaseModel, Field

from layerpose.evaluation.study import Study
from layerpose.evaluation.study_votes import Order, Votes
from layerpose.studio.guarding import HEADERS, Headers
from layerpose.studio.refusing import refusal
from layerpose.studio.serving import serve_file

HERE = Path(__file__).parent
PAGE = {"/": "study.html", "/look.css": "page/look.css", "/study.css": "study.css", "/study.js": "study.js"}
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
KEPT = "private, max-age=86400"
"""A picture's address belongs to one person, and what lies there never changes."""

Place = Annotated[int, Part(ge=0)]


class Choice(BaseModel):
    """What a person picked, as it was shown: place in their order, and which picture, both from 0."""

    voter: str
    place: int = Field(ge=0)
    choice: int = Field(ge=0)


def make_app(study: Study) -> FastAPI:
    """The page and what it asks for."""
    app, votes = FastAPI(title="layerpose study", docs_url=None, redoc_url=None, openapi_url=None), Votes(study)
    app.add_middleware(Headers, headers={**HEADERS, "Content-Security-Policy": POLICY})
    app.exception_handler(ValueError)(_say_what_failed)
    for address, name in PAGE.items():
        app.get(address)(serve_file(HERE / name))

    @app.get("/api/study")
    def about() -> dict[str, Any]:
        return {"study": study.name, "questions": len(study.pairs), "choices": len(study.methods)}

    @app.post("/api/voters", status_code=201)
    def start() -> dict[str, str]:
        return {"voter": votes.start()}

    @app.get("/api/voters/{voter}")
    def answered(voter: str) -> dict[str, Any]:
        _order(votes, voter)
        return {"answered": votes.answered(voter)}

    @app.post("/api/votes")
    def cast(body: Choice) -> dict[str, Any]:
        order = _order(votes, body.voter)
        _check(body.place < len(order.questions) and body.choice < len(study.methods))
        votes.cast(body.voter, body.place, body.choice)
        return {"answered": votes.answered(body.voter)}

    @app.get("/pictures/{voter}/{place}/{name}")
    def picture(voter: str, place: Place, name: str) -> Response:
        order = _order(votes, voter)
        _check(place < len(order.questions))
        file = study.picture(order.questions[place], _shown(order, place, name))
        return Response(file.read_bytes(), media_type="image/png", headers={"Cache-Control": KEPT})

    return app


def _shown(order: Order, place: int, name: str) -> str:
    """``source``, ``pose``, or a number as shown -> the picture's name in the folder."""
    if name in ("source", "pose"):
        return name
    _check(name.isdecimal() and len(name) < 4 and int(name) < len(order.methods[place]))
    return str(order.methods[place][int(name)])


def _order(votes: Votes, voter: str) -> Order:
    try:
        return votes.order(voter)
    except KeyError as error:
        raise HTTPException(404, "nobody of this name takes part in this study") from error


def _check(there: bool) -> None:
    if not there:
        raise HTTPException(404, "there is no such question or picture")


def _say_what_failed(_: Request, error: Exception) -> Response:
    return refusal(HTTPStatus.SERVICE_UNAVAILABLE, error)
