"""What of a photo stays as it is in another pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch

from layerpose.maps.carry import carry
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import DrawnBody, draw_posed, pose_body
from layerpose.maps.source import SourceView, view_source
from layerpose.motion.posing import Vector, pose_from_angles, turn
from layerpose.types import PARTS, Body, Camera, Carried

SIZE = 256
CPU = torch.device("cpu")
STILL: Mapping[str, Vector] = {"upperarm01.L": (0, -40, 0), "upperarm01.R": (0, 40, 0)}
"""Arms lifted from the A-pose, so that they touch nothing."""


def body_in(angles: Mapping[str, Vector], azimuth: float = 0.0) -> Body:
    """All of them before one camera."""
    pose = turn(pose_from_angles({**STILL, **angles}), azimuth)
    return Body(phenotype=torch.full((6,), 0.6), pose=pose, camera=Camera(scale=0.36, translation=(0.5, 0.5)))


def photo_of(body: Body, *, wider: int = 0) -> SourceView:
    """A person of noise whose clothes reach so many pixels beyond the body."""
    posed, drawn = pose_body(body), draw(body)
    mask = (drawn.nearest.part >= 0).float()[None, None]
    if wider > 0:
        mask = torch.nn.functional.max_pool2d(mask, 2 * wider + 1, stride=1, padding=wider)
    elif wider < 0:
        mask = -torch.nn.functional.max_pool2d(-mask, 1 - 2 * wider, stride=1, padding=-wider)
    noise = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return view_source(noise * mask, parse_source(drawn, mask), drawn, posed)


def draw(body: Body) -> DrawnBody:
    return draw_posed(pose_body(body), body.camera, SIZE, device=CPU)


def carry_to(view: SourceView, body: Body) -> Carried:
    return carry(view, draw(body))


def test_a_person_in_their_own_pose_is_the_photo() -> None:
    own = body_in({})
    for wider in (0, 9, -3):
        view = photo_of(own, wider=wider)
        found = carry_to(view, own)
        assert torch.equal(found.trust, torch.ones_like(found.trust))
        assert (found.image - view.image).abs().max() < 1e-3


def test_what_moves_along_with_the_body_is_carried_with_all_that_sticks_out_of_it() -> None:
    own = body_in({})
    view, step = photo_of(own, wider=9), 8
    x, y = own.camera.translation
    moved = replace(own, camera=replace(own.camera, translation=(x + step / SIZE, y)))
    found, person = carry_to(view, moved), (view.image != 0).any(1, keepdim=True).roll(step, -1)
    assert found.trust[person].min() > 0.99
    assert (found.image - view.image.roll(step, -1)).abs()[person.expand(1, 3, -1, -1)].max() < 2e-3


def test_an_arm_that_moves_leaves_the_rest_as_it_is_and_nothing_where_it_was() -> None:
    view, lifted = photo_of(body_in({})), body_in({"upperarm01.L": (0, -75, 0)})
    found = carry_to(view, lifted)
    source, target = view.drawn.nearest.part, draw(lifted).nearest.part
    trust, colour = found.trust[0, 0], found.image[0].abs().amax(0)
    assert trust[target == PARTS.index("right_leg")].mean() > 0.98
    assert trust[target == PARTS.index("left_arm")].mean() > 0.5  # it is carried too, turned
    left = (source == PARTS.index("left_arm")) & (target < 0)
    assert left.sum() > 300
    assert ((trust * colour)[left] > 0.1).float().mean() < 0.02


def test_a_person_who_turned_away_is_drawn_anew() -> None:
    view = photo_of(body_in({}))
    for azimuth in (1.2, np.pi):
        assert carry_to(view, body_in({}, azimuth)).trust.max() < 0.05
    assert carry_to(view, body_in({}, 0.1)).trust[(view.image != 0).any(1, keepdim=True)].mean() > 0.5


def test_an_arm_is_never_carried_to_where_the_trunk_is() -> None:
    before = body_in({"upperarm01.L": (30, 30, 0), "lowerarm01.L": (0, 0, 70)})
    view = photo_of(before)
    arm = view.drawn.nearest.part == PARTS.index("left_arm")
    marked = torch.where(arm, 1.0, -1.0) * (view.image != 0)
    found = carry_to(replace(view, image=marked), body_in({}))
    trunk = (draw(body_in({})).nearest.part == PARTS.index("torso"))[None, None]
    assert ((found.image[:, :1] > 0) & (found.trust > 0.5) & trunk).sum() == 0
