"""Painted bodies: what is carried from one to another can be told from the colour that should be there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.maps.raster import interpolate
from layerpose.maps.render import draw_posed, mesh, pose_body
from layerpose.types import Body, Camera, Pose

SIZE = 256
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def painted() -> Callable[[float], tuple]:
    """Azimuth -> drawn and posed body, image, mask."""
    return _paint


def _paint(azimuth: float) -> tuple:
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
