"""A generated picture + the body it should show -> does the person lie as asked? The body is estimated anew from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.body.skeleton import BODY_JOINTS, KEYPOINTS
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.fit import fit_body
from layerpose.evaluation.occlusion import occlusion_state, occlusion_state_accuracy, part_overlap
from layerpose.maps.render import coco_18, draw_body, pose_body, render_maps
from layerpose.media.pictures import image_to_picture
from layerpose.types import Body

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


@dataclass(frozen=True, kw_only=True)
class Stance:
    """How a body stands on the canvas, as far as `Landing` asks; worked out once for all pictures of it."""

    joints: Float[np.ndarray, "12 2"]
    """Canvas units."""
    stature: float
    """Canvas units."""
    visible: Bool[np.ndarray, "v"]
    parsing: Float[Tensor, "1 7 s s"]


def stance_of(body: Body) -> Stance:
    """Draw a body and look where it is."""
    joints = [KEYPOINTS.index(name) for name in BODY_JOINTS]
    model, rest = body_model(), body_model().rest(body.phenotype.numpy())
    return Stance(
        joints=project(torch.as_tensor(coco_18(pose_body(body).keypoints)), body.camera)[joints, :2].numpy(),
        stature=float(np.ptp(rest.vertices[model.skin, 2])) * body.camera.scale,
        visible=occlusion_state(body),
        parsing=render_maps(draw_body(body, MAPS_SIZE)).parsing,
    )


def find_landing(image: Float[Tensor, "1 3 h w"], truth: Stance) -> Landing | None:
    """Fit a body to the picture and compare it with the true one; None when no person is found."""
    try:
        found = fit_body(find_landmarks(np.asarray(image_to_picture(image)))).body
    except ValueError:
        return None
    camera, size = found.camera, image.shape[-1]
    x, y = camera.translation
    camera = replace(camera, scale=camera.scale / size, translation=(x / size, y / size))
    return compare_stances(stance_of(replace(found, camera=camera)), truth)


def compare_stances(found: Stance, truth: Stance) -> Landing:
    """OSA, PCK and part overlap of two bodies on the same canvas."""
    return Landing(
        osa=occlusion_state_accuracy(found.visible, truth.visible),
        pck=float((np.linalg.norm(found.joints - truth.joints, axis=1) < NEAR * truth.stature).mean()),
        part_iou=part_overlap(found.parsing, truth.parsing),
    )
