"""Shadows of bodies on floors made by code: found, taken away, cast anew."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.maps.render import PlacedBody, draw_placed, place_body, pose_body
from layerpose.motion.library import library_pose
from layerpose.scene.shadows import Floor, Shadow, find_shadow, lowest
from layerpose.types import Body, Camera

SIZE = 256
SUN = Shadow(fall=(0.8, -0.15, 0.2), strength=0.5, contact=0.0)


def standing(pose: str = "stand") -> Body:
    body = Body(
        phenotype=torch.full((6,), 0.5), pose=library_pose(pose), camera=Camera(scale=1.0, translation=(0.0, 0.0))
    )
    whole = frame(torch.as_tensor(pose_body(body).vertices[body_model().skin]))
    x, y = whole.translation
    return replace(body, camera=Camera(scale=whole.scale * 0.7, translation=(0.7 * x + 0.05, 0.7 * y + 0.15)))


def photo(body: PlacedBody, shadow: Shadow | None, *, noise: float = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A person of one dark colour on a paved floor before a wall; the same without anybody; and where the person is."""
    rng, row = np.random.default_rng(0), np.arange(SIZE)[:, None]
    scene = np.where(row < 0.5 * SIZE, 170.0, 190.0) + rng.normal(0, noise, (SIZE, SIZE))
    scene[(row[:, 0] > SIZE // 2) & (row[:, 0] % 24 == 0)] -= 25
    empty = np.repeat(scene[..., None], 3, axis=2)
    person = (draw_placed(body, SIZE).nearest.part >= 0).numpy()
    shaded = empty if shadow is None else empty * (1 - shadow.cast(body, SIZE)[..., None])
    with_person = np.where(person[..., None], 60, shaded)
    return with_person.clip(0, 255).astype(np.uint8), empty.clip(0, 255).astype(np.uint8), person


def everywhere() -> np.ndarray:
    return np.ones((SIZE, SIZE), dtype=bool)


@pytest.mark.parametrize("fall", [(0.8, -0.15, 0.2), (-0.6, 0.3, 0.3), (0.35, -0.25, 0.15)])
def test_the_fall_of_the_light_is_found(fall: tuple[float, float, float]) -> None:
    body = place_body(standing())
    scene, _, person = photo(body, replace(SUN, fall=fall))
    found = find_shadow(scene, person, everywhere(), body)
    assert found.fall == pytest.approx(fall, abs=0.12)
    assert found.strength == pytest.approx(SUN.strength, abs=0.08)


@pytest.mark.parametrize("shadow", [None, replace(SUN, strength=0.08)], ids=["no light", "a breath of it"])
def test_no_shadow_is_made_up(shadow: Shadow | None) -> None:
    body = place_body(standing())
    scene, _, person = photo(body, shadow)
    assert find_shadow(scene, person, everywhere(), body).strength == 0


def test_a_dark_skirting_board_and_a_darker_floor_are_no_shadows() -> None:
    body = place_body(standing())
    scene, _, person = photo(body, None)
    scene[int(0.82 * SIZE) : int(0.88 * SIZE)] //= 2
    assert find_shadow(scene, person, everywhere(), body).strength == 0
    scene[int(0.88 * SIZE) :] //= 2
    assert find_shadow(scene, person, everywhere(), body).strength == 0


def test_the_place_covers_the_shadow_and_what_hangs_on_it_and_little_more() -> None:
    body = place_body(standing())
    scene, _, person = photo(body, SUN)
    dark = SUN.cast(body, SIZE) > 0.1
    ball = np.zeros((SIZE, SIZE), np.uint8)
    row, column = np.argwhere(dark)[np.argwhere(dark)[:, 1].argmax()]
    cv2.circle(ball, (int(column) + 3, int(row)), 5, 1, -1)
    scene[(ball > 0) & ~dark] //= 2
    place = SUN.place(body, scene, everywhere() & ~person)
    assert place[dark].all()
    assert place[ball > 0].all()
    near = cv2.dilate((dark | person | (ball > 0)).astype(np.uint8), np.ones((17, 17), np.uint8)) > 0
    assert not (place & ~near).any()


def test_a_contact_shadow_is_found_where_feet_touch_the_floor() -> None:
    body = place_body(standing())
    soft = Shadow(contact=0.4)
    scene, _, person = photo(body, soft)
    assert find_shadow(scene, person, everywhere(), body).contact == pytest.approx(0.4, abs=0.16)
    plain, _, _ = photo(body, None)
    assert find_shadow(plain, person, everywhere(), body).contact < 0.03
    rows = np.nonzero(soft.cast(body, SIZE).max(1) > 0.1)[0]
    assert abs(rows.mean() / SIZE - lowest(body)) < 0.02


def test_who_jumps_leaves_their_shadow_on_the_floor() -> None:
    down = standing()
    x, y = down.camera.translation
    up = replace(down, camera=replace(down.camera, translation=(x, y - 0.1)))
    film = [down, down, up, up, down]
    floor = Floor(len(film), film.__getitem__).at(2)
    assert floor == pytest.approx(lowest(place_body(down)), abs=1e-6)
    jumping, standing_still = SUN.cast(place_body(up), SIZE, floor), SUN.cast(place_body(down), SIZE)
    assert np.nonzero(jumping.max(0) > 0.1)[0].min() > np.nonzero(standing_still.max(0) > 0.1)[0].min() + 5, "apart"
    assert Shadow(contact=0.4).cast(place_body(up), SIZE, floor).max() == 0, "nothing touches the floor"
