"""Source colours carried to the target by body correspondence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.maps.correspondence import _even_tones, warp_part, warp_person
from layerpose.maps.crops import part_box
from layerpose.maps.parsing import parse_source
from layerpose.maps.raster import interpolate
from layerpose.maps.relief import surface_normals
from layerpose.maps.render import DrawnBody, mesh
from layerpose.maps.source import view_source
from layerpose.maps.usual import bundled_usual
from layerpose.types import CLASSES, PARTS

Painted = Callable[[float], tuple]


def test_what_both_pictures_show_is_carried_over_exactly(painted: Painted) -> None:
    drawn, posed, image, mask = painted(0.0)
    target, _, wanted, target_mask = painted(0.5)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    warp = warp_person(view, target)
    seen = (warp.visible * target_mask) > 0.5
    assert seen.sum() > 0.6 * target_mask.sum()
    error = (warp.image - wanted).abs().amax(1, keepdim=True)[seen]
    assert error.median() < 0.03
    assert error.quantile(0.95) < 0.2


def test_holes_inside_the_body_are_closed(painted: Painted) -> None:
    drawn, posed, image, mask = painted(0.0)
    target, _, wanted, target_mask = painted(np.pi)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    warp = warp_person(view, target)
    hidden = (target_mask > 0.5) & (warp.visible < 0.5)
    assert hidden.sum() > 0.6 * target_mask.sum(), "the back is not in the photo"
    filled = (warp.filled - wanted).abs().mean(1, keepdim=True)[hidden].mean()
    grey = wanted.abs().mean(1, keepdim=True)[hidden].mean()
    assert filled < 0.5 * grey


def test_narrow_gap_becomes_what_lies_around_it_and_an_arm_is_no_gap(painted: Painted) -> None:
    """Of a body painted green, red where the photo hides it: a thin line and a broad band across the trunk, an arm."""
    drawn, posed, _, mask = painted(0.0)
    green = mask * torch.tensor([-1.0, 1, -1])[:, None, None]
    view = view_source(green, parse_source(drawn, mask), drawn, posed)
    part, height = drawn.nearest.part + 1, torch.arange(drawn.size)[:, None].expand(-1, drawn.size)
    rows = torch.nonzero(part == CLASSES.index("torso"))[:, 0].double()
    upper, lower = (int(rows.quantile(share)) for share in (0.4, 0.7))
    line, band = (height - upper).abs() < 1, (height - lower).abs() < 12
    arm = part == CLASSES.index("left_arm")
    hidden = (line | band | arm) & (part > 0)
    red = torch.tensor([1.0, -1, -1]).expand_as(view.colours)
    view = replace(view, colours=red, shown=torch.where(hidden, 0, view.shown), mirrored=False)

    filled = warp_person(view, drawn).filled[0, 0]

    trunk = part == CLASSES.index("torso")
    assert float((filled[line & trunk] < 0).float().mean()) > 0.9
    assert float((filled[((height - lower).abs() < 8) & trunk] > 0).float().mean()) > 0.95
    assert float((filled[arm] > 0).float().mean()) > 0.9


def test_normals_are_told_as_they_are_here_and_where_the_colour_is_from(painted: Painted) -> None:
    turn = 0.5
    drawn, posed, image, mask = painted(0.0)
    target, *_, target_mask = painted(turn)
    warp = warp_person(view_source(image, parse_source(drawn, mask), drawn, posed), target)
    here, there = warp.normals[0].split(3)
    seen = ((warp.visible * target_mask) > 0.5)[0, 0]
    turned = torch.tensor([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]).float()
    faces = mesh(torch.device("cpu")).faces
    smooth = interpolate(target.nearest.triangle, target.vertices_px, faces, target.normals).permute(2, 0, 1)
    apart = (torch.einsum("ij,jhw->ihw", turned, smooth) - there)[:, seen].norm(dim=0)
    assert apart.quantile(0.9) < 0.05
    flat = (here - smooth)[:, seen].norm(dim=0)
    assert flat.median() < 0.05, "the same, but for the mesh's flat triangles"
    assert flat.quantile(0.9) < 0.15
    assert here[2, seen].max() < 0.2, "what is seen faces the viewer"
    assert there[2][(target_mask[0, 0] > 0.5) & ~seen].min() < -0.9, "so does what lends its colour, in the photo"


def test_a_hidden_back_has_the_texture_of_the_front(painted: Painted) -> None:
    """Stripes of three centimetres, finer than the vertices of the mesh could tell."""

    def height(drawn: DrawnBody) -> torch.Tensor:
        upright = torch.as_tensor(body_model().template[:, 2:], dtype=torch.float32)
        return interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(torch.device("cpu")).faces, upright)[..., 0]

    drawn, posed, image, mask = painted(0.0)
    target, *_ = painted(np.pi)
    stripes, wanted = (torch.sin(height(one) * 2 * np.pi / 0.03) for one in (drawn, target))
    view = view_source(stripes.expand_as(image) * mask, parse_source(drawn, mask), drawn, posed)
    filled = warp_person(view, target).filled[0, 0]
    part = target.nearest.part
    limbs = (part == PARTS.index("left_leg")) | (part == PARTS.index("right_leg"))
    assert filled[limbs].std() > 0.6 * wanted[limbs].std()
    vertices = interpolate(target.nearest.triangle, target.vertices_px, mesh(part.device).faces, view.colours)[..., 0]
    assert filled[limbs].std() > 1.2 * vertices[limbs].std()


def test_a_hidden_place_takes_the_colour_of_what_it_is_usually_like(
    painted: Painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A red stripe across the chest shows on the back, unless such stripes are known not to go through."""
    model = body_model()
    stripe = (model.template[:, 1] < 0) & (np.abs(model.template[:, 2] - 0.35) < 0.08)
    opposite = (model.template[:, 1] > 0.02) & (np.linalg.norm(model.template[:, [0, 2]] - [0, 0.35], axis=1) < 0.05)
    opposite &= np.isin(np.arange(len(opposite)), model.skin)
    drawn, posed, image, mask = painted(0.0)
    red = torch.as_tensor(stripe[:, None], dtype=torch.float32)
    where = interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(torch.device("cpu")).faces, red)
    picture = torch.cat([where.permute(2, 0, 1)[None] * 2 - 1, image[:, 1:] * 0], dim=1) * mask
    redness = []
    for materials in (np.zeros((len(stripe), 1)), stripe[:, None].astype(float)):
        usual = replace(bundled_usual(), materials=materials)
        monkeypatch.setattr("layerpose.maps.lending.bundled_usual", lambda usual=usual: usual)
        view = view_source(picture, parse_source(drawn, mask), drawn, posed)
        assert view.colours[stripe & (view.quality > 0).numpy(), 0].mean() > 0.5
        redness.append(float(view.colours[opposite, 0].median()))
    through, like = redness
    assert through > 0.5
    assert like < through - 1


def test_every_pixel_knows_its_point_of_the_body(painted: Painted) -> None:
    drawn, posed, image, mask = painted(0.0)
    target, *_ = painted(2.0)
    points = warp_person(view_source(image, parse_source(drawn, mask), drawn, posed), target).points
    body = target.nearest.part >= 0
    assert not points[0, :, ~body].any()
    corners = mesh(torch.device("cpu")).faces[target.nearest.triangle[body].long()].long()
    among = mesh(torch.device("cpu")).points[corners]
    found = points[0, :, body].T
    assert ((found > among.amin(1) - 1e-3) & (found < among.amax(1) + 1e-3)).float().mean() > 0.99
    skin = mesh(torch.device("cpu")).points[body_model().skin]
    assert torch.allclose(skin.amin(0), -skin.amax(0), atol=1e-4), "from its middle"


def test_a_part_is_carried_over_whole_where_others_hide_it(painted: Painted) -> None:
    drawn, posed, image, mask = painted(0.0)
    target, *_ = painted(np.pi / 2)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    box = part_box(target, "left_arm")
    complete = warp_part(view, target, "left_arm", box, 64)
    cut = warp_part(view, target, "left_arm", box, 64, complete=False)
    assert (complete.filled.abs().sum(1) > 0).sum() > 1.5 * (cut.filled.abs().sum(1) > 0).sum()


def test_the_warp_looks_at_the_source_alone(painted: Painted) -> None:
    """Another source picture gives another warp; the function is not even given the target's picture."""
    drawn, posed, image, mask = painted(0.0)
    target, *_ = painted(0.5)
    warps = [
        warp_person(view_source(picture, parse_source(drawn, mask), drawn, posed), target)
        for picture in (image, -image)
    ]
    assert torch.allclose(warps[0].image, -warps[1].image, atol=1e-5)
    assert torch.equal(warps[0].visible, warps[1].visible)


def test_of_a_head_what_is_on_edge_is_drawn_in_the_same_view_alone(painted: Painted) -> None:
    """A profile in pink, its edge in blue as of a background: from the front it has no blue, but eyes and lips."""
    (drawn, posed, _, mask), front = painted(np.pi / 2), painted(0.0)[0]
    pink, blue = (torch.tensor(colour)[:, None, None] for colour in ([0.6, 0.2, 0.1], [-1.0, -1, 1]))
    picture = torch.where(facing(drawn) < 0.4, blue, pink)[None] * mask
    view = view_source(picture, parse_source(drawn, mask), drawn, posed)

    def colours(target: DrawnBody, least: float) -> Tensor:
        there = (target.nearest.part == PARTS.index("head")) & (facing(target) > least)
        return warp_person(view, target).filled[0][:, there]

    same, face = colours(drawn, 0), colours(front, 0.9)
    assert (same[2] > same[0]).float().mean() > 0.005
    assert (face[2] > face[0]).float().mean() < 0.05
    assert face.mean(0).quantile(0.05) < face.mean(0).median() - 0.1, "eyes and lips are darker"


def facing(drawn: DrawnBody) -> Tensor:
    """How much each pixel's surface faces the viewer (cosine)."""
    return surface_normals(drawn.nearest.depth, drawn.nearest.part, 1 / drawn.size / drawn.scale)[..., 2].abs()


def test_what_is_lent_has_the_light_of_what_is_shown_beside_it() -> None:
    """A darker place is made as light as its surroundings; another stuff, and the head, keep their colours."""
    part = torch.full((64, 300), CLASSES.index("torso"), dtype=torch.int32)
    part[:, 200:] = CLASSES.index("head")
    shown = torch.ones(64, 300, dtype=torch.bool)
    for start in (30, 150, 250):
        shown[24:36, start : start + 12] = False
    own, lent = torch.full((1, 3, 64, 300), 0.4), torch.full((1, 3, 64, 300), 0.1)
    lent[..., 90:200] = -0.9
    made = _even_tones(lent, own, shown, part, 1 / 1024)
    assert torch.allclose(made[..., 24:36, 30:42], own[..., 24:36, 30:42], atol=0.06)
    assert torch.allclose(made[..., 24:36, 150:162], lent[..., 24:36, 150:162], atol=0.01)
    assert torch.equal(made[..., 200:], lent[..., 200:])
