"""Parameters of the fit -> points of the body: a small, batched stand-in for the body model.

63 numbers describe a person: 18 rotation vectors (a group of bones each), the camera and the phenotype. All other bones
ride on the nearest bone above them that moves, so a point of the body is a sum over 23 moving bones of a local vector
that depends on the phenotype alone; a posed point costs no mesh. Exact for linear blend skinning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.model import BodyModel, body_model, nearest_rotations
from layerpose.estimation.face_points import VERTICES as FACE_VERTICES
from layerpose.estimation.hands import relaxed_fingers
from layerpose.estimation.targets import POINTS
from layerpose.types import PHENOTYPES

SIDES = ("L", "R")
LIMB_BONES = ("clavicle", "upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot")
GROUPS: dict[str, tuple[str, ...]] = {
    "root": ("root",),
    "spine": ("spine04", "spine03", "spine02", "spine01"),
    "neck": ("neck01", "neck02", "neck03"),
    "head": ("head",),
    **{f"{bone}.{side}": (f"{bone}.{side}",) for side in SIDES for bone in LIMB_BONES},
}
"""Rotation vectors of the fit and the bones among which each is shared out evenly."""
GROUP_NAMES = tuple(GROUPS)
NUM_POSE = 3 * len(GROUPS)
CAMERA_COLUMNS = slice(NUM_POSE, NUM_POSE + 3)
"""log(scale), x, y."""
SHAPE_COLUMNS = slice(NUM_POSE + 3, NUM_POSE + 3 + len(PHENOTYPES))
NUM_PARAMETERS = SHAPE_COLUMNS.stop

OUTLINE_PITCH_M = 0.033
"""Distance between the skin vertices that follow the outline of the mask."""


def group_columns(name: str) -> slice:
    """Columns of one rotation vector in the parameters."""
    first = 3 * GROUP_NAMES.index(name)
    return slice(first, first + 3)


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Points as sums over bones, before the phenotype is known: one row for each point and bone that carries it."""

    point: Int[np.ndarray, "n"]
    bone: Int[np.ndarray, "n"]
    weight: Float[np.ndarray, "n"]
    template: Float[np.ndarray, "n 3"]
    blendshapes: Float[np.ndarray, "a n 3"]
    num_points: int

    def take(self, points: Int[np.ndarray, "m"]) -> Moments:
        """Only these points, in this order; a point may come twice."""
        order = np.argsort(self.point, kind="stable")
        starts, stops = np.searchsorted(self.point[order], [points, points + 1])
        rows = np.concatenate([order[a:b] for a, b in zip(starts, stops, strict=True)])
        return Moments(
            point=np.repeat(np.arange(len(points)), stops - starts),
            bone=self.bone[rows],
            weight=self.weight[rows],
            template=self.template[rows],
            blendshapes=np.take(self.blendshapes, rows, axis=1),  # unlike [:, rows] contiguous: `local` need not copy
            num_points=len(points),
        )


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """Everything about s phenotypes that the pose does not change."""

    coefficients: Float[np.ndarray, "s a"]
    heads: Float[np.ndarray, "s j 3"]
    to_reference: Float[np.ndarray, "s j 3 3"]
    """Rest pose -> reference pose, for every bone."""
    reference_heads: Float[np.ndarray, "s j 3"]
    stature: Float[np.ndarray, "s"]


class FitModel:
    """The body model reduced to what the fit moves."""

    def __init__(self, model: BodyModel) -> None:
        self.model = model
        self.fingers = relaxed_fingers()
        self.moving = np.array([model.bone(bone) for bones in GROUPS.values() for bone in bones])
        self.shares = np.repeat([1 / len(bones) for bones in GROUPS.values()], [len(b) for b in GROUPS.values()])
        self.group = np.repeat(np.arange(len(GROUPS)), [len(bones) for bones in GROUPS.values()])
        self.carrier = self._carriers()
        """For every bone the row of the moving bone on which it rides."""
        self.above = np.array([-1, *(self.carrier[model.parents[bone]] for bone in self.moving[1:])])
        self.levels = self._levels()
        self.landmarks = self._landmark_moments()
        self.face = _moments(np.arange(len(FACE_VERTICES)), FACE_VERTICES, model)
        self.outline_vertices = _spread(model, OUTLINE_PITCH_M)
        self.outline = _moments(np.arange(len(self.outline_vertices)), self.outline_vertices, model)
        heights = model.template[model.skin, 2]
        self._extremes = model.skin[[heights.argmin(), heights.argmax()]]

    def _carriers(self) -> Int[np.ndarray, "j"]:
        rows = {bone: row for row, bone in enumerate(self.moving)}
        carriers = np.zeros(len(self.model.parents), dtype=np.int64)
        for bone, parent in enumerate(self.model.parents):
            carriers[bone] = rows.get(bone, carriers[parent] if bone else 0)
        return carriers

    def _levels(self) -> list[Int[np.ndarray, "n"]]:
        depth = np.zeros(len(self.moving), dtype=np.int64)
        for row in range(1, len(depth)):
            above = self.above[row]
            assert above < row
            depth[row] = depth[above] + 1
        return [np.flatnonzero(depth == level) for level in range(1, depth.max() + 1)]

    def _landmark_moments(self) -> Moments:
        """The body points that MediaPipe's landmarks are compared with, as rows of `targets.POINTS`."""
        parts = []
        for row, point in enumerate(POINTS):
            if point.bone:
                parts.append(_head_moments(row, self.model.bone(point.bone), self.model))
            else:
                names = [self.model.keypoint_names.index(name) for name in point.keypoints]
                parts.append(_keypoint_moments(row, self.model.keypoint_weights[names].mean(0), self.model))
        return _joined(parts, num_points=len(POINTS))

    def shapes(self, phenotypes: Float[np.ndarray, "s 6"]) -> Shapes:
        """The rest and reference skeletons of phenotypes."""
        model = self.model
        coefficients = model.coefficients(phenotypes)
        heads = model.template_heads + np.tensordot(coefficients, model.head_blendshapes, 1)
        rest = model.orientation_template + np.tensordot(coefficients, model.orientation_blendshapes, 1)
        to_reference = model.reference_orientations @ nearest_rotations(rest).transpose(0, 1, 3, 2)
        reference = np.zeros_like(heads)
        parents = model.parents
        steps = (to_reference[:, parents[1:]] @ (heads[:, 1:] - heads[:, parents[1:]])[..., None])[..., 0]
        for bone in range(1, len(parents)):
            reference[:, bone] = reference[:, parents[bone]] + steps[:, bone - 1]
        ends = model.template[self._extremes, 2] + coefficients @ model.blendshapes[:, self._extremes, 2]
        return Shapes(
            coefficients=coefficients,
            heads=heads,
            to_reference=to_reference,
            reference_heads=reference,
            stature=ends[:, 1] - ends[:, 0],
        )

    def local(self, moments: Moments, shapes: Shapes) -> Float[np.ndarray, "s p 92"]:
        """Each point's local vector and weight on every moving bone."""
        bone, weight = moments.bone, moments.weight[:, None]
        carrier = self.carrier[bone]
        num, rows, _ = moments.blendshapes.shape
        shaped = (shapes.coefficients @ moments.blendshapes.reshape(num, -1)).reshape(-1, rows, 3)
        relative = moments.template + shaped - weight * shapes.heads[:, bone]
        turned = (shapes.to_reference[:, bone] @ relative[..., None])[..., 0]
        offset = shapes.reference_heads[:, bone] - shapes.reference_heads[:, self.moving[carrier]]
        vectors = turned + weight * offset
        full = np.concatenate([vectors, np.broadcast_to(weight, (*vectors.shape[:2], 1))], axis=-1)
        out = np.zeros((len(full), moments.num_points * len(self.moving), 4))
        slot = moments.point * len(self.moving) + carrier
        order = np.argsort(slot, kind="stable")
        slots, starts = np.unique(slot[order], return_index=True)
        out[:, slots] = np.add.reduceat(full[:, order], starts, axis=1)
        return out.reshape(len(full), moments.num_points, -1)

    def bones(
        self, pose: Float[np.ndarray, "b 54"], reference_heads: Float[np.ndarray, "b j 3"]
    ) -> Float[np.ndarray, "b 92 3"]:
        """World rotation and head of the moving bones, stacked so that `local @ bones` gives points in camera axes."""
        turns = exponential(pose.reshape(len(pose), -1, 3)[:, self.group] * self.shares[:, None])
        world = turns.copy()
        heads = np.zeros((len(pose), len(self.moving), 3))
        at = reference_heads[:, self.moving]
        for level in self.levels:
            above = self.above[level]
            steps = (at[:, level] - at[:, above])[..., None]
            heads[:, level] = heads[:, above] + (world[:, above] @ steps)[..., 0]
            world[:, level] = world[:, above] @ turns[:, level]
        columns = np.concatenate([world, heads[..., None]], axis=-1)
        return (CAMERA @ columns).transpose(0, 1, 3, 2).reshape(len(pose), -1, 3)

    def rotations(self, pose: Float[np.ndarray, "54"]) -> Float[np.ndarray, "104 3 3"]:
        """The joint rotations of all bones; the fingers relaxed."""
        out = np.tile(np.eye(3), (len(self.model.parents), 1, 1))
        out[list(self.fingers)] = list(self.fingers.values())
        out[self.moving] = exponential(pose.reshape(-1, 3)[self.group] * self.shares[:, None])
        return out


CAMERA = BODY_TO_CAMERA.numpy()


def exponential(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3 3"]:
    """Rotation vectors -> rotations."""
    return Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*vectors.shape, 3)


@lru_cache(maxsize=1)
def fit_model() -> FitModel:
    """The reduced body model."""
    return FitModel(body_model())


def _moments(points: Int[np.ndarray, "p"], vertices: Int[np.ndarray, "p"], model: BodyModel) -> Moments:
    """Moments of single vertices."""
    row, bone = np.nonzero(model.weights[vertices])
    vertex = vertices[row]
    weight = model.weights[vertex, bone].astype(np.float64)
    return Moments(
        point=points[row],
        bone=bone,
        weight=weight,
        template=weight[:, None] * model.template[vertex],
        blendshapes=weight[:, None] * np.take(model.blendshapes, vertex, axis=1),
        num_points=len(points),
    )


def _keypoint_moments(row: int, mixture: Float[np.ndarray, "v"], model: BodyModel) -> Moments:
    """Moments of one weighted mean of vertices."""
    vertices = np.flatnonzero(mixture)
    carried = mixture[vertices, None] * model.weights[vertices]
    bones = np.flatnonzero(carried.any(0))
    carried = carried[:, bones]
    return Moments(
        point=np.full(len(bones), row),
        bone=bones,
        weight=carried.sum(0),
        template=carried.T @ model.template[vertices],
        blendshapes=np.einsum("vn,avc->anc", carried, model.blendshapes[:, vertices], optimize=True),
        num_points=1,
    )


def _head_moments(row: int, bone: int, model: BodyModel) -> Moments:
    """Moments of a bone's head."""
    return Moments(
        point=np.array([row]),
        bone=np.array([bone]),
        weight=np.ones(1),
        template=model.template_heads[bone][None],
        blendshapes=model.head_blendshapes[:, bone][:, None],
        num_points=1,
    )


def _joined(parts: list[Moments], *, num_points: int) -> Moments:
    return Moments(
        point=np.concatenate([part.point for part in parts]),
        bone=np.concatenate([part.bone for part in parts]),
        weight=np.concatenate([part.weight for part in parts]),
        template=np.concatenate([part.template for part in parts]),
        blendshapes=np.concatenate([part.blendshapes for part in parts], axis=1),
        num_points=num_points,
    )


def _spread(model: BodyModel, pitch_m: float) -> Int[np.ndarray, "n"]:
    """Skin vertices spread evenly: the first vertex in every cell of a grid. Eyes, toes and fingers are left out."""
    left_out = [bone for bone, name in enumerate(model.bone_names) if name.startswith(("toe", "eye", "finger"))]
    skin = model.skin[model.weights[model.skin][:, left_out].sum(1) < 0.1]
    cells = np.floor(model.template[skin] / pitch_m).astype(np.int64)
    return skin[np.sort(np.unique(cells, axis=0, return_index=True)[1])]
