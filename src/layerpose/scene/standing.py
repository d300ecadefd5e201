"""Source's body + another pose -> the body on the photo's floor, and the square of the photo that it fills."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.estimation.canvas import MARGIN, Canvas
from layerpose.maps.render import pose_body
from layerpose.types import Body, Camera, Pose

ON_FLOOR = 0.03
"""What is so little above the lowest point of a body, as a share of its height in the picture, stands on the floor."""


def stand(source: Body, canvas: Canvas, pose: Pose) -> tuple[Body, Canvas]:
    """The source's shape in the pose, as large as in the photo, its feet where the source's are.

    The square is as large as the pose needs and may reach beyond the photo.
    """
    scale = source.camera.scale * canvas.side
    standing = project(_skin(source), source.camera)[:, :2].numpy() * canvas.side + (canvas.left, canvas.top)
    body = Body(phenotype=source.phenotype, pose=pose, camera=Camera(scale=scale, translation=(0.0, 0.0)))
    points = project(_skin(body), body.camera)[:, :2].numpy()
    shift = _foot(standing) - _foot(points)
    low, high = points.min(0) + shift, points.max(0) + shift
    side = math.ceil((high - low).max() / (1 - 2 * MARGIN))
    left, top = (int(value) for value in np.round((low + high - side) / 2))
    square = Canvas(left=left, top=top, side=side, size=canvas.size)
    x, y = shift.tolist()
    camera = square.place(Camera(scale=scale, translation=(x, y)))
    return Body(phenotype=source.phenotype, pose=pose, camera=camera), square


def _skin(body: Body) -> Float[torch.Tensor, "n 3"]:
    return torch.as_tensor(pose_body(body).vertices[body_model().skin])


def _foot(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "2"]:
    """The middle of what stands on the floor, and the floor's height."""
    low = points[:, 1].max()
    touching = points[points[:, 1] > low - ON_FLOOR * np.ptp(points[:, 1]), 0]
    return np.array([(touching.min() + touching.max()) / 2, low])
