"""The body -> a file in SMPL's format: 24 joints, ten shape numbers of its own, no pose corrections.

It holds nothing of SMPL's: vertices, weights and shapes are the body's. Programs that read SMPL read it, and every path
through them can be tried without the licensed file.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from layerpose.body.model import BodyModel, Posed, body_model
from layerpose.body.smpl import FACE, SMPL_JOINTS, SMPL_PARENTS, Y_UP_TO_BODY
from layerpose.body.smpl_file import NO_PARENT, NUM_BETAS, NUM_JOINTS
from layerpose.motion.posing import ADULT, curl_fingers, world_to_relative
from layerpose.motion.smpl_pose import CURL, SMPL_BONES, aim_limbs, straight_t_pose
from layerpose.runtime.cache import writing

JOINT_BONES = {**SMPL_BONES, "left_foot": "toe2-1.L", "right_foot": "toe2-1.R",
               "left_hand": "finger3-1.L", "right_hand": "finger3-1.R"}  # fmt: skip
"""The bone at whose head each joint is."""
FACE_VERTICES = (332, 6260, 2800, 4071, 583)
"""Numbers under which smplx looks for nose, eyes and ears (`smpl.FACE`)."""
NUM_SAMPLES = 64
"""Adults whose shapes are reduced to ten numbers."""
NUM_NEIGHBOURS = 160
"""Vertices from which a joint is regressed."""


def write_smpl_format(path: Path, *, seed: int = 0) -> None:
    """Write the body as an SMPL file (.npz)."""
    arrays = smpl_format(np.random.default_rng(seed))
    with writing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]


def smpl_format(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The arrays of an SMPL file, under its names."""
    model, template = body_model(), _t_pose(np.array(ADULT))
    order = _order(model, template)
    phenotypes = rng.random((NUM_SAMPLES, 6))
    phenotypes[:, 1] = 0.6 + 0.4 * phenotypes[:, 1]
    samples = [_t_pose(phenotype) for phenotype in phenotypes]
    heads = np.stack([_joints(posed) for posed in (template, *samples)])
    shapes = np.stack([_to_smpl(posed.vertices[order]) for posed in samples]) - _to_smpl(template.vertices[order])
    shapedirs, coefficients = _principal(shapes)
    head_shapes = np.linalg.lstsq(coefficients, (heads[1:] - heads[0]).reshape(NUM_SAMPLES, -1), rcond=None)[0]
    vertices = _to_smpl(template.vertices[order])
    return {
        "v_template": vertices,
        "shapedirs": shapedirs,
        "posedirs": np.zeros((len(order), 3, 9 * (NUM_JOINTS - 1)), dtype=np.float32),
        "J_regressor": _regress(vertices, shapedirs, heads[0], head_shapes.reshape(NUM_BETAS, NUM_JOINTS, 3)),
        "J": heads[0],
        "weights": _weights(model)[order],
        "kintree_table": np.array([[p if p >= 0 else NO_PARENT for p in SMPL_PARENTS], range(NUM_JOINTS)], np.uint32),
        "f": np.argsort(order)[_positions(order, model.faces)].astype(np.uint32),
    }


def _t_pose(phenotype: Float[np.ndarray, "6"]) -> Posed:
    """The shape that SMPL's skinning takes back to the A-pose unharmed; the body's own would pinch it twice.

    Fingers are bent a little: they have no joints in SMPL, so they stay as the template has them.
    """
    model = body_model()
    rest, bent = model.rest(phenotype), curl_fingers(np.tile(np.eye(3), (len(model.parents), 1, 1)), CURL)
    relaxed = model.pose(rest, bent)
    world = {model.bone(bone): turn for bone, turn in aim_limbs(straight_t_pose()).items()}
    spread = model.pose(rest, curl_fingers(world_to_relative(world), CURL))
    bones = [model.bone(JOINT_BONES[joint]) for joint in SMPL_JOINTS]
    back = relaxed.transforms[bones] @ np.linalg.inv(spread.transforms[bones])
    blended = (_weights(model) @ back.reshape(NUM_JOINTS, 16)).reshape(-1, 4, 4)
    offsets = relaxed.vertices - blended[:, :3, 3]
    vertices = np.linalg.solve(blended[:, :3, :3], offsets[..., None])[..., 0]
    return replace(spread, vertices=vertices, keypoints=model.keypoint_weights @ vertices)


def _to_smpl(points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    return points @ Y_UP_TO_BODY


def _joints(posed: Posed) -> Float[np.ndarray, "24 3"]:
    return _to_smpl(posed.heads[[body_model().bone(JOINT_BONES[joint]) for joint in SMPL_JOINTS]])


def _order(model: BodyModel, template: Posed) -> Int[np.ndarray, "v"]:
    """The skin's vertices, nose, eyes and ears at the places where SMPL has them."""
    order, skin_tree = model.skin.copy(), cKDTree(template.vertices[model.skin])
    for place, name in zip(FACE_VERTICES, FACE, strict=True):
        point = template.keypoints[model.keypoint_names.index(name)]
        _, near = skin_tree.query(point)
        there = int(np.flatnonzero(order == model.skin[near])[0])
        order[[place, there]] = order[[there, place]]
    return order


def _positions(order: Int[np.ndarray, "v"], faces: Int[np.ndarray, "f 3"]) -> Int[np.ndarray, "f 3"]:
    """Vertex numbers of the whole mesh -> ranks among the vertices that are kept."""
    return np.searchsorted(np.sort(order), faces)


def _weights(model: BodyModel) -> Float[np.ndarray, "v 24"]:
    """Each bone's weight goes to the joint of the nearest bone above it that has one."""
    joints = {model.bone(bone): SMPL_JOINTS.index(joint) for joint, bone in JOINT_BONES.items()}
    of_bone = np.zeros(len(model.parents), dtype=np.int64)
    for bone, (name, parent) in enumerate(zip(model.bone_names, model.parents, strict=True)):
        side = "left" if name.endswith(".L") else "right"
        ends = {"toe": f"{side}_foot", "finger": f"{side}_hand"}
        end = next((joint for start, joint in ends.items() if name.startswith(start)), None)
        inherited = of_bone[parent] if parent >= 0 else 0
        of_bone[bone] = SMPL_JOINTS.index(end) if end else joints.get(bone, inherited)
    return model.weights @ np.eye(NUM_JOINTS)[of_bone]


def _principal(shapes: Float[np.ndarray, "n v 3"]) -> tuple[Float[np.ndarray, "v 3 10"], Float[np.ndarray, "n 10"]]:
    """The ten directions in which the shapes differ most, in standard deviations, and every sample's coefficients."""
    flat = shapes.reshape(len(shapes), -1)
    left, size, right = np.linalg.svd(flat, full_matrices=False)
    spread = size[:NUM_BETAS] / np.sqrt(len(shapes))
    directions = (right[:NUM_BETAS] * spread[:, None]).T.reshape(-1, 3, NUM_BETAS)
    return directions, left[:, :NUM_BETAS] * np.sqrt(len(shapes))


def _regress(
    vertices: Float[np.ndarray, "v 3"], shapedirs: Float[np.ndarray, "v 3 10"], heads: Float[np.ndarray, "24 3"],
    head_shapes: Float[np.ndarray, "10 24 3"],
) -> Float[np.ndarray, "24 v"]:  # fmt: skip
    """Smallest weights over nearby vertices, of sum 1, that give the joint of the template and of every shape."""
    regressor = np.zeros((NUM_JOINTS, len(vertices)))
    _, nearby = cKDTree(vertices).query(heads, NUM_NEIGHBOURS)
    for joint, near in enumerate(nearby):
        rows = [vertices[near].T, *(shapedirs[near, :, beta].T for beta in range(NUM_BETAS)), np.ones((1, len(near)))]
        wanted = [heads[joint], *head_shapes[:, joint], np.ones(1)]
        regressor[joint, near] = np.linalg.lstsq(np.concatenate(rows), np.concatenate(wanted), rcond=1e-9)[0]
    return regressor
