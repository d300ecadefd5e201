"""Bound body + clothes -> the skirt that is worn, as more vertices and triangles of the mesh.

The body's texture has no room for it: a row has the colours of the legs' fronts (or backs) between which it hangs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from layerpose.body.model import body_model
from layerpose.maps.render import hang_skirt
from layerpose.motion.write.skinning import NUM


@dataclass(frozen=True, kw_only=True)
class HungSkirt:
    """The skirt's vertices in the bound pose, and its triangles as rows of these."""

    places: Float[np.ndarray, "s 3"]
    normals: Float[np.ndarray, "s 3"]
    uv: Float[np.ndarray, "s 2"]
    bones: Int[np.ndarray, "s 4"]
    weights: Float[np.ndarray, "s 4"]
    faces: Int[np.ndarray, "f 3"]


def worn_skirt(surface: Float[np.ndarray, "v 3"], clothes: Float[np.ndarray, "v"] | None) -> HungSkirt | None:
    """The skirt on a dressed surface (body axes); None if none is worn."""
    skirt = body_model().skirt
    if clothes is None or not (clothes[skirt.vertices] > 0.5).any():
        return None
    places = hang_skirt(surface, clothes)[skirt.vertices]
    row = np.full(len(surface), -1)
    row[skirt.vertices] = np.arange(len(places))
    faces = row[skirt.faces]
    faces = faces[(clothes[skirt.vertices][faces] > 0.5).all(1)]
    bones, weights = _weights()
    return HungSkirt(
        places=places, normals=_normals(places, faces), uv=_coordinates(), bones=bones, weights=weights, faces=faces
    )


def _normals(places: Float[np.ndarray, "s 3"], faces: Int[np.ndarray, "f 3"]) -> Float[np.ndarray, "s 3"]:
    """Of length 1 throughout, as the format wants them: what belongs to no triangle looks up."""
    a, b, c = np.moveaxis(places[faces], 1, 0)
    summed = np.zeros_like(places)
    np.add.at(summed, faces.ravel(), np.repeat(np.cross(b - a, c - a), 3, axis=0))
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.where(length > 0, summed / np.where(length > 0, length, 1), [0, 0, 1])


@lru_cache(maxsize=1)
def _weights() -> tuple[Int[np.ndarray, "s 4"], Float[np.ndarray, "s 4"]]:
    """Of both legs' rims, the nearer one's more; the four strongest bones."""
    model, skirt = body_model(), body_model().skirt
    own = (model.weights[skirt.rims] * skirt.shares[..., None]).sum(1)
    across = skirt.across[:, None]
    mixed = (1 - across) * own + across * own[skirt.opposite]
    bones = np.argsort(-mixed, axis=1, kind="stable")[:, :NUM]
    chosen = np.take_along_axis(mixed, bones, axis=1)
    return bones, chosen / chosen.sum(1, keepdims=True)


@lru_cache(maxsize=1)
def _coordinates() -> Float[np.ndarray, "s 2"]:
    """Texture coordinates of the rims; both ends of a rim's edge as one triangle has them."""
    model, skirt = body_model(), body_model().skirt
    corners = {
        frozenset((int(face[i]), int(face[i - 1]))): {int(v): int(t) for v, t in zip(face, uv, strict=True)}
        for face, uv in zip(model.faces, model.uv_faces, strict=True) for i in range(3)
    }  # fmt: skip
    found = [[model.uv[corners[frozenset(edge)][v]] for v in edge] for edge in skirt.rims.tolist()]
    return (np.array(found) * skirt.shares[..., None]).sum(1)
