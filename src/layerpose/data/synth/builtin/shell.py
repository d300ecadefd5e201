"""A region of the body -> a shell around it: cut along exact lines, held off the skin, smooth, turned in at hems."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix, identity, vstack

from layerpose.body.model import Rest, body_model
from layerpose.data.synth.builtin.loft import Shoe, Skirt
from layerpose.data.synth.builtin.tailoring import NUM_BODY, measures

SMOOTHING = 0.6
"""Share of the way to the mean of its neighbours that a vertex goes in each round."""
HEM_INSIDE_M = 0.003
"""How deep in the skin the inner edge of a hem ends."""
HIDING_M = 0.02
"""Skin nearer to an edge than this stays."""


class Shell:
    """A garment's part that follows the body's own triangles."""

    def __init__(
        self,
        fields: Sequence[Float[np.ndarray, "v"]],
        offset: Float[np.ndarray, "v"],
        *,
        rounds: int,
        hems: bool = True,
    ) -> None:
        """`fields` are positive inside and measured in metres or shares of a limb; the shell is where all are."""
        body = measures()
        points, faces, uv = cut(body.faces, body.uv, fields)
        self.offset, self.rounds = offset, rounds
        self.hidden = np.flatnonzero(np.min(fields, axis=0) > HIDING_M)
        self._outer = points
        self._num_inner = 0
        if hems:
            edges, edge_uv = _border(faces, uv)
            inner = np.unique(edges)
            self._inner_rows, self._num_inner = inner, len(inner)
            lip, lip_uv = _lip(edges, edge_uv, inner, int(faces.max()) + 1)
            faces, uv = np.concatenate([faces, lip]), np.concatenate([uv, lip_uv])
        self.faces, self.uv = faces.astype(np.int32), uv

    @property
    def points(self) -> csr_matrix:
        """Shell vertex x body vertex: where on the body's triangles the vertices lie."""
        if not self._num_inner:
            return self._outer
        return csr_matrix(vstack([self._outer, self._outer[self._inner_rows]]))

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The shell on a body."""
        skin, normals = rest.vertices[:NUM_BODY], measures().normals(rest)
        held = skin + normals * self.offset[:, None]
        smooth = held
        for _ in range(self.rounds):
            smooth = smooth + SMOOTHING * (measures().mean @ smooth - smooth)
        height = ((smooth - skin) * normals).sum(1)
        outer = self._outer @ (skin + normals * np.maximum(self.offset, height)[:, None])
        if not self._num_inner:
            return outer
        inner = self._outer[self._inner_rows] @ (skin - HEM_INSIDE_M * normals)
        return np.concatenate([outer, inner])

    def weights(self) -> Float[np.ndarray, "g j"]:
        """Skinning weights, those of the skin below."""
        return np.asarray(self.points @ body_model().weights[:NUM_BODY], dtype=np.float32)


class Slice:
    """The part of a shape where a field is positive."""

    def __init__(self, shape: Skirt | Shoe, field: Float[np.ndarray, "v"]) -> None:
        self._shape = shape
        self._points, faces, self.uv = cut(shape.faces, shape.uv, [field])
        self.faces, self.hidden = faces.astype(np.int32), shape.hidden

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The slice on a body."""
        return self._points @ self._shape.fit(rest)

    def weights(self) -> Float[np.ndarray, "g j"]:
        """The shape's own."""
        return np.asarray(self._points @ self._shape.weights())


def cut(
    faces: Int[np.ndarray, "f 3"], uv: Float[np.ndarray, "f 3 2"], fields: Sequence[Float[np.ndarray, "v"]]
) -> tuple[csr_matrix, Int[np.ndarray, "g 3"], Float[np.ndarray, "g 3 2"]]:
    """Cut a mesh where a field is 0, one after the other -> new vertices as mixtures of the old, triangles, corners."""
    points = csr_matrix(identity(len(fields[0])))
    for field in fields:
        points, faces, uv = _cut_once(points, faces, uv, points @ field)
    used, faces = np.unique(faces, return_inverse=True)
    return csr_matrix(points[used]), faces.reshape(-1, 3), uv


def _cut_once(
    points: csr_matrix, faces: Int[np.ndarray, "f 3"], uv: Float[np.ndarray, "f 3 2"], values: Float[np.ndarray, "g"]
) -> tuple[csr_matrix, Int[np.ndarray, "h 3"], Float[np.ndarray, "h 3 2"]]:
    inside = values[faces] > 0
    count = inside.sum(1)
    mixed = (count == 1) | (count == 2)
    lonely = (inside[mixed] == (count[mixed] == 1)[:, None]).argmax(1)
    turn = (lonely[:, None] + np.arange(3)) % 3
    (a, b, c), spots = np.take_along_axis(faces[mixed], turn, 1).T, np.take_along_axis(uv[mixed], turn[..., None], 1)
    edges = np.stack([a, b, a, c], axis=1).reshape(-1, 2)
    ends, number = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
    ab, ac = (len(values) + number.reshape(-1, 2)).T
    share = _crossing(values, edges).reshape(-1, 2, 1)
    (ua, ub, uc), (uab, uac) = (
        spots.swapaxes(0, 1),
        (spots[:, :1] + share * (spots[:, 1:] - spots[:, :1])).swapaxes(0, 1),
    )
    tip = count[mixed] == 1
    new_faces = [np.stack(corners, axis=1) for corners in ((a, ab, ac), (ab, b, c), (ab, c, ac))]
    new_uv = [np.stack(corners, axis=1) for corners in ((ua, uab, uac), (uab, ub, uc), (uab, uc, uac))]
    kept = [tip, ~tip, ~tip]
    along = _crossing(values, ends)[:, None]
    added = points[ends[:, 0]].multiply(1 - along) + points[ends[:, 1]].multiply(along)
    return (
        csr_matrix(vstack([points, added])),
        np.concatenate([faces[count == 3], *(f[k] for f, k in zip(new_faces, kept, strict=True))]),
        np.concatenate([uv[count == 3], *(u[k] for u, k in zip(new_uv, kept, strict=True))]),
    )


def _crossing(values: Float[np.ndarray, "g"], edges: Int[np.ndarray, "e 2"]) -> Float[np.ndarray, "e"]:
    """How far along each edge the value is 0."""
    start, end = values[edges].T
    return start / (start - end)


def _border(
    faces: Int[np.ndarray, "f 3"], uv: Float[np.ndarray, "f 3 2"]
) -> tuple[Int[np.ndarray, "e 2"], Float[np.ndarray, "e 2 2"]]:
    """Edges with one triangle, in its direction, and their texture coordinates."""
    edges = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    corners = uv[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2, 2)
    _, number, count = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True, return_counts=True)
    alone = count[number.reshape(-1)] == 1
    return edges[alone], corners[alone]


def _lip(
    edges: Int[np.ndarray, "e 2"], uv: Float[np.ndarray, "e 2 2"], inner: Int[np.ndarray, "n"], first: int
) -> tuple[Int[np.ndarray, "f 3"], Float[np.ndarray, "f 3 2"]]:
    """A band from the border inwards to the skin: the thickness of the cloth."""
    a, b = edges.T
    c, d = (np.searchsorted(inner, edges) + first).T
    ua, ub = uv[:, 0], uv[:, 1]
    faces = np.concatenate([np.stack([b, a, c], axis=1), np.stack([b, c, d], axis=1)])
    return faces, np.concatenate([np.stack([ub, ua, ua], axis=1), np.stack([ub, ua, ub], axis=1)])
