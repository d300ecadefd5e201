"""A generated picture + the body it should show -> does the person lie as asked? The body is estimated anew from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.body.skeleton import BODY_JOINTS, KEYPOINTS
from layerpose.estimation.fit import fit_body
from layerpose.estimation.landmarks import find_landmarks
from layerpose.evaluation.occlusion import occlusion_state_accuracy, part_overlap
from layerpose.maps.render import coco_18, draw_body, pose_body, render_maps
from layerpose.pictures import image_to_picture
from layerpose.types import Body, Camera

NEAR = 0.05
"""A joint counts as right when it is off by less than this share of the stature (PCK)."""
MAPS_SIZE = 256


@dataclass(frozen=True, kw_only=True)
class Landing:
    """Where the person landed; all are shares of 1, and 0 when nobody is found."""

    osa: float
    pck: float
    part_iou: float


NOWHERE = Landing(osa=0.0, pck=0.0, part_iou=0.0)


def find_landing(image: Float[Tensor, "1 3 h w"], truth: Body) -> Landing | None:
    """Fit a body to the picture and compare it with the true one; None when no person is found."""
    try:
        found = fit_body(find_landmarks(np.asarray(image_to_picture(image)))).body
    except ValueError:
        return None
    camera, size = found.camera, image.shape[-1]
    x, y = camera.translation
    camera = Camera(scale=camera.scale / size, translation=(x / size, y / size))
    return compare_bodies(replace(found, camera=camera), truth)


def compare_bodies(found: Body, truth: Body) -> Landing:
    """OSA, PCK and part overlap of two bodies on the same canvas."""
    joints = [KEYPOINTS.index(name) for name in BODY_JOINTS]
    ours, theirs = (
        project(torch.as_tensor(coco_18(pose_body(body).keypoints)), body.camera)[joints, :2].numpy()
        for body in (found, truth)
    )
    rest = body_model().rest(truth.phenotype.numpy())
    stature = float(np.ptp(rest.vertices[body_model().skin, 2])) * truth.camera.scale
    parsings = [render_maps(draw_body(body, MAPS_SIZE)).parsing for body in (found, truth)]
    return Landing(
        osa=occlusion_state_accuracy(found, truth),
        pck=float((np.linalg.norm(ours - theirs, axis=1) < NEAR * stature).mean()),
        part_iou=part_overlap(parsings[0], parsings[1]),
    )
