"""Layers taken out, painted on and put back: the paint shows at its place, in the pose and in others."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from layerpose.studio.rooms import Studio

RED = (255, 0, 0, 255)


def to_png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, format="PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def taken(page: TestClient, person: dict[str, Any]) -> dict[str, Any]:
    return page.post("/api/layers", json={"person": person["id"], "body": person["body"]}).json()


def layer(taken: dict[str, Any], part: str) -> Image.Image:
    found = next(one for one in taken["layers"] if one["part"] == part)
    return Image.open(io.BytesIO(base64.b64decode(found["picture"].partition(",")[2])))


def red_pixels(page: TestClient, person: dict[str, Any], body: Any, **layers: str) -> int:
    asked = {"person": person["id"], "body": body, "size": 256, "layers": layers, "background": "#808080"}
    answer = page.post("/api/draw", json=asked)
    assert answer.status_code == 200, answer.text
    red, green, blue = np.asarray(Image.open(io.BytesIO(answer.content)), dtype=int).transpose(2, 0, 1)
    return int(((red > 180) & (green < 90) & (blue < 90)).sum())


def test_paint_on_a_leg_shows_in_this_pose_and_in_others(
    page: TestClient, person: dict[str, Any], taken: dict[str, Any]
) -> None:
    picture = layer(taken, "left_leg")
    rows, columns = np.nonzero(np.asarray(picture)[..., 3])
    middle = int(np.median(rows))
    across = columns[rows == middle]
    x = int(across.mean())
    picture.paste(RED, (x - 6, middle - 8, x + 6, middle + 8))
    kept = page.post("/api/layers/left_leg", params={"drawing": taken["drawing"]}, content=to_png(picture))
    assert kept.status_code == 201, kept.text
    edit = kept.json()["edit"]
    for body in (person["body"], page.get("/api/poses/t-pose").json(), page.get("/api/poses/step").json()):
        assert red_pixels(page, person, body) == 0
        assert red_pixels(page, person, body, left_leg=edit) > 30


def test_a_layer_that_was_not_touched_changes_nothing(page: TestClient, studio: Studio, taken: dict[str, Any]) -> None:
    content = to_png(layer(taken, "head"))
    kept = page.post("/api/layers/head", params={"drawing": taken["drawing"]}, content=content).json()
    assert not studio.layering.painting(kept["edit"]).changes


@pytest.mark.parametrize(
    ("part", "content", "status"),
    [
        ("tail", to_png(Image.new("RGBA", (9, 9))), 404),
        ("head", to_png(Image.new("RGBA", (9, 9))), 400),
        ("head", to_png(Image.new("RGBA", (300, 9))), 400),
        ("head", b"no picture", 400),
    ],
)
def test_what_is_no_edited_layer_is_refused(
    page: TestClient, taken: dict[str, Any], part: str, content: bytes, status: int
) -> None:
    answer = page.post(f"/api/layers/{part}", params={"drawing": taken["drawing"]}, content=content)
    assert answer.status_code == status
    assert "\n" not in answer.json()["detail"]


def test_edits_and_drawings_that_are_not_here_are_not_found(page: TestClient, person: dict[str, Any]) -> None:
    asked = {"person": person["id"], "body": person["body"], "size": 64, "layers": {"head": "0" * 24}}
    assert page.post("/api/draw", json=asked).status_code == 404
    content = to_png(Image.new("RGBA", (9, 9)))
    assert page.post("/api/layers/head", params={"drawing": "0" * 24}, content=content).status_code == 404
