"""Two bodies, one photo -> the photo's colours carried to the target, body point by body point.

For a target pixel (of the whole person or of one complete part) the same body point is looked up in the source. Where
it is visible there it is a fact; where it is not, the hole is closed from the mirrored half of the body, else from the
nearest point on the body's surface that the source shows. Around the body a thin rim moves rigidly with the nearest
bone, so that hair and loose clothes come along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import grid_sample

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.model import Posed, body_model
from layerpose.maps.raster import interpolate
from layerpose.maps.render import DrawnBody, Hit, mesh, part_hit
from layerpose.types import CLASSES, MIRRORED_CLASSES, Warp

DEPTH_TOLERANCE_M = 0.02
"""A body point further than this behind the source's surface is hidden there."""
EROSION = 3 / 1024
"""The source mask loses this share of the canvas all round: the outline of a photo is mixed with background."""
THROUGH = 0.3
"""How far front and back count as apart when a hidden point of the trunk or a limb looks for a colour."""
FEWEST_PEERS = 20
"""A part of which fewer vertices are shown takes its colours along the surface instead."""
SMOOTHINGS = 8
OCCLUDER_REACH = 8 / 1024
OCCLUDER_STEP_M = 0.05
"""Closer than this (share of the canvas) to a part that is so much nearer, a photo's colours may be that part's."""
RIM = 0.07
"""Width of the rim around the body that moves with it, as a share of the canvas."""
RIM_SMALLEST_STRETCH = 0.6
"""Where a step away from the body shrinks to less than this in the source, the rim says nothing."""


@dataclass(frozen=True, kw_only=True)
class SourceView:
    """What the source photo shows of its body: the photo, the drawn body, and colours for every vertex."""

    image: Float[Tensor, "1 3 h w"]
    drawn: DrawnBody
    orientations: Float[np.ndarray, "j 3 3"]
    parsing: Float[Tensor, "1 7 h w"]
    labels: Int[Tensor, "h w"]
    """S_s as class numbers."""
    shown: Int[Tensor, "h w"]
    """Part number + 1 where the photo shows the body, 0 elsewhere."""
    depth: Float[Tensor, "h w"]
    colours: Float[Tensor, "v 3"]
    crops: dict[tuple[str, int], Tensor] = field(default_factory=dict, compare=False, repr=False)
    """Parts of the image by name and size, cut when they are first wanted: they are the same for every target."""


def view_source(
    image: Float[Tensor, "1 3 h w"], parsing: Float[Tensor, "1 7 h w"], drawn: DrawnBody, posed: Posed
) -> SourceView:
    """Work out what a photo shows of the body in it. `image` is over flat grey, `parsing` is S_s, all on one canvas."""
    hit = drawn.nearest
    person = 1 - parsing[:, :1]
    reach = 2 * max(round(EROSION * drawn.size), 1) + 1
    eroded = -torch.nn.functional.max_pool2d(-person, reach, stride=1, padding=reach // 2)
    labels = torch.einsum("chw,c->hw", parsing[0], torch.arange(7.0, device=parsing.device)).round().int()
    clear = (eroded[0, 0] > 0.5) & (labels == hit.part + 1) & ~_beside_something_nearer(hit, drawn.size)
    shown = torch.where(clear, hit.part + 1, 0).int()
    view = SourceView(
        image=image, drawn=drawn, orientations=posed.transforms[:, :3, :3], parsing=parsing, labels=labels, shown=shown,
        depth=hit.depth, colours=drawn.vertices.new_zeros(len(drawn.vertices), 3),
    )  # fmt: skip
    return replace(view, colours=_vertex_colours(view))


def _beside_something_nearer(hit: Hit, size: int) -> Bool[Tensor, "h w"]:
    """Pixels at whose side something nearer begins: a fit that is a little off puts that one's colours here."""
    depth = torch.where(hit.part >= 0, hit.depth, torch.inf).cpu().numpy()
    reach = 2 * round(OCCLUDER_REACH * size) + 1
    near = cv2.erode(np.minimum(depth, 100.0), np.ones((reach, reach), np.uint8))
    return torch.as_tensor(depth - near > OCCLUDER_STEP_M, device=hit.part.device)


def warp_person(view: SourceView, target: DrawnBody, orientations: Float[np.ndarray, "j 3 3"]) -> Warp:
    """Carry the source to the whole target person, rim included."""
    hit = target.nearest
    inner = _warp_hit(view, hit, target.vertices_px)
    rim, known = _warp_rim(view, hit, target, orientations)
    outside = (hit.part < 0)[None, None]
    return Warp(
        image=torch.where(outside, rim, inner.image),
        visible=torch.where(outside, known, inner.visible),
        filled=torch.where(outside, rim, inner.filled),
    )


def warp_part(
    view: SourceView, target: DrawnBody, part: str, box: Float[Tensor, "3"], size: int, *, complete: bool = True
) -> Warp:
    """Carry the source to one part of the target, cut to its box."""
    hit = part_hit(target, part, box, size, complete=complete)
    left, top, side = box.tolist()
    origin = target.vertices.new_tensor([left, top, 0])
    return _warp_hit(view, hit, (target.vertices - origin) * target.vertices.new_tensor([size / side, size / side, 1]))


def _warp_hit(view: SourceView, hit: Hit, vertices_px: Float[Tensor, "v 3"]) -> Warp:
    topology = mesh(hit.part.device)
    places = view.drawn.vertices
    attributes = torch.cat([places, places[topology.mirror], view.colours], dim=1)
    rows, columns = window = _window(hit.part >= 0)
    found = interpolate(hit.triangle, vertices_px, topology.faces, attributes)[rows, columns]
    part = hit.part[rows, columns] + 1
    mirrored = torch.tensor(MIRRORED_CLASSES, device=part.device, dtype=part.dtype)[part.long()]
    direct = _visible(view, found[..., :3], part)
    mirror = _visible(view, found[..., 3:6], mirrored)
    image = _sample(view.image, found[..., :2]) * direct
    filled = torch.where(mirror, _sample(view.image, found[..., 3:5]), found[..., 6:9].permute(2, 0, 1)[None])
    filled = torch.where(direct, image, filled) * (part > 0)
    image, visible, filled = (_place(x, window, hit.part) for x in (image, direct[None, None].float(), filled))
    return Warp(image=image, visible=visible, filled=filled)


def _window(covered: Bool[Tensor, "h w"], margin: int = 0) -> tuple[slice, slice]:
    """The smallest rows and columns around what is covered, `margin` wider: the rest need not be computed."""
    found = []
    for axis, length in zip((1, 0), covered.shape, strict=True):
        there = torch.nonzero(covered.any(axis)).flatten()
        first, last = (int(there[0]), int(there[-1])) if len(there) else (0, 0)
        found.append(slice(max(first - margin, 0), min(last + 1 + margin, length)))
    return found[0], found[1]


def _place(
    piece: Float[Tensor, "1 c r s"], window: tuple[slice, slice], canvas: Int[Tensor, "h w"]
) -> Float[Tensor, "1 c h w"]:
    """A window's piece on a canvas that is 0 elsewhere."""
    placed = piece.new_zeros(1, piece.shape[1], *canvas.shape)
    placed[..., *window] = piece
    return placed


def _visible(view: SourceView, place: Float[Tensor, "*n 3"], part: Int[Tensor, "*n"]) -> Bool[Tensor, "*n"]:
    """Whether a body point (canvas units and depth, in the source) of a part is shown by the source."""
    pixel = (place[..., :2] * view.drawn.size).floor().long()
    inside = ((pixel >= 0) & (pixel < view.drawn.size)).all(-1)
    column, row = pixel.clamp(0, view.drawn.size - 1).unbind(-1)
    near = place[..., 2] <= view.depth[row, column] + DEPTH_TOLERANCE_M
    return inside & near & (part > 0) & (view.shown[row, column] == part)


def _sample(image: Float[Tensor, "1 3 h w"], place: Float[Tensor, "r c 2"]) -> Float[Tensor, "1 3 r c"]:
    return grid_sample(image, place[None].to(image.dtype) * 2 - 1, padding_mode="border", align_corners=False)


def _vertex_colours(view: SourceView) -> Float[Tensor, "v 3"]:
    """A colour for every vertex: its own, its mirror image's, or that of the nearest shown vertex on the surface."""
    model, device = body_model(), view.shown.device
    vertex_part = np.zeros(len(model.template), dtype=np.int32)
    vertex_part[model.faces.ravel()] = np.repeat(model.triangle_parts + 1, 3)
    shown = _visible(view, view.drawn.vertices, torch.as_tensor(vertex_part, device=device)).cpu().numpy()
    colours = _sample(view.image, view.drawn.vertices[None, :, :2])[0, :, 0].T.cpu().numpy().copy()
    borrowed = ~shown & shown[model.mirror]
    colours[borrowed] = colours[model.mirror[borrowed]]
    known = (shown | borrowed)[model.skin]
    if not known.any():
        return torch.zeros(len(colours), 3, device=device)
    skin_colours = colours[model.skin]
    skin_colours[~known] = skin_colours[_nearest_known(known, vertex_part[model.skin])]
    smooth = _averaging()
    for _ in range(SMOOTHINGS):
        skin_colours = np.where(known[:, None], skin_colours, smooth @ skin_colours)
    colours[model.skin] = skin_colours
    return torch.as_tensor(colours, device=device).float()


def _nearest_known(known: Bool[np.ndarray, "s"], parts: Int[np.ndarray, "s"]) -> Int[np.ndarray, "u"]:
    """For every unknown skin vertex the known one to take the colour of.

    Clothes look alike in front and behind, so trunk and limbs look straight through the body; the head, whose two sides
    differ, goes along the surface.
    """
    model = body_model()
    _, _, nearest = dijkstra(_edges(), indices=np.flatnonzero(known), min_only=True, return_predecessors=True)
    nearest = np.where(nearest < 0, np.flatnonzero(known)[0], nearest)
    places = model.template[model.skin] * [1, THROUGH, 1]
    for part in range(CLASSES.index("torso"), len(CLASSES)):
        peers, lost = np.flatnonzero(known & (parts == part)), np.flatnonzero(~known & (parts == part))
        if len(peers) >= FEWEST_PEERS:
            nearest[lost] = peers[cKDTree(places[peers]).query(places[lost])[1]]
    return nearest[~known]


@lru_cache(maxsize=1)
def _edges() -> csr_matrix:
    """Lengths of the edges between skin vertices of the template, in metres."""
    model = body_model()
    row = np.searchsorted(model.skin, model.faces[:, [0, 1, 2]].ravel())
    column = np.searchsorted(model.skin, model.faces[:, [1, 2, 0]].ravel())
    points = model.template[model.skin]
    lengths = np.linalg.norm(points[row] - points[column], axis=1) + 1e-6
    size = len(model.skin)
    pairs = (np.concatenate([row, column]), np.concatenate([column, row]))
    once, index = np.unique(pairs[0] * size + pairs[1], return_index=True)
    return csr_matrix((np.tile(lengths, 2)[index], (once // size, once % size)), shape=(size, size))


@lru_cache(maxsize=1)
def _averaging() -> csr_matrix:
    """The matrix that replaces each skin vertex by the mean of its neighbours."""
    ones = _edges().copy().astype(np.float32)
    ones.data[:] = 1
    return csr_matrix(ones.multiply(1 / np.asarray(ones.sum(1))))


def _warp_rim(
    view: SourceView, hit: Hit, target: DrawnBody, orientations: Float[np.ndarray, "j 3 3"]
) -> tuple[Float[Tensor, "1 3 h w"], Float[Tensor, "1 1 h w"]]:
    """Pixels close to the body: step from the nearest body pixel, turned as its bone turns."""
    size, device = target.size, hit.part.device
    window = _window(hit.part >= 0, margin=math.ceil(RIM * size) + 1)
    top, left = (piece.start for piece in window)
    covered = (hit.part[window] >= 0).cpu().numpy()
    body_rows, body_columns = np.nonzero(covered)
    empty = torch.zeros(1, 3, size, size, device=device)
    if not len(body_rows):
        return empty, empty[:, :1]
    distance, label = cv2.distanceTransformWithLabels(
        (~covered).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label = label.astype(np.int64)
    rows, columns = np.nonzero((distance > 0) & (distance < RIM * size))
    anchors = np.zeros((len(body_rows) + 1, 2), dtype=np.int64)
    anchors[label[body_rows, body_columns]] = np.stack([body_rows, body_columns], axis=1)
    anchor = anchors[label[rows, columns]]

    model, topology = body_model(), mesh(device)
    triangle = hit.triangle[window].cpu().numpy()[anchor[:, 0], anchor[:, 1]]
    start = target.vertices.cpu().numpy()[model.faces].mean(1)[triangle, :2]
    source_start = view.drawn.vertices.cpu().numpy()[model.faces].mean(1)[triangle, :2]
    bone = _dominant_bones()[model.faces[triangle, 0]]
    to_camera = BODY_TO_CAMERA.numpy()
    turn = to_camera @ view.orientations @ orientations.transpose(0, 2, 1) @ to_camera.T
    here = (np.stack([columns + left, rows + top], axis=1) + 0.5) / size
    step = (here - start) * (view.drawn.scale / target.scale)
    source_step = np.einsum("nab,nb->na", turn[bone][:, :2, :2], step)
    stretch = np.linalg.norm(source_step, axis=1) / np.maximum(np.linalg.norm(step, axis=1), 1e-6)
    place = torch.as_tensor(source_start + source_step, device=device).float()

    pixel = (place * view.drawn.size).floor().long()
    inside = ((pixel >= 0) & (pixel < view.drawn.size)).all(-1)
    pixel = pixel.clamp(0, view.drawn.size - 1)
    part = topology.parts[torch.as_tensor(triangle, device=device).long()] + 1
    off_body = view.drawn.nearest.part[pixel[:, 1], pixel[:, 0]] < 0
    same_or_none = view.labels[pixel[:, 1], pixel[:, 0]]
    fits = (same_or_none == 0) | (same_or_none == part)
    known = inside & off_body & fits & torch.as_tensor(stretch > RIM_SMALLEST_STRETCH, device=device)
    person = (known & (same_or_none > 0)).cpu().numpy()
    loose = person & ~_attached(covered, rows, columns, person)
    known &= ~torch.as_tensor(loose, device=device)
    colour = _sample(view.image, place[None])[0, :, 0] * known
    rim, mask = empty.clone(), empty[:, :1].clone()
    rim[0, :, rows + top, columns + left] = colour
    mask[0, 0, rows + top, columns + left] = known.float()
    return rim, mask


def _attached(
    covered: Bool[np.ndarray, "h w"], rows: Int[np.ndarray, "n"], columns: Int[np.ndarray, "n"],
    person: Bool[np.ndarray, "n"],
) -> Bool[np.ndarray, "n"]:  # fmt: skip
    """Which rim pixels that show the person hang together with the body; shreds that float beside it do not."""
    whole = covered.astype(np.uint8)
    whole[rows[person], columns[person]] = 1
    _, component = cv2.connectedComponents(whole, connectivity=8)
    return np.isin(component[rows, columns], np.unique(component[covered]))


@lru_cache(maxsize=1)
def _dominant_bones() -> Int[np.ndarray, "v"]:
    return body_model().weights.argmax(1)
