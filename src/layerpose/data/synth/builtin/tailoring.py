"""Body model -> the measures a tailor needs: normals, how far along an arm or a leg a vertex lies, neighbours.

Lines of a cut (collar, hem, cuff) are written down on one adult body in its A-pose and then hold for every body, since
all share their triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_matrix, csr_matrix, diags

from layerpose.body.model import Rest, body_model
from layerpose.motion.posing import ADULT

NUM_BODY = 13380
"""The first base vertices are the body; tongue, eyes and helpers follow."""
ARM = ("upperarm01", "lowerarm01", "wrist")
LEG = ("upperleg01", "lowerleg01", "foot")


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Of every body vertex on the adult body."""

    rest: Rest
    faces: Int[np.ndarray, "f 3"]
    uv: Float[np.ndarray, "f 3 2"]
    arm: Float[np.ndarray, "v"]
    """0 at the shoulder, 1 at the elbow, 2 at the wrist; far from the arms -1."""
    leg: Float[np.ndarray, "v"]
    """0 at the hip joint, 1 at the knee, 2 at the ankle; far from the legs -1."""
    head: Bool[np.ndarray, "v"]
    ear: Bool[np.ndarray, "v"]
    mean: csr_matrix
    """Vertex x vertex: the mean of the neighbours."""
    incidence: csr_matrix
    """Vertex x face: sums the faces' normals."""

    @property
    def places(self) -> Float[np.ndarray, "v 3"]:
        """Where the vertices are on the adult body."""
        return self.rest.vertices[:NUM_BODY]

    def normals(self, rest: Rest) -> Float[np.ndarray, "v 3"]:
        """Unit normals of a body."""
        a, b, c = (rest.vertices[self.faces[:, corner]] for corner in range(3))
        normals = self.incidence @ np.cross(b - a, c - a)
        return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


@lru_cache(maxsize=1)
def measures() -> Measures:
    """The measures, taken once."""
    model = body_model()
    rest = model.rest(np.array(ADULT))
    own = (model.faces < NUM_BODY).all(1)
    faces = model.faces[own]
    uv = model.uv[model.uv_faces[own]]
    places = rest.vertices[:NUM_BODY]
    num = len(faces)
    incidence = csr_matrix((np.ones(num * 3), (faces.reshape(-1), np.repeat(np.arange(num), 3))), (NUM_BODY, num))
    return Measures(
        rest=rest, faces=faces, uv=uv, arm=_along(rest, places, ARM), leg=_along(rest, places, LEG),
        head=_hangs_from("neck03"), ear=_ears(faces, uv), mean=_mean_of_neighbours(faces), incidence=incidence,
    )  # fmt: skip


@lru_cache(maxsize=8)
def hanging(root: str) -> list[int]:
    """The bone and everything that hangs from it."""
    model = body_model()
    found = [model.bone(root)]
    for bone, parent in enumerate(model.parents):
        if parent in found:
            found.append(bone)
    return found


def _hangs_from(root: str) -> Bool[np.ndarray, "v"]:
    return body_model().weights[:NUM_BODY, hanging(root)].sum(1) > 0.5


def _along(rest: Rest, places: Float[np.ndarray, "v 3"], bones: tuple[str, str, str]) -> Float[np.ndarray, "v"]:
    model = body_model()
    out = np.full(len(places), -1.0)
    for side in "LR":
        start, middle, end = (rest.heads[model.bone(f"{bone}.{side}")] for bone in bones)
        upper = (places - start) @ (middle - start) / ((middle - start) @ (middle - start))
        lower = (places - middle) @ (end - middle) / ((end - middle) @ (end - middle))
        limb = model.weights[:NUM_BODY, hanging(f"{bones[0]}.{side}")].sum(1) > 0.05
        out = np.where(limb, np.minimum(upper, 1) + np.maximum(lower, 0), out)
    return out


def _ears(faces: Int[np.ndarray, "f 3"], uv: Float[np.ndarray, "f 3 2"]) -> Bool[np.ndarray, "v"]:
    """The ears have islands of their own on the left of the body's texture."""
    middle = uv.mean(1)
    island = (middle[:, 0] < 0.16) & (middle[:, 1] > 0.54) & (middle[:, 1] < 0.64)
    ears = np.zeros(NUM_BODY, dtype=bool)
    ears[faces[island]] = True
    return ears


def _mean_of_neighbours(faces: Int[np.ndarray, "f 3"]) -> csr_matrix:
    start, end = faces[:, [0, 1, 2]].reshape(-1), faces[:, [1, 2, 0]].reshape(-1)
    rows, columns = np.r_[start, end], np.r_[end, start]
    links = coo_matrix((np.ones(len(rows)), (rows, columns)), (NUM_BODY, NUM_BODY)).tocsr()
    links.data[:] = 1
    return csr_matrix(diags(1 / np.maximum(np.asarray(links.sum(1)).ravel(), 1)) @ links)
