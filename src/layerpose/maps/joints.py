"""Body points -> the classes that begin close by: where parts pass into each other, a border is a matter of taste."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Int
from scipy.spatial import cKDTree
from torch import Tensor

from layerpose.maps.raster import Hit
from layerpose.maps.render import mesh
from layerpose.types import CLASSES

JOINT_M = 0.1
"""So far from a joint, on the template, parts have no sharp border; farther away another part's label is another's."""


def joined_classes(hit: Hit) -> Bool[Tensor, "h w 7"]:
    """For each pixel of a drawn body the classes into which its part passes near its point; none where no body is."""
    return torch.as_tensor(_joined(), device=hit.part.device)[_corner(hit)] & (hit.part >= 0)[..., None]


def are_joined(hit: Hit, classes: Int[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """Whether the part of each pixel of a drawn body passes into the class that is given for the pixel."""
    return torch.as_tensor(_joined(), device=hit.part.device)[_corner(hit), classes.long()] & (hit.part >= 0)


def _corner(hit: Hit) -> Int[Tensor, "h w"]:
    """A vertex of each pixel's triangle; any, where there is none."""
    return mesh(hit.part.device).faces[:, 0].long()[hit.triangle.clamp(min=0).long()]


@lru_cache(maxsize=1)
def vertex_parts() -> Int[np.ndarray, "v"]:
    """Part number + 1 of every vertex, 0 for what is neither skin nor skirt."""
    topology = mesh(torch.device("cpu"))
    parts = np.zeros(len(topology.points), dtype=np.int32)
    parts[topology.faces.flatten().numpy()] = np.repeat(topology.parts.numpy() + 1, 3)
    return parts


@lru_cache(maxsize=1)
def _joined() -> Bool[np.ndarray, "v 7"]:
    points, parts = mesh(torch.device("cpu")).points.numpy(), vertex_parts()
    joined = np.zeros((len(points), len(CLASSES)), dtype=bool)
    for part in range(1, len(CLASSES)):
        away, _ = cKDTree(points[parts == part]).query(points, distance_upper_bound=JOINT_M)
        joined[:, part] = np.isfinite(away)
    return joined
