"""People and pictures -> what the page is told: records for JSON, and files in memory."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from layerpose.estimation.canvas import Canvas
from layerpose.estimation.landmarks import Landmarks
from layerpose.estimation.targets import POINTS
from layerpose.export.actors import dress_take, photo_take
from layerpose.maps.source import SourceView
from layerpose.media.pictures import image_to_picture
from layerpose.motion.pose_file import body_to_record
from layerpose.motion.write.glb import write_glb
from layerpose.studio.people import Person

SHOWN_PX = 1600
"""Longest side of a photo as the page shows it."""
QUALITY = 90
QUICK = 1
"""Effort of the PNG compression: a tenth larger, several times as fast."""


def tell_person(person: Person) -> dict[str, Any]:
    """What was found in a photo; lengths in pixels of the photo."""
    seen = person.seen
    height, width = seen.landmarks.mask.shape
    return {
        "id": person.id,
        "name": person.card.name,
        "photo": {"width": width, "height": height},
        "canvas": tell_canvas(seen.canvas),
        "quality": {
            "overlap": round(seen.overlap, 4), "reprojection": round(seen.reprojection, 5),
            "score": round(seen.landmarks.score, 4),
        },
        "doubts": list(person.doubts),
        "body": body_to_record(seen.body),
        "landmarks": tell_places(seen.landmarks),
    }  # fmt: skip


def tell_canvas(canvas: Canvas) -> dict[str, int]:
    """The square of the photo that the canvas shows, in its pixels."""
    return {"left": canvas.left, "top": canvas.top, "side": canvas.side}


def tell_places(found: Landmarks) -> dict[str, list[float]]:
    """Name -> x, y and how surely it is seen (0..1)."""
    rows = {point.name: point.landmark for point in POINTS}
    return {
        name: [round(float(x), 2) for x in found.image[row, :2]] + [round(float(found.visibility[row]), 3)]
        for name, row in rows.items()
    }


def photo_bytes(photo: Image.Image) -> bytes:
    """The upright photo, not larger than the page shows it: a JPEG, or a PNG where it has transparency."""
    picture = photo.convert("RGBA") if photo.mode == "RGBA" else photo.convert("RGB")
    picture.thumbnail((SHOWN_PX, SHOWN_PX))
    return png(picture) if picture.mode == "RGBA" else jpeg(picture)


def canvas_jpeg(person: Person) -> bytes:
    """The person cut out, over flat grey, on the canvas."""
    return jpeg(image_to_picture(person.seen.photo.image))


def mask_png(person: Person) -> bytes:
    """How much of each pixel of the canvas is person."""
    mask = (person.seen.photo.mask[0, 0] * 255).round().clamp(0, 255)
    return png(Image.fromarray(mask.byte().numpy()))


def body_glb(person: Person, view: SourceView) -> bytes:
    """The fitted body, rigged, with the photo on it and in its clothes."""
    take = dress_take(photo_take(person.seen, textured=False), view)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.glb"
        write_glb(take, path)
        return path.read_bytes()


def jpeg(picture: Image.Image) -> bytes:
    """A picture as the bytes of a file."""
    content = io.BytesIO()
    picture.save(content, format="JPEG", quality=QUALITY)
    return content.getvalue()


def png(picture: Image.Image, effort: int = QUICK) -> bytes:
    """The same without loss."""
    content = io.BytesIO()
    picture.save(content, format="PNG", compress_level=effort)
    return content.getvalue()
