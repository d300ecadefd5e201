"""Drawn body + mask of the person -> how far clothes and hair stand off the skin, and the body dressed in them.

The outline of a photo shows it where the skin is seen on edge: from there to where the person ends. That tells which
outfit it is likely to be (`maps.usual`); by how much it is another one spreads from the outline over the surface, so
that a trouser leg that is wider on both sides is taken to be wider all round. A dressed body can be drawn in any pose,
and shows the outline there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import cg
from scipy.spatial import ConvexHull, cKDTree
from torch import Tensor

from layerpose.body.model import Posed, body_model
from layerpose.maps.render import DrawnBody, PlacedBody, Worn, draw_placed, hang_skirt, place_posed, vertex_normals
from layerpose.maps.usual import bundled_usual
from layerpose.types import Camera

ON_EDGE = 0.25
"""A vertex is on edge if its normal points less than this towards the viewer or away."""
FARTHEST_M = 0.12
"""Clothes and hair stand off no further than this."""
DEEPEST_M = 0.015
"""And the skin lies no further outside the person than this: a fitted body is a little off."""
OUTLINE_DEPTH_M = 0.06
"""A vertex that lies this much behind what is seen beside it is not on the outline."""
STIFFNESS = 0.25
"""How strongly neighbours agree, measured against what the outline shows at a vertex."""
BOTH_SIDES = 0.2
"""How strongly a vertex and its mirror image agree, in the same measure."""
BARE = 1e-3
BARE_FACE = 0.05
BARE_HANDS = 1.0
"""How strongly everything, a face and hands tend to bare skin, in the same measure."""
FACE = (0.0, -0.13, 0.7)
FACE_RADIUS_M = 0.075
"""Where the template's face is, in body axes."""
INSTEP_M, ANKLE_M = 0.035, 0.06
"""Above the sole: a shoe covers a foot wholly up to the one height, and beyond the other not at all."""
BAREFOOT_M, SHOD_M = 0.0015, 0.003
"""How far off the skin a foot is covered on average if it certainly has no shoe, and if it certainly has one."""
HAND_BONES = ("wrist", "finger", "metacarpal")
ROUNDS = 200
"""Of the conjugate gradients."""
CAUTION = 0.85
"""Share of what was found that is put on: outlines in other poses and views fit best with a little less."""


def measure_clothes(drawn: DrawnBody, person: Bool[Tensor, "h w"]) -> Float[np.ndarray, "v"]:
    """Metres by which the dressed surface stands off each vertex along its normal."""
    vertex, off = read_outline(drawn, person.cpu().numpy())
    if not len(vertex):
        return np.zeros(len(body_model().template), dtype=np.float32)
    usual = bundled_usual().recognise(vertex, off)
    found = usual + spread(vertex, off - usual[vertex])
    deepest = np.where(_bones_are((*HAND_BONES, "toe")), 0, -DEEPEST_M)  # thin as they are, they would turn inside out
    return np.clip(CAUTION * found, deepest, FARTHEST_M).astype(np.float32)


def spread(vertex: Int[np.ndarray, "n"], off: Float[np.ndarray, "n"]) -> Float[np.ndarray, "v"]:
    """What is known at some vertices, over the whole surface: neighbours and both sides agree, else it is bare skin."""
    shown, sums = (np.bincount(vertex, weights, len(body_model().template)) for weights in (np.ones_like(off), off))
    system = diags(shown) + _surface()
    return cg(system, sums, rtol=1e-3, maxiter=ROUNDS, M=diags(1 / system.diagonal()))[0]


def draw_dressed(
    posed: Posed, camera: Camera, size: int, clothes: Float[np.ndarray, "v"] | None, *, device: torch.device
) -> DrawnBody:
    """Draw a body with its surface moved out to where the clothes are; the keypoints stay. None: the bare body."""
    placed = place_posed(posed, camera, device)
    if clothes is None:
        return draw_placed(placed, size)
    return replace(draw_placed(dress(placed, clothes), size), bare=placed)


def dress(body: PlacedBody, clothes: Float[np.ndarray, "v"]) -> PlacedBody:
    """The body with its surface moved out to where the clothes are; the keypoints stay.

    Depth stays too: a bare hand before a thick coat is not swallowed by it. A foot in a shoe goes to its hull first.
    """
    units = np.array([body.scale, body.scale, 1])
    worn = hang_skirt(move_out(body.vertices.cpu().numpy() / units, clothes, along=(1, 1, 0)), clothes)
    moved = torch.as_tensor(worn * units, device=body.vertices.device).float()
    return PlacedBody(vertices=moved, keypoints=body.keypoints, scale=body.scale)


def move_out(
    bare: Float[np.ndarray, "v 3"], clothes: Float[np.ndarray, "v"], along: tuple[float, float, float] = (1, 1, 1)
) -> Float[np.ndarray, "v 3"]:
    """The surface (metres, any axes) where the clothes are; `along` says by which share it moves along each axis.

    A foot in a shoe goes to its hull first.
    """
    step = vertex_normals(torch.as_tensor(bare), torch.as_tensor(body_model().faces).long()).numpy() * clothes[:, None]
    worn = bare + _carrying() @ step * along
    for foot in _feet():
        off = float(clothes[foot.vertices].mean())
        shod = min(max((off - BAREFOOT_M) / (SHOD_M - BAREFOOT_M), 0.0), 1.0)
        if shod:
            own, off = bare[foot.vertices], clothes[foot.vertices][:, None]
            normals = vertex_normals(torch.as_tensor(own), torch.as_tensor(foot.faces)).numpy()
            shoe = foot.hull @ (own + normals * off * along)
            worn[foot.vertices] += shod * foot.share[:, None] * (shoe - worn[foot.vertices])
    return worn


@dataclass(frozen=True, kw_only=True)
class _Foot:
    """A foot's vertices and their places on its convex hull: a shoe has neither toes nor an arch."""

    vertices: Int[np.ndarray, "n"]
    share: Float[np.ndarray, "n"]
    """1 for what a shoe covers, falling to 0 at the ankle."""
    hull: csr_matrix
    """(n, n): each place as a mean of the hull's corners, which are vertices of the foot."""
    faces: Int[np.ndarray, "f 3"]
    """The hull's triangles among the foot's vertices, corners seen from outside in the order of the body's own."""


def lend_clothes(dressed: DrawnBody) -> Worn | None:
    """How the clothes that a body wears would be worn by another one in its place, point by nearest point."""
    bare = dressed.bare
    if bare is None:
        return None
    units = bare.vertices.new_tensor([bare.scale, bare.scale, 1])
    step = dressed.vertices - bare.vertices
    skin = torch.as_tensor(body_model().skin, device=step.device)
    places = cKDTree((bare.vertices[skin] / units).cpu().numpy())

    def worn(points: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        nearest = torch.as_tensor(places.query((points / units).cpu().numpy())[1], device=points.device)
        return points + step[skin[nearest]]

    return worn


def read_outline(
    drawn: DrawnBody, person: Bool[np.ndarray, "h w"]
) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Vertices on the outline, and from each the way along its normal to where the person ends, in metres."""
    size, unit = drawn.size, drawn.size / 1024
    normal, place = drawn.normals.cpu().numpy(), drawn.vertices_px.cpu().numpy()
    hit = drawn.nearest
    body, depth = (hit.part >= 0).cpu().numpy(), hit.depth.cpu().numpy()
    flat = np.linalg.norm(normal[:, :2], axis=1)
    vertex = np.flatnonzero((np.abs(normal[:, 2]) < ON_EDGE) & (flat > 0) & (_pieces()[0] == _pieces()[1]))
    normal, place, flat = normal[vertex], place[vertex], flat[vertex]
    way = normal[:, :2] / flat[:, None]

    def look(picture: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """The picture's values so many steps from each vertex; 0 outside of it."""
        at = np.floor(place[:, None, :2] + way[:, None] * (steps * unit)[None, :, None]).astype(np.int64)
        inside = ((at >= 0) & (at < size)).all(-1)
        at = at.clip(0, size - 1)
        return np.where(inside, picture[at[..., 1], at[..., 0]], picture.dtype.type(0))

    per_metre = drawn.scale * 1024
    out = np.arange(0, int(FARTHEST_M * per_metre) + 2)
    back = -np.arange(1, int(DEEPEST_M * per_metre) + 2)
    within = np.array([-3])
    there = look(body, within)[:, 0]
    at_depth = np.abs(look(np.where(body, depth, 0).astype(np.float32), within)[:, 0] - place[:, 2]) < OUTLINE_DEPTH_M
    left = ~look(person, out)
    first = left.argmax(1)
    blocked = (look(body, out)[:, 3:] & (out[None, 3:] <= first[:, None])).any(1)
    entered = look(person, back)
    steps = np.where(first > 0, first, np.where(entered.any(1), back[entered.argmax(1)], 0))
    edge = place[:, :2] + way * (first * unit)[:, None]
    known = there & at_depth & left.any(1) & ~blocked & ((edge >= 0) & (edge < size)).all(1)
    known &= (first > 0) | entered.any(1)
    return vertex[known], (steps / per_metre / flat)[known]


@lru_cache(maxsize=1)
def _edges() -> tuple[Int[np.ndarray, "e"], Int[np.ndarray, "e"]]:
    faces = body_model().faces
    return faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()


@lru_cache(maxsize=1)
def _pieces() -> tuple[Int[np.ndarray, "v"], int]:
    """Of each vertex the number of the piece it belongs to, and the skin's: eyes, teeth and lashes lie apart."""
    num = len(body_model().template)
    _, piece = connected_components(csr_matrix((np.ones(len(_edges()[0])), _edges()), shape=(num, num)))
    return piece, int(np.bincount(piece).argmax())


@lru_cache(maxsize=1)
def _feet() -> tuple[_Foot, ...]:
    left = body_model().template[:, 0] > 0
    return tuple(_foot(_bones_are(("foot", "toe")) & side) for side in (left, ~left))


def _foot(own: Bool[np.ndarray, "v"]) -> _Foot:
    """What of a foot lies below the ankle, and its hull on the template."""
    model = body_model()
    vertices = model.skin[own[model.skin]]
    places = model.template[vertices].astype(np.float64)
    height = places[:, 2] - places[:, 2].min()
    vertices, places, height = (x[height < ANKLE_M] for x in (vertices, places, height))
    hull = ConvexHull(places)
    centre = places.mean(0)
    corners = places[hull.simplices] - centre
    outwards = np.linalg.det(corners) > 0
    faces = np.where(outwards[:, None], hull.simplices, hull.simplices[:, [0, 2, 1]])
    # Seen from the centre each place has one of the hull before it: that leaves no gaps between toes.
    towards = (places - centre) @ hull.equations[:, :3].T / -(hull.equations[:, :3] @ centre + hull.equations[:, 3])
    face = towards.argmax(1)
    shares = np.linalg.solve(corners[face].transpose(0, 2, 1), (places - centre)[..., None])[..., 0].clip(0)
    shares /= shares.sum(1, keepdims=True)
    rows = np.repeat(np.arange(len(vertices)), 3)
    columns = hull.simplices[face].ravel()
    matrix = csr_matrix((shares.ravel(), (rows, columns)), shape=(len(vertices), len(vertices)))
    share = ((ANKLE_M - height) / (ANKLE_M - INSTEP_M)).clip(0, 1)
    return _Foot(vertices=vertices, share=share, hull=matrix, faces=faces.astype(np.int64))


@lru_cache(maxsize=1)
def _carrying() -> csr_matrix:
    """The matrix by which the skin's steps move everything: a piece apart goes as a whole with the skin around it."""
    template, (piece, skin) = body_model().template, _pieces()
    main = np.flatnonzero(piece == skin)
    nearest = main[cKDTree(template[main]).query(template)[1]]
    of_piece = csr_matrix((np.ones(len(piece)), (piece, nearest)), shape=(piece.max() + 1, len(piece)))
    mean = diags(1 / np.bincount(piece)) @ of_piece
    own = csr_matrix((np.ones(len(main)), (main, main)), shape=(len(piece), len(piece)))
    apart = np.flatnonzero(piece != skin)
    spread = csr_matrix((np.ones(len(apart)), (apart, piece[apart])), shape=(len(piece), mean.shape[0]))
    return csr_matrix(own + spread @ mean)


@lru_cache(maxsize=1)
def _surface() -> csr_matrix:
    """What neighbours and mirror images have to agree on, as a matrix (a graph Laplacian, and a pull to bare skin)."""
    mirror, num = body_model().mirror, len(body_model().template)
    first, second = _edges()
    pairs = np.concatenate([first, second, np.arange(num)]), np.concatenate([second, first, mirror])
    weights = np.concatenate([np.full(2 * len(first), STIFFNESS / 2), np.full(num, BOTH_SIDES)])
    links = csr_matrix((weights, pairs), shape=(num, num))
    links = (links + links.T) / 2
    return csr_matrix(diags(np.asarray(links.sum(1)).ravel() + _bareness()) - links)


def _bareness() -> Float[np.ndarray, "v"]:
    """How strongly each vertex tends to bare skin."""
    model = body_model()
    bareness = np.full(len(model.template), BARE)
    bareness[np.linalg.norm(model.template - np.array(FACE), axis=1) < FACE_RADIUS_M] = BARE_FACE
    bareness[_bones_are(HAND_BONES)] = BARE_HANDS
    return bareness


@lru_cache(maxsize=2)
def _bones_are(names: tuple[str, ...]) -> Bool[np.ndarray, "v"]:
    """Vertices that go mostly with bones whose names begin so."""
    model = body_model()
    return np.array([name.startswith(names) for name in model.bone_names])[model.weights.argmax(1)]
