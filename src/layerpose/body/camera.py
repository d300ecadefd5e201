"""Body axes -> camera axes -> canvas: the weak-perspective projection, and a photo's perspective before it."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.types import Camera

BODY_TO_CAMERA = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
"""Rows are the camera's right, down and away axes in body axes: an upright person faces the viewer."""
CLOSEST = 0.1
"""Nothing comes nearer to the camera than this share of the pelvis's distance."""


def project(points: Float[Tensor, "*n 3"], camera: Camera) -> Float[Tensor, "*n 3"]:
    """Points in body axes (metres) -> (x, y in canvas units, depth in metres)."""
    right, away, up = foreshorten(points, camera.distance_m).unbind(-1)
    x, y = camera.translation
    return torch.stack([right * camera.scale + x, -up * camera.scale + y, away], dim=-1)


def foreshorten(points: Float[Tensor, "*n 3"], distance_m: float) -> Float[Tensor, "*n 3"]:
    """Points in body axes (y away from the viewer) as a camera at this distance from the pelvis sees them.

    What is nearer than the pelvis grows, what is farther shrinks, in the ratio of the distances; the pelvis's plane
    stays. After this warp of space weak perspective is exact.
    """
    if math.isinf(distance_m):
        return points
    away = points[..., 1:2]
    nearer = away.new_tensor(distance_m) / (distance_m + away).clamp(min=CLOSEST * distance_m)
    return torch.cat([points[..., :1] * nearer, away, points[..., 2:] * nearer], dim=-1)


def frame(points: Float[Tensor, "n 3"], *, margin: float = 0.06, scale: float | None = None) -> Camera:
    """A camera that centres the points on the canvas, `margin` of its side kept free; never larger than `scale`."""
    seen = points @ BODY_TO_CAMERA.to(points).T
    low, high = seen[:, :2].amin(0), seen[:, :2].amax(0)
    fitting = float((1 - 2 * margin) / (high - low).max())
    used = fitting if scale is None else min(scale, fitting)
    centre = (low + high) / 2
    return Camera(scale=used, translation=(float(0.5 - used * centre[0]), float(0.5 - used * centre[1])))


def in_pixels(camera: Camera, size: int) -> Camera:
    """A camera in canvas units -> the same in pixels of a canvas of that size."""
    left, top = camera.translation
    return replace(camera, scale=camera.scale * size, translation=(left * size, top * size))
