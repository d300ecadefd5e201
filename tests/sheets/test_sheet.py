"""The contact sheet shows every step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.maps.render import draw_body, render_maps
from layerpose.sheets.transfer import (
    INK,
    PALETTE,
    depth_to_picture,
    draw_fit,
    draw_pose,
    draw_sheet,
    layer_to_picture,
    parsing_to_picture,
)
from layerpose.types import CLASSES, LAYERS, Body, Camera, Layer, Maps, Pose, Transfer


@pytest.fixture(scope="module")
def body() -> Body:
    pose = Pose(rotations=torch.eye(3).repeat(104, 1, 1))
    return Body(phenotype=torch.full((6,), 0.5), pose=pose, camera=Camera(scale=0.45, translation=(0.5, 0.5)))


@pytest.fixture(scope="module")
def transfer(body: Body) -> Transfer:
    """A transfer whose layers are white on the left half."""
    maps = render_maps(draw_body(body, 64))
    image, crop, mask = torch.zeros(1, 3, 64, 64), torch.ones(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    mask[..., :16] = 1
    small = Maps(
        parsing=torch.zeros(1, 7, 32, 32), depth=torch.zeros(1, 1, 32, 32), heatmaps=torch.zeros(1, 18, 32, 32)
    )
    layers = tuple(
        Layer(part=part, boxes=torch.tensor([[0.0, 0, 1]]), maps=small, source=crop, coarse=crop, image=crop, mask=mask)
        for part in LAYERS
    )
    return Transfer(
        source=image, source_parsing=maps.parsing, maps=maps, warp=None, coarse=image, layers=layers, pasted=image,
        image=image + 0.5,
    )  # fmt: skip


def test_each_class_has_its_own_colour():
    parsing = torch.eye(7).reshape(1, 7, 1, 7)
    picture = parsing_to_picture(parsing)
    assert [picture.getpixel((x, 0)) for x in range(len(CLASSES))] == list(PALETTE)
    assert len(set(PALETTE)) == len(CLASSES)


def test_nearer_is_brighter_and_nothing_is_black():
    picture = depth_to_picture(torch.tensor([[[[0.0, -0.3, 0.2]]]]))
    nothing, near, far = (picture.getpixel((x, 0))[0] for x in range(3))
    assert nothing == 0 < far < near == 255


def test_the_fit_lies_over_the_photo(body: Body):
    overlay = draw_fit(torch.zeros(1, 3, 128, 128), body)
    assert overlay.size == (128, 128)
    assert overlay.getpixel((0, 0)) == (128, 128, 128)
    red, _, blue = overlay.getpixel((78, 46))
    assert red > blue + 20  # the left arm's colour, on the viewer's right


def test_a_drawn_pose_has_the_colours_of_its_parts_and_eyes_only_on_the_side_of_the_face(body: Body):
    turned = body.pose.rotations.clone()
    turned[0] = torch.diag(torch.tensor([-1.0, -1.0, 1.0]))
    away = Body(phenotype=body.phenotype, pose=Pose(rotations=turned), camera=body.camera)
    inked = []
    for one in (body, away):
        picture = np.asarray(draw_pose(one, 128)).astype(int)
        drawn = draw_body(one, 128).nearest.part.numpy() >= 0
        assert (picture[~drawn] == PALETTE[0]).all()
        inked.append(int((picture == INK).all(-1).sum()))
    assert inked[0] > 0
    assert inked[1] == 0


def test_the_sheet_has_room_for_every_step_and_further_poses(transfer: Transfer):
    overlay = Image.new("RGB", (64, 64))
    sheet = draw_sheet(transfer, overlay)
    longer = draw_sheet(transfer, overlay, more=[("walk", overlay), ("sit", overlay)])
    assert sheet.width > 2000
    assert longer.width == sheet.width
    assert longer.height > sheet.height


def test_a_layer_is_shown_over_a_checkerboard(transfer: Transfer):
    picture = layer_to_picture(transfer.layers[0])
    assert picture.getpixel((2, 2)) == (255, 255, 255)
    assert len({picture.getpixel((x, 1)) for x in range(16, 32)}) == 2
