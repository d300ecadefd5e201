"""Mask and body -> what to follow: places on the mask's contour for outline vertices; joints that must be in front."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_matrix
from scipy.spatial.distance import cdist

from layerpose.body.model import BodyModel
from layerpose.estimation.fit_model import CAMERA, FitModel
from layerpose.estimation.fit_problem import Evidence, Fronts, Matches
from layerpose.estimation.targets import POINTS, point_row
from layerpose.maps.raster import ZBuffers, draw
from layerpose.types import PARTS

PIXELS_PER_STATURE = 256
ROOM = 0.25
"""Free space around the mask, in statures, into which the drawn body may reach."""
BAND_PX = 2.0
TURN_PX = 12.0
"""How many pixels of distance a contour that points the wrong way is worth."""
FARTHEST_PX = 18.0
LEAST_AGREEMENT = 0.4
SHORTEST_PX = 16
FEWEST = 10
"""Matches; fewer say nothing."""


@dataclass(frozen=True, kw_only=True)
class Outline:
    """The mask on a grid of 256 pixels for a stature; `origin` and `pitch` (of a pixel) are in fit units."""

    mask: Bool[np.ndarray, "h w"]
    photo: Bool[np.ndarray, "h w"]
    """Where the photo is; beyond, nothing is known."""
    origin: Float[np.ndarray, "2"]
    pitch: float
    places: Float[np.ndarray, "n 2"]
    normals: Float[np.ndarray, "n 2"]
    """Outward."""


def outline_of(mask: Float[np.ndarray, "h w"], unit_px: float, stature: float) -> Outline:
    """Find the mask's contour, but not where the photo's edge cuts it. `unit_px` photo pixels are one fit unit."""
    rows, columns = np.flatnonzero((mask > 0.5).any(1)), np.flatnonzero((mask > 0.5).any(0))
    pitch = stature / PIXELS_PER_STATURE
    low = np.array([columns[0], rows[0]]) / unit_px - ROOM * stature
    high = np.array([columns[-1] + 1, rows[-1] + 1]) / unit_px + ROOM * stature
    size = np.ceil((high - low) / pitch).astype(int)
    zoom = pitch * unit_px
    affine = np.array([[zoom, 0, low[0] * unit_px + zoom / 2 - 0.5], [0, zoom, low[1] * unit_px + zoom / 2 - 0.5]])
    source = cv2.GaussianBlur(mask, (0, 0), zoom / 2) if zoom > 1 else mask
    soft = cv2.warpAffine(source, affine, tuple(size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    places, normals = _contour(soft)
    photo = (places * zoom) + low * unit_px
    edge = 2 * max(zoom, 1.0)
    inside = ((photo > edge) & (photo < np.array(mask.shape[::-1]) - edge)).all(1)
    return Outline(
        mask=soft > 0.5,
        photo=_inside(mask.shape, affine, soft.shape),
        origin=low,
        pitch=pitch,
        places=places[inside] * pitch + low,
        normals=normals[inside],
    )


def _inside(photo: tuple[int, ...], affine: Float[np.ndarray, "2 3"], grid: tuple[int, ...]) -> Bool[np.ndarray, "h w"]:
    """Which pixels of the grid have their centres in the photo."""
    rows, columns = (affine[axis, 2] + affine[axis, axis] * np.arange(grid[1 - axis]) for axis in (1, 0))
    high, wide = (np.abs(at - (size - 1) / 2) < size / 2 for at, size in ((rows, photo[0]), (columns, photo[1])))
    return high[:, None] & wide


def _contour(soft: Float[np.ndarray, "h w"]) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
    """Places (pixels, centres at +0.5) and outward normals along every contour that is not a speck."""
    contours, _ = cv2.findContours((soft > 0.5).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    none = np.empty((0, 2), dtype=np.int64)
    pixels = np.concatenate([none, *(contour[:, 0] for contour in contours if len(contour) >= SHORTEST_PX)])
    smooth = cv2.GaussianBlur(soft.astype(np.float32), (0, 0), 1.5)
    slope = np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)], axis=-1)
    normals = -slope[tuple(pixels.T[::-1])].astype(np.float64)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return pixels + 0.5 + 0.5 * normals, normals


FRONT_POINTS = [
    ((point_row(f"{side}_{start}"), point_row(f"{side}_{end}")), PARTS.index(f"{side}_{limb}"))
    for side in ("left", "right")
    for start, end, limb in (
        ("elbow", "elbow", "arm"),
        ("elbow", "wrist", "arm"),
        ("wrist", "wrist", "arm"),
        ("index", "index", "arm"),
        ("knee", "knee", "leg"),
        ("knee", "ankle", "leg"),
        ("ankle", "ankle", "leg"),
    )
]
"""Places, each between two points, that must not be hidden when the photo shows them, and the part they belong to."""
POINTS_OF_PART = [
    [row for row, point in enumerate(POINTS) if any(point.name.endswith(f"{joint}") for joint in joints)]
    if part in ("head", "torso")
    else [point_row(f"{part.split('_')[0]}_{joint}") for joint in joints]
    for part, joints in (
        ("head", ("nose", "ear")),
        ("torso", ("shoulder", "hip")),
        ("left_arm", ("elbow", "wrist")),
        ("right_arm", ("elbow", "wrist")),
        ("left_leg", ("knee", "ankle")),
        ("right_leg", ("knee", "ankle")),
    )
]
IN_SIGHT = 0.8
CLEARANCE_M = 0.04
"""From a joint's centre to the surface of what lies behind it."""


class Matcher:
    """Draws the body and matches its outline and its order in depth."""

    def __init__(self, model: FitModel) -> None:
        self.model = model
        self.faces = torch.as_tensor(model.model.faces, dtype=torch.int32)
        self.parts = torch.as_tensor(model.model.triangle_parts, dtype=torch.int32)
        around = _faces_around(model)
        used = np.flatnonzero(np.diff(around.tocsc().indptr))
        self.near: Int[np.ndarray, "n 3"] = model.model.faces[used]
        """The triangles at outline vertices."""
        self.around = around[:, used]

    def draw(self, vertices: Float[np.ndarray, "v 3"], outline: Outline) -> ZBuffers:
        """A body whose vertices are in fit units, one z-buffer per part."""
        pixels = vertices.copy()
        pixels[:, :2] = (vertices[:, :2] - outline.origin) / outline.pitch
        height, width = outline.mask.shape
        corners = torch.as_tensor(pixels, dtype=torch.float32)
        return draw(corners, self.faces, self.parts, num_parts=len(PARTS), height=height, width=width)

    def match(
        self, vertices: Float[np.ndarray, "v 3"], body: Bool[np.ndarray, "h w"], outline: Outline
    ) -> Matches | None:
        """Vertices at the drawn outline -> the nearest contour that points the same way; None if there are too few."""
        if not len(outline.places):
            return None
        points = (vertices[self.model.outline_vertices, :2] - outline.origin) / outline.pitch
        pixel = np.clip(np.floor(points).astype(int), 0, np.array(body.shape[::-1]) - 1)
        depth = cv2.distanceTransform(body.astype(np.uint8), cv2.DIST_L2, 3)
        shown = outline.photo[pixel[:, 1], pixel[:, 0]]
        candidates = np.flatnonzero(shown & (depth[pixel[:, 1], pixel[:, 0]] <= BAND_PX))
        normals = self._normals(vertices)[candidates]
        places = (outline.places - outline.origin) / outline.pitch
        agreement = normals @ outline.normals.T
        cost = cdist(points[candidates], places) + TURN_PX * (1 - agreement)
        best = np.argmin(cost, axis=1)
        rows = np.arange(len(candidates))
        kept = (cost[rows, best] < FARTHEST_PX) & (agreement[rows, best] > LEAST_AGREEMENT)
        if kept.sum() < FEWEST:
            return None
        best = best[kept]
        return Matches(vertices=candidates[kept], places=outline.places[best], normals=outline.normals[best])

    def _normals(self, vertices: Float[np.ndarray, "v 3"]) -> Float[np.ndarray, "n 2"]:
        """Projected outward normals of the outline vertices; all axes in one unit is not needed at the outline."""
        corners = vertices[self.near]
        normals = self.around @ np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        return normals[:, :2] / np.maximum(np.linalg.norm(normals[:, :2], axis=1, keepdims=True), 1e-12)


def _faces_around(model: FitModel) -> csr_matrix:
    """Sums face normals around each outline vertex."""
    rows = np.full(len(model.model.template), -1)
    rows[model.outline_vertices] = np.arange(len(model.outline_vertices))
    vertex = rows[model.model.faces]
    face = np.broadcast_to(np.arange(len(vertex))[:, None], vertex.shape)
    used = vertex >= 0
    entries = (np.ones(used.sum()), (vertex[used], face[used]))
    return csr_matrix(entries, shape=(len(model.outline_vertices), len(vertex)))


def fronts(
    buffers: ZBuffers,
    outline: Outline,
    evidence: Evidence,
    points: Float[np.ndarray, "p 3"],
    scale: float,
) -> Fronts:
    """What the photo shows must lie before every other part of the body that is drawn at its place.

    `points` are the body's own, in metres and camera axes; `scale` is fit units for a metre.
    """
    rows, others, farthest = [], [], []
    height, width = outline.mask.shape
    for ends, own in FRONT_POINTS:
        place = evidence.points[list(ends)].mean(0)
        column, line = np.floor((place - outline.origin) / outline.pitch).astype(int)
        if evidence.visibility[list(ends)].min() < IN_SIGHT or not (0 <= line < height and 0 <= column < width):
            continue
        for part, depth in enumerate(buffers.depths_at(line, column)):
            if part != own and depth is not None:
                joints = POINTS_OF_PART[part]
                joint = joints[int(np.linalg.norm(evidence.points[joints] - place, axis=1).argmin())]
                rows.append(ends)
                others.append(joint)
                farthest.append(depth / scale - points[joint, 2] - CLEARANCE_M)
    return Fronts(
        rows=np.array(rows, dtype=np.int64).reshape(-1, 2),
        others=np.array(others, dtype=np.int64),
        farthest=np.array(farthest, dtype=np.float64),
    )


def overlap(a: Bool[np.ndarray, "h w"], b: Bool[np.ndarray, "h w"]) -> float:
    """Intersection over union."""
    return float((a & b).sum() / max((a | b).sum(), 1))


def seen_vertices(
    model: BodyModel, phenotype: Float[np.ndarray, "6"], rotations: Float[np.ndarray, "j 3 3"]
) -> Float[np.ndarray, "v 3"]:
    """The posed mesh in camera axes."""
    return model.pose(model.rest(phenotype), rotations).vertices @ CAMERA.T
