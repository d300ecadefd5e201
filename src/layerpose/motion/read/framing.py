"""A body in pixels of a picture -> the same on the square canvas."""

from __future__ import annotations

from dataclasses import replace

import torch

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.types import Body


def framed(body: Body, canvas: tuple[float, float] | None) -> Body:
    """The picture in the square that just holds it; where its size is not known, the body in the middle."""
    if canvas is None:
        posed = body_model().pose(
            body_model().rest(body.phenotype.double().numpy()), body.pose.rotations.double().numpy()
        )
        return replace(body, camera=frame(torch.as_tensor(posed.vertices[body_model().skin])))
    side = max(canvas)
    x, y = ((at + (side - length) / 2) / side for at, length in zip(body.camera.translation, canvas, strict=True))
    return replace(body, camera=replace(body.camera, scale=body.camera.scale / side, translation=(x, y)))
