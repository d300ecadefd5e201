"""Source colours carried to the target by body correspondence."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.maps.correspondence import view_source, warp_part, warp_person
from layerpose.maps.crops import part_box
from layerpose.maps.parsing import parse_source
from layerpose.maps.raster import interpolate
from layerpose.maps.render import draw_posed, mesh, pose_body
from layerpose.types import Body, Camera, Pose

SIZE = 256
CPU = torch.device("cpu")


def painted(azimuth: float) -> tuple:
    """A body whose colour is a smooth function of the place on its surface, the same in every pose."""
    model = body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    rotations[0] = Rotation.from_euler("z", azimuth).as_matrix()
    body = Body(
        phenotype=torch.full((6,), 0.6), pose=Pose(rotations=torch.as_tensor(rotations)),
        camera=Camera(scale=1.0, translation=(0.0, 0.0)),
    )  # fmt: skip
    body = dataclasses.replace(body, camera=frame(torch.as_tensor(pose_body(body).vertices[model.skin])))
    posed = pose_body(body)
    drawn = draw_posed(posed, body.camera, SIZE, device=CPU)
    colours = torch.as_tensor(np.sin(model.template * 4)).float()
    image = interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(CPU).faces, colours).permute(2, 0, 1)[None]
    mask = (drawn.nearest.part >= 0).float()[None, None]
    return drawn, posed, image * mask, mask


def test_what_both_pictures_show_is_carried_over_exactly() -> None:
    drawn, posed, image, mask = painted(0.0)
    target, target_posed, wanted, target_mask = painted(0.5)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    warp = warp_person(view, target, target_posed.transforms[:, :3, :3])
    seen = (warp.visible * target_mask) > 0.5
    assert seen.sum() > 0.6 * target_mask.sum()
    error = (warp.image - wanted).abs().amax(1, keepdim=True)[seen]
    assert error.median() < 0.03
    assert error.quantile(0.95) < 0.2


def test_holes_inside_the_body_are_closed() -> None:
    drawn, posed, image, mask = painted(0.0)
    target, target_posed, wanted, target_mask = painted(np.pi)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    warp = warp_person(view, target, target_posed.transforms[:, :3, :3])
    hidden = (target_mask > 0.5) & (warp.visible < 0.5)
    assert hidden.sum() > 0.6 * target_mask.sum(), "the back is not in the photo"
    filled = (warp.filled - wanted).abs().mean(1, keepdim=True)[hidden].mean()
    grey = wanted.abs().mean(1, keepdim=True)[hidden].mean()
    assert filled < 0.5 * grey


def test_a_part_is_carried_over_whole_where_others_hide_it() -> None:
    drawn, posed, image, mask = painted(0.0)
    target, *_ = painted(np.pi / 2)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    box = part_box(target, "left_arm")
    complete = warp_part(view, target, "left_arm", box, 64)
    cut = warp_part(view, target, "left_arm", box, 64, complete=False)
    assert (complete.filled.abs().sum(1) > 0).sum() > 1.5 * (cut.filled.abs().sum(1) > 0).sum()


def test_the_warp_looks_at_the_source_alone() -> None:
    """Another source picture gives another warp; the function is not even given the target's picture."""
    drawn, posed, image, mask = painted(0.0)
    target, target_posed, *_ = painted(0.5)
    warps = [
        warp_person(
            view_source(picture, parse_source(drawn, mask), drawn, posed), target, target_posed.transforms[:, :3, :3]
        )
        for picture in (image, -image)
    ]
    assert torch.allclose(warps[0].image, -warps[1].image, atol=1e-5)
    assert torch.equal(warps[0].visible, warps[1].visible)
