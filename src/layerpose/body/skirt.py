"""Legs of the template -> the cloth that can hang between them: a web in front and one behind, rim to rim.

A skirt is what the body model does not have: a surface that belongs to both legs. Each row of a web runs straight from
the foremost (or hindmost) line of the left leg to that of the right one, so it opens and closes with the legs and is as
wide as what they wear. The vertices that carry it are those of the base mesh that nothing else uses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from layerpose.types import PARTS

ROWS, COLUMNS = 40, 5
"""Vertices of half a web, from top to bottom and from a leg to the middle."""
TOP_M, BOTTOM_M = 0.01, -0.74
"""Heights of the first and the last row on the template, whose crotch is 4 cm below its pelvis."""
BESIDE_M = 0.05
"""The rims are at least so far from the middle of the body: at the top the legs are one."""
LEGS = tuple(PARTS.index(part) for part in ("torso", "left_leg", "right_leg"))


@dataclass(frozen=True, kw_only=True)
class Skirt:
    """Vertices, triangles and how the vertices follow from the body's."""

    vertices: Int[np.ndarray, "s"]
    """Rows of a body's vertices: four halves (left and right in front, then behind), row by row, outwards in."""
    rims: Int[np.ndarray, "s 2"]
    """On its own leg each vertex begins on an edge between two of the body's vertices ..."""
    shares: Float[np.ndarray, "s 2"]
    """... at their mean with these weights."""
    across: Float[np.ndarray, "s"]
    """How far each vertex is on the way to the other leg's rim, 0..0.5."""
    opposite: Int[np.ndarray, "s"]
    """The vertex (a row of this table) of the other half in the same place."""
    rows: Int[np.ndarray, "s"]
    """Row of each vertex, 0 is the topmost."""
    heights_m: Float[np.ndarray, "r"]
    """Of the rows, on the template."""
    faces: Int[np.ndarray, "f 3"]
    """Triangles of rows of a body's vertices, seen from outside in the order of the body's own."""
    parts: Int[np.ndarray, "f"]

    def hang(self, vertices: Float[np.ndarray, "v c"], worn: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s c"]:
        """Places of the vertices on a body: between the legs where they are worn (1), on the rims where not (0)."""
        rim = (vertices[self.rims] * self.shares[..., None]).sum(1)
        return rim + (worn * self.across)[:, None] * (rim[self.opposite] - rim)


def make_skirt(
    template: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"], triangle_parts: Int[np.ndarray, "f"]
) -> Skirt:
    """The webs of a body."""
    heights = np.linspace(TOP_M, BOTTOM_M, ROWS)
    edges = _edges(faces[np.isin(triangle_parts, LEGS)])
    found = [_rims(template, edges, height) for height in heights]
    rims = [row[number] for number in range(4) for row in found]
    vertex, share = (np.repeat(np.array(column), COLUMNS, axis=0) for column in zip(*rims, strict=True))
    numbers = np.arange(len(vertex)).reshape(2, 2, ROWS, COLUMNS)
    vertices = np.setdiff1d(np.arange(len(template)), faces)[-len(vertex) :]
    corners, parts = _triangles(numbers)
    return Skirt(
        vertices=vertices, rims=vertex, shares=share, across=np.tile(np.linspace(0, 0.5, COLUMNS), 4 * ROWS),
        opposite=numbers[:, ::-1].ravel(), rows=np.tile(np.repeat(np.arange(ROWS), COLUMNS), 4), heights_m=heights,
        faces=vertices[corners], parts=parts,
    )  # fmt: skip


def _edges(faces: Int[np.ndarray, "f 3"]) -> Int[np.ndarray, "e 2"]:
    """Each edge of some triangles once."""
    return np.unique(np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)


def _rims(
    template: Float[np.ndarray, "v 3"], edges: Int[np.ndarray, "e 2"], height: float
) -> list[tuple[Int[np.ndarray, "2"], Float[np.ndarray, "2"]]]:
    """Where the legs lie farthest to the front and back at a height (left, right, left, right): edges and weights."""
    above = template[edges, 2] - height
    through = above.prod(1) < 0
    edges, above = edges[through], above[through]
    share = np.stack([-above[:, 1], above[:, 0]], axis=1) / (above[:, :1] - above[:, 1:])
    x, y, _ = (template[edges] * share[..., None]).sum(1).T
    best = [np.where(x * side > BESIDE_M, y * way, -np.inf).argmax() for way in (-1, 1) for side in (1, -1)]
    return [(edges[number], share[number]) for number in best]


def _triangles(numbers: Int[np.ndarray, "2 2 r c"]) -> tuple[Int[np.ndarray, "f 3"], Int[np.ndarray, "f"]]:
    """Of the halves, as rows of `Skirt.vertices`, and their parts."""
    triangles, parts = [], []
    for web, behind in zip(numbers, (False, True), strict=True):
        for half, part in zip(web, ("left_leg", "right_leg"), strict=True):
            a, b, c, d = (x.ravel() for x in (half[:-1, :-1], half[:-1, 1:], half[1:, 1:], half[1:, :-1]))
            turned = behind != (part == "right_leg")
            for three in ((a, b, c), (a, c, d)):
                triangles.append(np.stack(three[::-1] if turned else three, axis=1))
                parts.append(np.full(len(a), PARTS.index(part), dtype=np.int32))
    return np.concatenate(triangles), np.concatenate(parts)
