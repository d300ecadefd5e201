"""The body model: phenotype and pose -> vertices, bone transforms, keypoints. The only file that imports anny.

anny builds its model once (about a minute); what layerpose needs of it is kept as plain arrays in the user's cache, so
later runs read one file and never import anny. The forward pass below is anny's own ("local-ref" posing, linear blend
skinning), checked against it in the tests.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from layerpose.body.parts import bones_to_parts, triangles_to_parts
from layerpose.body.skeleton import mirrored
from layerpose.body.skirt import Skirt, make_skirt
from layerpose.runtime.arrays import read_arrays
from layerpose.runtime.cache import cache_dir, one_at_a_time, writing

FORMAT = 1
NUM_BONES = 104
ROUNDS, LEAST_VOLUME, CONVERGED = 12, 1e-3, 1e-9
"""Of Newton's iteration; where the last step was so small, the next would be below what numbers can show."""
NUM_FEATURES = 8
"""Phenotype features that anny interpolates; the first six are ours (`PHENOTYPES`), the others stay at 0.5."""


@dataclass(frozen=True, kw_only=True)
class Rest:
    """A body shape before posing: vertices, bone heads and bone orientations, in metres and body axes."""

    vertices: Float[np.ndarray, "v 3"]
    heads: Float[np.ndarray, "j 3"]
    orientations: Float[np.ndarray, "j 3 3"]


@dataclass(frozen=True, kw_only=True)
class Posed:
    """A body shape in a pose; `transforms` carry rest-pose points (of skin or garment) to the pose."""

    vertices: Float[np.ndarray, "v 3"]
    transforms: Float[np.ndarray, "j 4 4"]
    heads: Float[np.ndarray, "j 3"]
    keypoints: Float[np.ndarray, "23 3"]
    rotations: Float[np.ndarray, "j 3 3"]


class BodyModel:
    """The hm08 base mesh with its skeleton; read-only arrays, float64 unless said otherwise."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.bone_names: list[str] = [str(name) for name in arrays["bone_names"]]
        self.parents: Int[np.ndarray, "j"] = arrays["parents"]
        self.faces: Int[np.ndarray, "f 3"] = arrays["faces"]
        self.uv: Float[np.ndarray, "t 2"] = arrays["uv"]
        self.uv_faces: Int[np.ndarray, "f 3"] = arrays["uv_faces"]
        self.weights: Float[np.ndarray, "v j"] = arrays["weights"]
        self.template: Float[np.ndarray, "v 3"] = arrays["template"]
        self.blendshapes: Float[np.ndarray, "a v 3"] = arrays["blendshapes"]
        self.template_heads: Float[np.ndarray, "j 3"] = arrays["template_heads"]
        self.head_blendshapes: Float[np.ndarray, "a j 3"] = arrays["head_blendshapes"]
        self.orientation_template: Float[np.ndarray, "j 3 3"] = arrays["orientation_template"]
        self.orientation_blendshapes: Float[np.ndarray, "a j 3 3"] = arrays["orientation_blendshapes"]
        self.reference_orientations: Float[np.ndarray, "j 3 3"] = arrays["reference_orientations"]
        self.keypoint_names: list[str] = [str(name) for name in arrays["keypoint_names"]]
        self.keypoint_weights: Float[np.ndarray, "k v"] = arrays["keypoint_weights"]
        self._anchors = [arrays[f"anchors_{i}"] for i in range(NUM_FEATURES)]
        self._feature_columns = arrays["feature_columns"]
        self._race_columns = arrays["race_columns"]
        self._variation_mask = arrays["variation_mask"]
        self._projection = arrays["projection"]

        self.bone_parts = bones_to_parts(self.bone_names, self.parents)
        self.mirror = _mirror_vertices(self.template)
        """Index of the vertex on the other side."""
        swap = [self.bone_names.index(mirrored(name)) for name in self.bone_names]
        even = self.weights + self.weights[self.mirror][:, swap]
        self.triangle_parts = triangles_to_parts(even, self.bone_parts, self.faces)
        self.skin = np.unique(self.faces)
        """Vertices that belong to a visible triangle; the others only carry clothes."""
        self._levels = _levels(self.parents)

    @cached_property
    def skirt(self) -> Skirt:
        """The cloth that can hang between the legs; worked out for those who draw."""
        return make_skirt(self.template, self.faces, self.triangle_parts)

    def bone(self, name: str) -> int:
        """Row of the bone with this name."""
        return self.bone_names.index(name)

    def coefficients(self, phenotype: Float[np.ndarray, "b 6"]) -> Float[np.ndarray, "b a"]:
        """Blendshape coefficients: products of hat functions on each phenotype's anchors, in anny's compact basis."""
        num = len(phenotype)
        features = np.concatenate([phenotype, np.full((num, NUM_FEATURES - phenotype.shape[1]), 0.5)], axis=1)
        variations = np.zeros((num, self._variation_mask.shape[1]))
        variations[:, self._race_columns] = 1 / 3
        for feature, (anchors, columns) in enumerate(zip(self._anchors, self._feature_columns, strict=True)):
            for row, column in enumerate(columns[: len(anchors)]):
                hat = np.zeros(len(anchors))
                hat[row] = 1
                variations[:, column] = np.interp(features[:, feature], anchors, hat)
        factors = variations[:, None] * self._variation_mask + (1 - self._variation_mask)
        return factors.prod(-1) @ self._projection

    def rest(self, phenotype: Float[np.ndarray, "6"]) -> Rest:
        """The shape of a phenotype (numbers in 0..1, order of `types.PHENOTYPES`)."""
        coefficients = self.coefficients(np.asarray(phenotype, dtype=np.float64)[None])[0]
        vertices = self.template + np.tensordot(coefficients.astype(np.float32), self.blendshapes, 1)
        heads = self.template_heads + np.tensordot(coefficients, self.head_blendshapes, 1)
        orientations = self.orientation_template + np.tensordot(coefficients, self.orientation_blendshapes, 1)
        return Rest(vertices=vertices, heads=heads, orientations=nearest_rotations(orientations))

    def pose(self, rest: Rest, rotations: Float[np.ndarray, "j 3 3"]) -> Posed:
        """The shape in a pose: forward kinematics, then linear blend skinning; the root's head is at the origin."""
        turned, heads = self.kinematics(rest, rotations)
        linear = turned @ rest.orientations.transpose(0, 2, 1)
        transforms = np.tile(np.eye(4), (len(heads), 1, 1))
        transforms[:, :3, :3] = linear
        transforms[:, :3, 3] = heads - np.einsum("jab,jb->ja", linear, rest.heads)
        vertices = skin(rest.vertices, self.weights, transforms)
        keypoints = self.keypoint_weights @ vertices
        return Posed(vertices=vertices, transforms=transforms, heads=heads, keypoints=keypoints, rotations=rotations)

    def kinematics(
        self, rest: Rest, rotations: Float[np.ndarray, "*t j 3 3"]
    ) -> tuple[Float[np.ndarray, "*t j 3 3"], Float[np.ndarray, "*t j 3"]]:
        """World orientation and head of every bone, in one pose or in many."""
        reference = self.reference_orientations
        offsets = np.zeros_like(rest.heads)
        child = np.arange(1, len(self.parents))
        parent = self.parents[child]
        bone_offsets = np.einsum("jba,jb->ja", rest.orientations[parent], rest.heads[child] - rest.heads[parent])
        offsets[child] = np.einsum("jab,jb->ja", reference[parent], bone_offsets)
        world = np.array(rotations, dtype=np.float64)
        heads = np.zeros(world.shape[:-1])
        for level in self._levels:
            above = self.parents[level]
            heads[..., level, :] = heads[..., above, :] + (world[..., above, :, :] @ offsets[level, :, None])[..., 0]
            world[..., level, :, :] = world[..., above, :, :] @ world[..., level, :, :]
        return world @ reference, heads


def skin(
    vertices: Float[np.ndarray, "v 3"], weights: Float[np.ndarray, "v j"], transforms: Float[np.ndarray, "j 4 4"]
) -> Float[np.ndarray, "v 3"]:
    """Linear blend skinning."""
    blended = (weights @ transforms[:, :3].reshape(len(transforms), 12).astype(weights.dtype)).reshape(-1, 3, 4)
    return np.einsum("vab,vb->va", blended[..., :3], vertices) + blended[..., 3]


def nearest_rotations(matrices: Float[np.ndarray, "*n 3 3"]) -> Float[np.ndarray, "*n 3 3"]:
    """The rotation nearest to each matrix (special orthogonal Procrustes).

    Of matrices that are nearly rotations by Newton's iteration (Higham 1986), a fraction of the decomposition's work.
    """
    found = matrices
    for _ in range(ROUNDS):
        across = np.stack([_cross(found, 1, 2), _cross(found, 2, 0), _cross(found, 0, 1)], axis=-2)
        volume = (found[..., 0, :] * across[..., 0, :]).sum(-1)[..., None, None]
        if not (volume > LEAST_VOLUME).all():
            break
        step = (across / volume - found) / 2
        found = found + step
        if np.abs(step).max(initial=0) < CONVERGED:
            return found
    left, _, right = np.linalg.svd(matrices)
    sign = np.linalg.det(left @ right)
    left = left.copy()
    left[..., :, 2] *= sign[..., None]
    return left @ right


def _cross(matrices: Float[np.ndarray, "*n 3 3"], first: int, second: int) -> Float[np.ndarray, "*n 3"]:
    """The cross product of two rows of each."""
    a, b = matrices[..., first, :], matrices[..., second, :]
    turn, back = [1, 2, 0], [2, 0, 1]
    return a[..., turn] * b[..., back] - a[..., back] * b[..., turn]


def body_name() -> str:
    """Which body this is, in data sets and in the name of its file."""
    return f"{version('anny')}-{FORMAT}"


@lru_cache(maxsize=1)
def body_model() -> BodyModel:
    """The body model, read from the user's cache or built there (once, about a minute)."""
    return BodyModel(_read_or_build(cache_dir() / f"body-{body_name()}.npz"))


def _read_or_build(path: Path) -> dict[str, np.ndarray]:
    """What the file holds; one that is missing or damaged is written first."""
    if (found := _read(path)) is not None:
        return found
    with one_at_a_time(path):
        if (found := _read(path)) is None:
            found = _keep(path)
    return found


def _read(path: Path) -> dict[str, np.ndarray] | None:
    try:
        return read_arrays(path)
    except (OSError, ValueError):
        return None


def _keep(path: Path) -> dict[str, np.ndarray]:
    print("layerpose: building the body model (once, about a minute) ...", file=sys.stderr, flush=True)
    arrays = _build(cache_dir() / "anny")
    with writing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
    print(f"layerpose: the body model is kept in {path}", file=sys.stderr, flush=True)
    return arrays


def _build(anny_cache: Path) -> dict[str, np.ndarray]:
    os.environ.setdefault("ANNY_CACHE_DIR", str(anny_cache))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import anny
        from anny.models.phenotype import PHENOTYPE_VARIATIONS

        model = anny.Anny(topology="anny-full")
        keypoints = anny.KeypointsRegressor.coco(model)

    def array(name: str) -> np.ndarray:
        return getattr(model, name).numpy()

    num_vertices = len(model.template_vertices)
    weights = np.zeros((num_vertices, NUM_BONES), dtype=np.float32)
    vertex, bone_weights = np.arange(num_vertices)[:, None], array("vertex_bone_weights").astype(np.float32)
    np.add.at(weights, (vertex, array("vertex_bone_indices")), bone_weights)
    columns = {key: i for i, key in enumerate(k for keys in PHENOTYPE_VARIATIONS.values() for k in keys)}
    features = ("gender", "age", "muscle", "weight", "height", "proportions", "cupsize", "firmness")
    feature_columns = np.full((NUM_FEATURES, 5), -1)
    for row, feature in enumerate(features):
        keys = PHENOTYPE_VARIATIONS[feature]
        feature_columns[row, : len(keys)] = [columns[key] for key in keys]
    arrays = {
        "bone_names": np.array(model.bone_labels),
        "parents": np.array(model.bone_parents),
        "faces": array("faces").astype(np.int32),
        "uv": array("texture_coordinates"),
        "uv_faces": array("face_texture_coordinate_indices").astype(np.int32),
        "weights": weights,
        "template": array("template_vertices"),
        "blendshapes": array("blendshapes").astype(np.float32),
        "template_heads": array("template_bone_heads"),
        "head_blendshapes": array("bone_heads_blendshapes"),
        "orientation_template": array("bone_template_orientation_matrices"),
        "orientation_blendshapes": array("bone_orientation_blendshapes"),
        "reference_orientations": array("reference_bone_orientations"),
        "keypoint_names": np.array(keypoints.labels),
        "keypoint_weights": keypoints.regression_weights.numpy(),
        "variation_mask": array("stacked_phenotype_blend_shapes_mask"),
        "projection": array("phenotype_blendshape_projection"),
        "feature_columns": feature_columns,
        "race_columns": np.array([columns[key] for key in ("african", "asian", "caucasian")]),
    }
    for row, feature in enumerate(features):
        arrays[f"anchors_{row}"] = model.anchors[feature].numpy()
    return arrays


def _mirror_vertices(template: Float[np.ndarray, "v 3"]) -> Int[np.ndarray, "v"]:
    from scipy.spatial import cKDTree

    return cKDTree(template).query(template * [-1, 1, 1])[1]


def _levels(parents: Int[np.ndarray, "j"]) -> list[Int[np.ndarray, "n"]]:
    """Bones grouped by their distance from the root, the root itself left out."""
    depth = np.zeros(len(parents), dtype=np.int64)
    for bone in range(1, len(parents)):
        depth[bone] = depth[parents[bone]] + 1
    return [np.flatnonzero(depth == level) for level in range(1, depth.max() + 1)]
