"""Body -> maps: the body is drawn once, and S, D and H of the whole person and of each complete part are read off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from layerpose.body.camera import project
from layerpose.body.model import BodyModel, Posed, Rest, body_model
from layerpose.body.skeleton import KEYPOINTS
from layerpose.body.surface import Surface
from layerpose.maps.heatmap import draw_heatmaps
from layerpose.maps.raster import Hit, ZBuffers, draw
from layerpose.types import CLASSES, PARTS, Body, Camera, Maps

NECK = KEYPOINTS.index("neck")
KEYPOINTS_OF_PART = {
    "head": (0, 1, 2, 3, 4, NECK),
    "torso": (5, 6, 11, 12, NECK),
    "left_arm": (5, 7, 9),
    "right_arm": (6, 8, 10),
    "left_leg": (11, 13, 15),
    "right_leg": (12, 14, 16),
}
"""Channels of H that belong to a part when it is drawn alone."""


SHORTEST = 1e-12
"""A shorter vector has no direction."""
Worn = Callable[[Float[Tensor, "n 3"]], Float[Tensor, "n 3"]]
"""Points of a bare body -> where its clothes are."""


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """The topology that every body shares, on one device: the skin, then the skirt, which is flat if not worn."""

    faces: Int[Tensor, "f 3"]
    parts: Int[Tensor, "f"]
    mirror: Int[Tensor, "v"]
    part_vertices: tuple[Int[Tensor, "_"], ...]
    points: Float[Tensor, "v 3"]
    """Of the template, in metres from the middle of its skin."""


@dataclass(frozen=True, kw_only=True)
class PlacedBody:
    """A body on the canvas: its vertices and keypoints in canvas units with depth in metres."""

    vertices: Float[Tensor, "v 3"]
    keypoints: Float[Tensor, "18 3"]
    scale: float
    """Of the camera: canvas units for a metre."""

    @cached_property
    def normals(self) -> Float[Tensor, "v 3"]:
        """Of the surface at every vertex, outwards, in camera axes; 0 for a vertex that no triangle has."""
        metres = self.vertices / self.vertices.new_tensor([self.scale, self.scale, 1])
        return vertex_normals(metres, mesh(self.vertices.device).faces.long())

    @cached_property
    def frames(self) -> Float[Tensor, "f 3 3"]:
        """An edge, the normal and what stands on both, of every triangle, in camera axes."""
        metres = self.vertices / self.vertices.new_tensor([self.scale, self.scale, 1])
        a, b, c = metres[mesh(self.vertices.device).faces.long()].unbind(1)
        normalize = torch.nn.functional.normalize
        along, normal = normalize(b - a, dim=1), normalize(torch.linalg.cross(b - a, c - a), dim=1)
        return torch.stack([along, torch.linalg.cross(normal, along), normal], dim=-1)


@dataclass(frozen=True, kw_only=True)
class DrawnBody(PlacedBody):
    """A body after drawing."""

    buffers: ZBuffers
    bare: PlacedBody | None = None
    """Of a dressed body: the same without its clothes."""

    @cached_property
    def nearest(self) -> Hit:
        """What the viewer sees."""
        return self.buffers.nearest()

    @property
    def size(self) -> int:
        """Side of the canvas in pixels."""
        return self.buffers.canvas[1]

    @property
    def vertices_px(self) -> Float[Tensor, "v 3"]:
        """Vertices with x and y in pixels of this drawing."""
        return self.vertices * self.vertices.new_tensor([self.size, self.size, 1])


def vertex_normals(vertices: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"]) -> Float[Tensor, "v 3"]:
    """Of a surface at its vertices, large triangles counting for more; 0 for a vertex that no triangle has."""
    first, second, third = (vertices[corner] for corner in faces.T)
    across, summed = torch.linalg.cross(second - first, third - first), torch.zeros_like(vertices)
    for corner in faces.T:
        summed.index_add_(0, corner, across)
    x, y, z = summed.unbind(1)
    return summed / (x * x + y * y + z * z).sqrt().clamp(min=SHORTEST)[:, None]


@lru_cache(maxsize=2)
def mesh(device: torch.device) -> Mesh:
    """The body's triangles, their parts and the mirrored vertices, as tensors on the device."""
    model = body_model()
    faces = np.concatenate([model.faces, model.skirt.faces])
    parts = np.concatenate([model.triangle_parts, model.skirt.parts])
    part_vertices = (np.unique(faces[parts == part]) for part in range(len(PARTS)))
    skin, mirror = model.template[model.skin], model.mirror.copy()
    mirror[model.skirt.vertices] = model.skirt.vertices[model.skirt.opposite]
    worn = np.isin(np.arange(len(model.template)), model.skirt.vertices).astype(float)
    points = hang_skirt(model.template, worn) - (skin.min(0) + skin.max(0)) / 2
    return Mesh(
        faces=torch.as_tensor(faces, dtype=torch.int32, device=device),
        parts=torch.as_tensor(parts, dtype=torch.int32, device=device),
        mirror=torch.as_tensor(mirror, dtype=torch.int64, device=device),
        part_vertices=tuple(torch.as_tensor(vertices, device=device) for vertices in part_vertices),
        points=torch.as_tensor(points, dtype=torch.float32, device=device),
    )


def pose_body(body: Body, model: BodyModel | None = None) -> Posed:
    """The body's mesh and skeleton in body axes."""
    if model is None:
        rest = _rest(body.phenotype.numpy().astype(np.float64).tobytes())
        return body_model().pose(rest, body.pose.rotations.double().numpy())
    return model.pose(model.rest(body.phenotype.numpy()), body.pose.rotations.double().numpy())


@lru_cache(maxsize=4)
def _rest(phenotype: bytes) -> Rest:
    """A person is drawn in many poses, one after the other."""
    return body_model().rest(np.frombuffer(phenotype))


def coco_18(keypoints: Float[np.ndarray, "23 3"]) -> Float[np.ndarray, "18 3"]:
    """The body's keypoints -> the 18 of H: COCO 17 and the middle of the shoulders."""
    return np.concatenate([keypoints[:17], keypoints[5:7].mean(0, keepdims=True)])


def draw_body(body: Body, size: int, *, device: torch.device | None = None) -> DrawnBody:
    """Draw a body once on a canvas of `size` pixels, one z-buffer per part."""
    return draw_posed(pose_body(body), body.camera, size, device=device or torch.device("cpu"))


def draw_posed(posed: Posed, camera: Camera, size: int, *, device: torch.device) -> DrawnBody:
    """Draw an already posed body."""
    return draw_placed(place_posed(posed, camera, device), size)


def place_posed(posed: Posed, camera: Camera, device: torch.device) -> PlacedBody:
    """Where an already posed body lies on the canvas; it wears no skirt."""
    vertices, keypoints = (
        project(torch.as_tensor(points, device=device), camera).float()
        for points in (hang_skirt(posed.vertices, None), coco_18(posed.keypoints))
    )
    return PlacedBody(vertices=vertices, keypoints=keypoints, scale=camera.scale)


def place_body(body: Body) -> PlacedBody:
    """The same of a body, on the CPU."""
    return place_posed(pose_body(body), body.camera, torch.device("cpu"))


def hang_skirt(vertices: Float[np.ndarray, "v 3"], clothes: Float[np.ndarray, "v"] | None) -> Float[np.ndarray, "v 3"]:
    """A body's vertices with those of the skirt in their places: worn where `clothes` is 1 at them. None: no skirt."""
    skirt, hung = body_model().skirt, vertices.copy()
    worn = np.zeros(len(skirt.vertices)) if clothes is None else clothes[skirt.vertices].round()
    hung[skirt.vertices] = skirt.hang(vertices, worn)
    return hung


def draw_placed(body: PlacedBody, size: int) -> DrawnBody:
    """Draw a body that lies on the canvas."""
    topology = mesh(body.vertices.device)
    scaled = body.vertices * body.vertices.new_tensor([size, size, 1])
    buffers = draw(scaled, topology.faces, topology.parts, num_parts=len(PARTS), height=size, width=size)
    return DrawnBody(buffers=buffers, vertices=body.vertices, keypoints=body.keypoints, scale=body.scale)


def draw_surface(
    surface: Surface, camera: Camera, size: int, *, device: torch.device, worn: Worn | None = None
) -> DrawnBody:
    """Draw a body of another model. Its maps can be read; crops and correspondence want the body's own triangles.

    `worn` puts clothes on its vertices (canvas units and depth).
    """
    vertices = project(torch.as_tensor(surface.vertices, device=device), camera).float()
    vertices = vertices if worn is None else worn(vertices)
    keypoints = project(torch.as_tensor(surface.keypoints, device=device), camera).float()
    faces, parts = (
        torch.as_tensor(x, dtype=torch.int32, device=device) for x in (surface.faces, surface.triangle_parts)
    )
    scaled = vertices * vertices.new_tensor([size, size, 1])
    buffers = draw(scaled, faces, parts, num_parts=len(PARTS), height=size, width=size)
    return DrawnBody(buffers=buffers, vertices=vertices, keypoints=keypoints, scale=camera.scale)


def posed_surface(posed: Posed) -> Surface:
    """The body's own surface."""
    model = body_model()
    return Surface(
        vertices=posed.vertices, keypoints=coco_18(posed.keypoints), faces=model.faces,
        triangle_parts=model.triangle_parts,
    )  # fmt: skip


def render_maps(drawn: DrawnBody) -> Maps:
    """S, D and H of the whole person."""
    return hit_to_maps(drawn.nearest, draw_heatmaps(drawn.keypoints[:, :2], drawn.size))


def render_part_maps(
    drawn: DrawnBody, part: str, box: Float[Tensor, "3"], size: int, *, complete: bool = True, hit: Hit | None = None
) -> Maps:
    """S, D and H of one part in its box. Complete: drawn alone; else only what the rest of the body leaves to see.

    `hit` is what `part_hit` finds there, if known.
    """
    hit = part_hit(drawn, part, box, size, complete=complete) if hit is None else hit
    heatmaps = draw_heatmaps(drawn.keypoints[:, :2], size, box=box, channels=KEYPOINTS_OF_PART[part])
    return hit_to_maps(hit, heatmaps)


def part_hit(drawn: DrawnBody, part: str, box: Float[Tensor, "3"], size: int, *, complete: bool = True) -> Hit:
    """What the viewer sees of one part in a box: alone (complete), or what the others leave of it."""
    index = PARTS.index(part)
    if complete:
        return drawn.buffers.of_part(index, box, size)
    hit = drawn.buffers.nearest(box, size)
    own = hit.part == index
    return Hit(
        part=torch.where(own, hit.part, -1),
        triangle=torch.where(own, hit.triangle, -1),
        depth=torch.where(own, hit.depth, 0.0),
    )


def hit_to_maps(hit: Hit, heatmaps: Float[Tensor, "18 h w"]) -> Maps:
    """Part numbers and depths -> one-hot parsing and depth."""
    classes = torch.arange(-1, len(CLASSES) - 1, device=hit.part.device, dtype=torch.int32)
    parsing = hit.depth.new_empty(len(CLASSES), *hit.part.shape)
    torch.eq(hit.part[None], classes[:, None, None], out=parsing)
    return Maps(parsing=parsing[None], depth=hit.depth[None, None], heatmaps=heatmaps[None])
