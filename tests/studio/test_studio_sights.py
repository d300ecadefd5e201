"""Photos that the fit refuses: who is meant is said by hand, and what was found wrong is put right."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageDraw

from layerpose.estimation.mend import look_in_box, parse_box
from layerpose.studio.people import People
from layerpose.studio.rooms import Studio
from layerpose.studio.telling import png

pytestmark = pytest.mark.usefixtures("rough_fits")
BOARD, TRUNK = (40, 380, 730, 760), (285, 380, 480, 760)
"""Hides the bundled person from the chest to the thighs, and is taken for a part; what is behind it, roughly."""


@pytest.fixture(scope="module")
def two(photo: bytes) -> bytes:
    """The bundled person twice, side by side."""
    one = Image.open(io.BytesIO(photo)).convert("RGB").resize((384, 512))
    both = Image.new("RGB", (768, 512))
    both.paste(one)
    both.paste(one, (384, 0))
    return png(both)


@pytest.fixture(scope="module")
def hidden(photo: bytes) -> bytes:
    """The bundled person behind a board: the body's outline misses the mask by too much."""
    picture = Image.open(io.BytesIO(photo)).convert("RGB")
    ImageDraw.Draw(picture).rectangle(BOARD, fill=(90, 60, 40))
    return png(picture)


def test_of_two_people_the_one_who_is_meant_is_fitted(page: TestClient, studio: Studio, two: bytes) -> None:
    refused = page.post("/api/people", params={"name": "two.png"}, content=two)
    assert (refused.status_code, "2 people" in refused.json()["detail"]) == (400, True)
    sight = page.post("/api/sights", params={"name": "two.png"}, content=two).json()
    assert [person["landmarks"]["nose"][0] // 384 for person in sight["people"]] == [0, 1]
    right = page.post("/api/people", params={"name": "two.png", "person": "2"}, content=two).json()
    assert right["landmarks"]["nose"][0] > 384
    again = People(studio.folder, studio.people.canvas).get(right["id"])
    assert again.seen.landmarks.image[0, 0] > 384


def test_a_photo_of_which_nobody_was_made_is_not_kept(page: TestClient, studio: Studio, two: bytes) -> None:
    sight = page.post("/api/sights", content=two + b" ").json()
    assert studio.people.photos.has(sight["id"])
    page.delete(f"/api/sights/{sight['id']}")
    assert not studio.people.photos.has(sight["id"])
    assert page.get(f"/api/sights/{sight['id']}/photo").status_code == 404


def test_a_board_is_brushed_out_of_the_mask_and_the_person_behind_it_is_fitted(page: TestClient, hidden: bytes) -> None:
    assert page.post("/api/people", content=hidden).status_code == 400
    sight = page.post("/api/sights", content=hidden).json()
    address, (person,) = f"/api/sights/{sight['id']}", sight["people"]
    mask = Image.open(io.BytesIO(page.get(f"{address}/mask.png", params={"person": "1"}).content))
    left, top, side = (person["canvas"][name] for name in ("left", "top", "side"))
    for box, grey in ((BOARD, 0), (TRUNK, 255)):
        place = (np.array(box) - [left, top, left, top]) * mask.width / side
        ImageDraw.Draw(mask).rectangle(place.tolist(), fill=grey)
    asked: dict[str, Any] = {"mask": "data:image/png;base64," + base64.b64encode(png(mask)).decode()}
    mended = page.post(f"{address}/mend", params={"person": "1"}, json=asked).json()
    assert mended["quality"]["overlap"] > 0.75
    page.delete(address)
    assert page.get(f"/api/people/{mended['id']}").json() == mended


@pytest.mark.parametrize("turned", [0, 1])
def test_in_a_box_somebody_is_found_whichever_way_up(photo: bytes, turned: int) -> None:
    picture = np.array(Image.open(io.BytesIO(photo)).convert("RGB"))
    upright = look_in_box(picture, (150, 60, 620, 960))
    height, width = picture.shape[:2]
    box = (60, width - 620, 960, width - 150) if turned else (150, 60, 620, 960)
    found = look_in_box(np.rot90(picture, turned).copy(), box)
    nose = found.image[0, :2] if not turned else [width - found.image[0, 1], found.image[0, 0]]
    assert found.score > 0.9
    assert nose == pytest.approx(upright.image[0, :2], abs=0.02 * height)


def test_what_is_no_box_is_no_box_and_an_empty_one_is_refused() -> None:
    assert parse_box("1,2,30,40.5") == (1, 2, 30, 40.5)
    assert parse_box("2") is parse_box("a,b,c,d") is None
    for empty in ("5,5,5,90", "nan,0,90,90", "90,0,5,90"):
        with pytest.raises(ValueError, match="holds nothing"):
            parse_box(empty)
