"""Two bodies -> Occlusion State Accuracy (OSA): do the same points of the body lie in front, and the same behind?

And how much of a target the source cannot tell.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.maps.raster import interpolate
from layerpose.maps.render import draw_body, draw_posed, mesh, place_body, pose_body
from layerpose.types import PARTS, Body

SIZE = 512
"""Side of the depth map, in pixels, in which a point is looked up."""
TOLERANCE_M = 0.012
"""How far behind the depth map a point may lie and still be in front: the surface's slope over a pixel."""


def occlusion_state(body: Body, size: int = SIZE) -> Bool[np.ndarray, "v"]:
    """Which of the skin's vertices the viewer sees: in front in the rendered depth map."""
    drawn = draw_posed(pose_body(body), body.camera, size, device=torch.device("cpu"))
    hit, vertices = drawn.nearest, drawn.vertices[torch.as_tensor(body_model().skin)].numpy()
    column, row = (np.clip((vertices[:, axis] * size).astype(int), 0, size - 1) for axis in (0, 1))
    covered = hit.part.numpy()[row, column] >= 0
    return ~covered | (vertices[:, 2] <= hit.depth.numpy()[row, column] + TOLERANCE_M)


def invented_share(source: Body, target: Body, size: int = SIZE) -> float:
    """How much of what the target shows of the body the source hides, or has outside of its picture: 0..1."""
    drawn = draw_body(target, size)
    places = place_body(source).vertices[:, :2]
    skin, seen = torch.as_tensor(body_model().skin), torch.zeros(len(places), 1)
    seen[skin, 0] = torch.as_tensor(occlusion_state(source, size)).float()
    seen *= ((places >= 0) & (places < 1)).all(1, keepdim=True)
    hit = drawn.nearest
    told = interpolate(hit.triangle, drawn.vertices_px, mesh(drawn.vertices.device).faces, seen)[..., 0]
    return float((told[hit.part >= 0] < 0.5).float().mean())


def occlusion_state_accuracy(found: Bool[np.ndarray, "v"], truth: Bool[np.ndarray, "v"]) -> float:
    """Share of vertices whose state agrees, averaged over the six parts (the paper's OSA)."""
    agrees, parts = found == truth, vertices_to_parts()
    return float(np.mean([agrees[parts == part].mean() for part in range(len(PARTS))]))


@lru_cache(maxsize=1)
def vertices_to_parts() -> Int[np.ndarray, "v"]:
    """The part of each of the skin's vertices: that of most of its triangles."""
    topology, skin = mesh(torch.device("cpu")), body_model().skin
    votes = np.zeros((int(topology.faces.max()) + 1, len(PARTS)))
    for corner in range(3):
        np.add.at(votes, (topology.faces[:, corner].numpy(), topology.parts.numpy()), 1)
    return votes.argmax(1)[skin]


def part_overlap(found: Float[Tensor, "1 7 h w"], truth: Float[Tensor, "1 7 h w"]) -> float:
    """Mean over the parts that either shows of the intersection over union of two parsings."""
    both = (found * truth)[0, 1:].sum((1, 2))
    either = ((found + truth) > 0)[0, 1:].float().sum((1, 2))
    return float((both[either > 0] / either[either > 0]).mean())
