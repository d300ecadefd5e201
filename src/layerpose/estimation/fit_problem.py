"""Parameters -> residuals: everything the fit weighs against each other. All lengths are shares of the stature."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from layerpose.estimation.face_points import HEAD
from layerpose.estimation.fit_model import (
    CAMERA_COLUMNS,
    NUM_POSE,
    SHAPE_COLUMNS,
    SIDES,
    FitModel,
    Moments,
    Shapes,
    group_columns,
)
from layerpose.estimation.posture import posture
from layerpose.estimation.targets import DIRECTIONS, POINTS, point_row

SHAPE_MEAN = np.array([0.5, 0.67, 0.5, 0.5, 0.5, 0.5])
SHAPE_SIGMA = np.array([0.35, 0.08, 0.25, 0.25, 0.12, 0.30])
SHAPE_LOW = np.array([0.0, 0.35, 0.0, 0.0, 0.1, 0.0])
SHAPE_HIGH = np.array([1.0, 1.0, 1.0, 1.0, 0.9, 1.0])
"""In the order of `types.PHENOTYPES`."""

FREE, STIFF = 2.5, 0.12
SIGMA_RAD = {"spine": 0.5, "neck": 0.35, "head": 0.4, "clavicle": 0.18, "upperarm01": 2.0, "foot": 0.35}
"""How far a group may turn away from the reference pose in any direction; the root is free."""
AXIS_SIGMA_RAD = {
    "lowerarm01": (FREE, 0.2),
    "lowerleg01": (FREE, STIFF),
    "upperleg01": (0.45, 1.5),
    "wrist": (0.6, 0.4),
}
"""Along the group's axis (hinge of elbow and knee; twist of thigh and hand) and across it."""
EXTENSION_WEIGHT = 8.0
EXTENSION_SLACK_RAD = 0.05
OUTLINE_WEIGHT = 800.0
FRONT_WEIGHT = 40.0
"""For each metre by which a joint that is seen lies behind another part of the body."""
OUTLIER_SIGMAS = 4.0
OUTLINE_OUTLIER = 0.03
FACE_SIGMA = 0.01
"""Expected error of a point of the face as a share of the stature: they are not independent."""
FACED = 0.25
"""How much less the points of the head pull where those of the face are known."""
HELD, TURNED = 4.0, 0.4
"""How much more a point pulls that a person has put right, and how much less the directions that were seen from it."""
LEAST_VISIBILITY = 0.05


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """Directions in the reference pose of the average body: where limbs point and around what they bend."""

    upper: dict[str, Float[np.ndarray, "3"]]
    lower: dict[str, Float[np.ndarray, "3"]]
    hinge: dict[str, Float[np.ndarray, "3"]]
    """Turning by a positive angle around it bends the elbow or knee."""
    axis: dict[str, Float[np.ndarray, "3"]]
    """Of each group in `AXIS_SIGMA_RAD`."""
    bend: dict[str, float]
    """How far the elbow or knee is bent already."""


def skeleton(model: FitModel) -> Skeleton:
    """Read the limbs off the reference pose."""
    heads = model.shapes(SHAPE_MEAN[None]).reference_heads[0]
    upper, lower, hinge, axis, bend = {}, {}, {}, {}, {}
    chains = (("upperarm01", "lowerarm01", "wrist"), ("upperleg01", "lowerleg01", "foot"))
    for side in SIDES:
        for chain in chains:
            a, b, c = (heads[model.model.bone(f"{bone}.{side}")] for bone in chain)
            top, joint = f"{chain[0]}.{side}", f"{chain[1]}.{side}"
            upper[top], lower[top] = unit(b - a), unit(c - b)
            if chain[0] == "upperarm01":
                hinge[top] = unit(np.cross(upper[top], lower[top]))
                bend[joint] = float(np.arccos(np.clip(upper[top] @ lower[top], -1, 1)))
                axis[f"wrist.{side}"] = lower[top]
            else:
                hinge[top] = unit(np.array([1.0, 0, 0]) - upper[top][0] * upper[top])
                bend[joint] = 0.0
                axis[top] = upper[top]
            axis[joint] = hinge[top]
    return Skeleton(upper=upper, lower=lower, hinge=hinge, axis=axis, bend=bend)


def unit(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """Vectors scaled to length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was seen of the person, lengths in units of a first guess of the stature."""

    points: Float[np.ndarray, "p 2"]
    directions: Float[np.ndarray, "d 3"] | None
    """Of `targets.DIRECTIONS`; None where only the picture's plane is known: then habit stands in (`posture`)."""
    visibility: Float[np.ndarray, "p"]
    """0 for a point that was not seen: it does not pull."""
    sureness: Float[np.ndarray, "d"] | None = None
    """How surely each direction is known, 0..1; without it as surely as its ends are seen."""
    held: Bool[np.ndarray, "p"] | None = None
    """Points that a person has put where they are; None: no such."""
    face: Float[np.ndarray, "f 2"] | None = None
    """Points of the face, those of `face_points`; None where none is seen."""


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Outline vertices of the body and the places on the mask's contour that they should reach."""

    vertices: Int[np.ndarray, "n"]
    places: Float[np.ndarray, "n 2"]
    normals: Float[np.ndarray, "n 2"]


@dataclass(frozen=True, kw_only=True)
class Fronts:
    """Places that are seen in the photo where the body has another part: they must lie before that part."""

    rows: Int[np.ndarray, "n 2"]
    """Of `targets.POINTS`; the place between the two."""
    others: Int[np.ndarray, "n"]
    """Of `targets.POINTS`; the nearest point of the other part."""
    farthest: Float[np.ndarray, "n"]
    """How much farther away than the other part's point each may be, in metres."""


@dataclass(kw_only=True)
class Problem:
    """The sum of squares that a fit makes small."""

    model: FitModel
    evidence: Evidence
    stature: float
    """In the units of the evidence; refreshed between stages."""
    matches: Matches | None = None
    fronts: Fronts | None = None
    _moments: Moments | None = None
    _kept: tuple[bytes, Shapes, Float[np.ndarray, "s p 92"]] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.prior_matrix, self.extension = pose_prior(skeleton(self.model))
        self.starts = np.array([point_row(direction.start) for direction in DIRECTIONS])
        self.ends = np.array([point_row(direction.end) for direction in DIRECTIONS])
        visibility = self.evidence.visibility
        seen = _at_least(visibility)
        self.point_weights = seen**2 / np.array([point.sigma for point in POINTS])
        sure = self.evidence.sureness
        sure = np.minimum(seen[self.starts], seen[self.ends]) if sure is None else _at_least(sure)
        self.direction_weights = sure / np.array([direction.sigma for direction in DIRECTIONS])
        held = np.zeros(len(POINTS), dtype=bool) if self.evidence.held is None else self.evidence.held
        self.point_weights[held] *= HELD
        self.outlier_sigmas = np.where(held, np.inf, OUTLIER_SIGMAS)[:, None]
        self.direction_weights[held[self.starts] | held[self.ends]] *= TURNED
        if self.evidence.face is not None:
            of_head = np.isin([point.landmark for point in POINTS], HEAD)
            self.point_weights[of_head] *= FACED
            self.direction_weights[of_head[self.starts] & of_head[self.ends]] *= FACED
        self.match(None)

    def match(self, matches: Matches | None, fronts: Fronts | None = None) -> None:
        """Follow this outline and keep these joints in front from now on."""
        self.matches = matches
        self.fronts = fronts
        self._moments = None if matches is None else self.model.outline.take(matches.vertices)
        self._kept = None

    def points(self, parameters: Float[np.ndarray, "b 63"]) -> Float[np.ndarray, "b p 3"]:
        """The landmarks' body points, a seen face's, then the matched outline vertices, in metres and camera axes."""
        phenotypes, row = np.unique(parameters[:, SHAPE_COLUMNS], axis=0, return_inverse=True)
        shapes, local = self._shaped(phenotypes)
        stacked = self.model.bones(parameters[:, :NUM_POSE], shapes.reference_heads[row.ravel()])
        out = np.empty((len(parameters), local.shape[1], 3))
        for shape in range(len(phenotypes)):
            rows = np.flatnonzero(row.ravel() == shape)
            side_by_side = stacked[rows].transpose(1, 0, 2).reshape(local.shape[2], -1)
            out[rows] = (local[shape] @ side_by_side).reshape(-1, len(rows), 3).transpose(1, 0, 2)
        return out

    def _shaped(self, phenotypes: Float[np.ndarray, "s 6"]) -> tuple[Shapes, Float[np.ndarray, "s p 92"]]:
        key = phenotypes.tobytes()
        if self._kept is None or self._kept[0] != key:
            shapes = self.model.shapes(phenotypes)
            face = None if self.evidence.face is None else self.model.face
            wanted = (self.model.landmarks, face, self._moments)
            local = [self.model.local(moments, shapes) for moments in wanted if moments is not None]
            self._kept = (key, shapes, np.concatenate(local, axis=1))
        return self._kept[1:]

    def residuals(self, parameters: Float[np.ndarray, "b 63"]) -> Float[np.ndarray, "b r"]:
        """All terms side by side; robust weights are those of the first row."""
        points = self.points(parameters)
        num = len(POINTS)
        scale = np.exp(parameters[:, None, CAMERA_COLUMNS.start, None])
        drawn = scale * points[..., :2] + parameters[:, None, CAMERA_COLUMNS][..., 1:]
        terms = [
            self._landmark_term(drawn[:, :num]),
            self.depth_term(points[:, :num]),
            parameters[:, :NUM_POSE] @ self.prior_matrix.T,
            self.extension_term(parameters),
            (parameters[:, SHAPE_COLUMNS] - SHAPE_MEAN) / SHAPE_SIGMA,
        ]
        if self.fronts is not None:
            depth = points[:, self.fronts.rows, 2].mean(-1) - points[:, self.fronts.others, 2]
            behind = depth - self.fronts.farthest
            terms.append(FRONT_WEIGHT * np.maximum(behind, 0))
        face = self.evidence.face
        if face is not None:
            terms.append(self._face_term(drawn[:, num : num + len(face)], face))
            num += len(face)
        if self.matches is not None:
            terms.append(self._outline_term(drawn[:, num:], self.matches))
        return np.concatenate([term.reshape(len(parameters), -1) for term in terms], axis=1)

    def _landmark_term(self, drawn: Float[np.ndarray, "b p 2"]) -> Float[np.ndarray, "b p 2"]:
        error = (drawn - self.evidence.points) / self.stature * self.point_weights[:, None]
        size = np.linalg.norm(error[0], axis=-1, keepdims=True)
        return error / (1 + (size / self.outlier_sigmas) ** 2)

    def _face_term(
        self, drawn: Float[np.ndarray, "b f 2"], face: Float[np.ndarray, "f 2"]
    ) -> Float[np.ndarray, "b f 2"]:
        error = (drawn - face) / self.stature / FACE_SIGMA
        size = np.linalg.norm(error[0], axis=-1, keepdims=True)
        return error / (1 + (size / OUTLIER_SIGMAS) ** 2)

    def depth_term(self, points: Float[np.ndarray, "b p 3"]) -> Float[np.ndarray, "b *r"]:
        """What pulls the points nearer or farther: directions that were seen, or else habit."""
        if self.evidence.directions is None:
            return posture(points)
        steps = points[:, self.ends] - points[:, self.starts]
        return (unit(steps) - self.evidence.directions) * self.direction_weights[:, None]

    def extension_term(self, parameters: Float[np.ndarray, "b 63"]) -> Float[np.ndarray, "b 4"]:
        """How far elbows and knees are bent the wrong way."""
        over = [-(parameters[:, columns] @ axis) - slack for columns, axis, slack in self.extension]
        return EXTENSION_WEIGHT * np.maximum(np.stack(over, axis=1), 0)

    def _outline_term(self, drawn: Float[np.ndarray, "b n 2"], matches: Matches) -> Float[np.ndarray, "b n"]:
        error = ((drawn - matches.places) * matches.normals).sum(-1) / self.stature
        weight = OUTLINE_WEIGHT / np.sqrt(len(matches.places)) / (1 + (error[0] / OUTLINE_OUTLIER) ** 2)
        return error * weight


def _at_least(sure: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """What is seen at all counts a little."""
    return np.where(sure > 0, np.clip(sure, LEAST_VISIBILITY, 1), 0.0)


Extension = tuple[slice, Float[np.ndarray, "3"], float]


def pose_prior(limbs: Skeleton) -> tuple[Float[np.ndarray, "r 54"], list[Extension]]:
    """A matrix that turns pose parameters into prior residuals, and the joints that do not bend backwards."""
    matrix = np.zeros((NUM_POSE, NUM_POSE))
    extension = []
    names = [f"{bone}.{side}" for side in SIDES for bone in ("clavicle", "upperarm01", "foot", *AXIS_SIGMA_RAD)]
    for name in ["spine", "neck", "head", *names]:
        bone, columns = name.split(".")[0], group_columns(name)
        if bone in SIGMA_RAD:
            matrix[columns, columns] = np.eye(3) / SIGMA_RAD[bone]
            continue
        along, across = AXIS_SIGMA_RAD[bone]
        projector = np.outer(limbs.axis[name], limbs.axis[name])
        matrix[columns, columns] = projector / along + (np.eye(3) - projector) / across
        if name in limbs.bend:
            extension.append((columns, limbs.axis[name], limbs.bend[name] + EXTENSION_SLACK_RAD))
    return matrix, extension
