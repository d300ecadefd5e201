"""Solid voxels against an independent inside test, and what holes and overlaps must not do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from layerpose.body.camera import BODY_TO_CAMERA, frame
from layerpose.body.model import body_model
from layerpose.maps.crops import part_box
from layerpose.maps.projection import SLICE_M, part_surface, project_volume
from layerpose.maps.render import DrawnBody, draw_body, mesh, pose_body, render_maps, render_part_maps
from layerpose.maps.voxels import SIZE, voxelise
from layerpose.types import CLASSES, DEPTH_RANGE_M, LAYERS, NUM_SLICES, PARTS, Body, Camera, Pose, Volume

LIMBS = ("upperarm01", "lowerarm01", "upperleg01", "lowerleg01")
CPU = torch.device("cpu")


def posed_body(seed: int, *, spread: float = 0.35) -> Body:
    """An adult in a random pose, seen from a random side."""
    rng, model = np.random.default_rng(seed), body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    for limb in LIMBS:
        for side in "LR":
            rotations[model.bone(f"{limb}.{side}")] = Rotation.from_rotvec(rng.normal(scale=spread, size=3)).as_matrix()
    rotations[0] = Rotation.from_rotvec([0, 0, rng.uniform(-np.pi, np.pi)]).as_matrix()
    phenotype = torch.as_tensor(np.concatenate([rng.random(1), [0.7], rng.random(4)]))
    pose, camera = Pose(rotations=torch.as_tensor(rotations)), Camera(scale=1.0, translation=(0.0, 0.0))
    body = Body(phenotype=phenotype, pose=pose, camera=camera)
    points = torch.as_tensor(pose_body(body).vertices[body_model().skin])
    return Body(phenotype=phenotype, pose=pose, camera=frame(points))


def fill(drawn: DrawnBody, *, without: NDArray[np.bool_] | None = None) -> Volume:
    """The body's volume, some of its triangles taken out."""
    topology = mesh(CPU)
    kept = slice(None) if without is None else torch.as_tensor(~without)
    return voxelise(drawn.vertices, topology.faces[kept], topology.parts[kept], scale=drawn.scale)


def voxel_centres(camera: Camera) -> NDArray[np.float64]:
    """Camera axes, metres."""
    x, y = (((np.arange(SIZE) + 0.5) / SIZE - camera.translation[axis]) / camera.scale for axis in (0, 1))
    z = (np.arange(NUM_SLICES) + 0.5) / NUM_SLICES * 2 * DEPTH_RANGE_M - DEPTH_RANGE_M
    return np.stack(np.meshgrid(z, y, x, indexing="ij"), axis=-1)[..., ::-1]


def test_solid_voxels_agree_with_an_independent_inside_test() -> None:
    model, agreeing = body_model(), []
    for seed in range(10):
        body = posed_body(seed)
        solid = fill(draw_body(body, SIZE)).labels.numpy() > 0
        seen = pose_body(body).vertices @ BODY_TO_CAMERA.numpy().T
        other = trimesh.Trimesh(seen, model.faces, process=False)
        centres = voxel_centres(body.camera)
        low, high = seen[model.skin].min(0), seen[model.skin].max(0)
        asked = ((centres > low) & (centres < high)).all(-1)
        asked &= np.random.default_rng(seed).random(asked.shape) < 0.06
        points = centres[asked]
        away = np.abs(distance_to_surface(other, points)) > SLICE_M / 2
        inside = other.contains(points[away])
        agreeing.append((solid[asked][away] == inside).mean())
        assert inside.sum() > 300, "too few voxels are deep inside to say anything"
        assert (solid[asked][away] == inside)[inside].mean() > 0.97
    print(f"voxels agree on {np.mean(agreeing):.3%}, worst body {np.min(agreeing):.3%}")
    assert min(agreeing) >= 0.99


def distance_to_surface(surface: trimesh.Trimesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance to points spread evenly and densely over the surface (about 5 mm apart)."""
    from scipy.spatial import cKDTree

    spread, _ = trimesh.sample.sample_surface_even(surface, 80_000, seed=0)
    return cKDTree(spread).query(points)[0]


def test_projected_volume_looks_like_the_rasterised_body() -> None:
    worst, off = [], []
    for seed in range(10):
        drawn = draw_body(posed_body(seed, spread=0.5), SIZE)
        maps, ours = render_maps(drawn), render_maps(project_volume(fill(drawn), drawn))
        worst.append(overlap(ours.parsing, maps.parsing)[1:].min())
        both = (ours.parsing[:, 1:] * maps.parsing[:, 1:]).sum(1, keepdim=True) > 0
        off.append((ours.depth - maps.depth)[both].abs().mean())
    print(f"worst part IoU {min(worst):.3f}, depth off by {torch.stack(off).mean() * 1000:.1f} mm on average")
    assert min(worst) >= 0.93
    assert max(off) < SLICE_M / 2


def test_every_part_of_a_volume_stays_complete() -> None:
    drawn = draw_body(posed_body(3), SIZE)
    projected = project_volume(fill(drawn), drawn)
    for part in LAYERS:
        box = part_box(drawn, part)
        wanted, found = (render_part_maps(d, part, box, 128) for d in (drawn, projected))
        index = CLASSES.index(part)
        assert overlap(found.parsing, wanted.parsing)[index] > 0.9
        assert (found.depth - wanted.depth)[found.parsing[:, index : index + 1] > 0].abs().median() < SLICE_M / 2


def test_a_torn_mesh_does_not_leak() -> None:
    drawn = draw_body(posed_body(0), SIZE)
    whole = fill(drawn).labels > 0
    torn = np.random.default_rng(0).random(len(body_model().faces)) < 0.03
    height = drawn.vertices[mesh(CPU).faces.long()].mean(1)[:, 1] - drawn.keypoints[17, 1]
    neck = (height.abs() < 0.006).numpy()
    for name, without in {"torn": torn, "beheaded": neck}.items():
        again = fill(drawn, without=without).labels > 0
        assert without.sum() > 100
        assert (again & whole).sum() / (again | whole).sum() > 0.97, name


def test_where_the_body_overlaps_itself_it_stays_solid() -> None:
    topology, ball = mesh(CPU), trimesh.creation.icosphere(subdivisions=4, radius=0.3)
    both = trimesh.util.concatenate([ball, ball.copy().apply_translation([0.2, 0, 0])])
    vertices = torch.as_tensor(both.vertices, dtype=torch.float32) * 0.5 * torch.tensor([1, 1, 2.0])
    vertices[:, :2] += 0.45
    faces = torch.as_tensor(both.faces, dtype=torch.int32)
    parts = torch.repeat_interleave(torch.tensor([2, 3], dtype=torch.int32), len(ball.faces))
    labels = voxelise(vertices, faces, parts, scale=0.5).labels
    middle = labels[NUM_SLICES // 2, int(0.45 * SIZE)]
    columns = torch.nonzero(middle).flatten()
    assert len(columns) == columns[-1] - columns[0] + 1, "the overlap is hollow"
    assert set(middle[columns].tolist()) == {3, 4}
    assert topology.parts.max() < len(PARTS)


def test_inner_voxels_take_the_label_of_the_nearest_part() -> None:
    body = posed_body(1)
    drawn = draw_body(body, SIZE)
    labels = fill(drawn).labels.numpy()
    seen = pose_body(body).vertices @ BODY_TO_CAMERA.numpy().T
    points = voxel_centres(body.camera)
    behind = np.concatenate([np.zeros_like(labels[:1]), labels[:-1]]) > 0
    inner = np.argwhere((labels > 0) & behind)
    chosen = inner[np.random.default_rng(0).choice(len(inner), 400, replace=False)]
    corners = seen[body_model().faces]
    for place in chosen:
        distance = np.linalg.norm(corners.mean(1) - points[tuple(place)], axis=1)
        near = np.unique(body_model().triangle_parts[distance < distance.min() + 0.02]) + 1
        assert labels[tuple(place)] in near


@pytest.mark.parametrize("size", [128, 512])
def test_a_volume_can_be_drawn_at_any_size(size: int) -> None:
    body = posed_body(2)
    drawn = draw_body(body, size)
    ours = render_maps(project_volume(fill(draw_body(body, SIZE)), drawn))
    assert overlap(ours.parsing, render_maps(drawn).parsing).min() > 0.9


def test_a_part_that_the_volume_lacks_is_not_drawn() -> None:
    drawn = draw_body(posed_body(2), SIZE)
    labels = fill(drawn).labels.clone()
    labels[labels == PARTS.index("head") + 1] = 0
    covered, depth = part_surface(Volume(labels=labels), PARTS.index("head"))
    assert not covered.any()
    assert (depth == 0).all()
    assert (project_volume(Volume(labels=labels), drawn).nearest.part != PARTS.index("head")).all()


def overlap(ours: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """IoU of each class."""
    both, either = (ours * other)[0].sum((1, 2)), (ours + other)[0].clamp(max=1).sum((1, 2))
    return both / either.clamp(min=1)
