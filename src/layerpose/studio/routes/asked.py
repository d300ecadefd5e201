"""What requests bring along: raw bytes of a file, and bodies in JSON."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.responses import Response
from PIL.Image import Image

from layerpose.motion.pose_file import record_to_body
from layerpose.studio.telling import photo_bytes
from layerpose.types import Body, Pose

KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
"""What lies under an id never changes."""


async def _read(request: Request) -> bytes:
    return await request.body()


Content = Annotated[bytes, Depends(_read)]
Meant = Annotated[str, Query(max_length=80)]
"""Who is meant of several: a number, or a box (`estimation.mend`)."""
FileName = Annotated[str, Query(max_length=1000)]
Id = Annotated[str, Path(max_length=40)]


def read_body(record: Any) -> Pose | Body:
    """A pose in transit. ValueError says what is wrong with it."""
    try:
        return record_to_body(record)
    except ValueError as error:
        raise ValueError(f"body: {error}") from error


def read_data(url: str) -> bytes:
    """The bytes of a data URL with a PNG."""
    start, comma, content = url.partition(",")
    if not comma or not start.startswith("data:image/png") or not start.endswith(";base64"):
        raise ValueError(f"found {url[:30]!r}; expected a picture as data:image/png;base64,...")
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise ValueError(f"the picture is damaged ({error}); send it again") from error


def answer(content: bytes, kind: str, **headers: str) -> Response:
    """A file that stays what it is."""
    return Response(content, media_type=kind, headers={**KEPT, **headers})


def answer_photo(photo: Image) -> Response:
    """A photo as the page shows it."""
    content = photo_bytes(photo)
    return answer(content, "image/png" if content.startswith(b"\x89PNG") else "image/jpeg")


def download(content: bytes, kind: str, name: str) -> Response:
    """A file that the browser saves."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
