"""Solid voxels against an independent inside test, and what holes and overlaps must not do."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch
import trimesh
from numpy.typing import NDArray
from scipy.spatial import cKDTree
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


@lru_cache(maxsize=16)
def posed_body(seed: int) -> Body:
    """An adult in a random pose, seen from a random side."""
    rng, model = np.random.default_rng(seed), body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    for limb in LIMBS:
        for side in "LR":
            rotations[model.bone(f"{limb}.{side}")] = Rotation.from_rotvec(rng.normal(scale=0.4, size=3)).as_matrix()
    rotations[0] = Rotation.from_rotvec([0, 0, rng.uniform(-np.pi, np.pi)]).as_matrix()
    phenotype = torch.as_tensor(np.concatenate([rng.random(1), [0.7], rng.random(4)]))
    pose, camera = Pose(rotations=torch.as_tensor(rotations)), Camera(scale=1.0, translation=(0.0, 0.0))
    body = Body(phenotype=phenotype, pose=pose, camera=camera)
    points = torch.as_tensor(pose_body(body).vertices[body_model().skin])
    return Body(phenotype=phenotype, pose=pose, camera=frame(points))


@lru_cache(maxsize=16)
def drawn_and_filled(seed: int) -> tuple[DrawnBody, Volume]:
    """The same bodies serve several tests."""
    drawn = draw_body(posed_body(seed), SIZE)
    return drawn, fill(drawn)


def fill(drawn: DrawnBody, *, without: NDArray[np.bool_] | None = None) -> Volume:
    """The body's volume, some of its triangles taken out."""
    topology = mesh(CPU)
    kept = slice(None) if without is None else torch.as_tensor(~without)
    return voxelise(drawn.vertices, topology.faces[kept], topology.parts[kept], scale=drawn.scale)


def voxel_centres(camera: Camera, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of voxels given by slice, row and column; camera axes, metres."""
    x, y = (((places[:, 2 - axis] + 0.5) / SIZE - camera.translation[axis]) / camera.scale for axis in (0, 1))
    return np.stack([x, y, (places[:, 0] + 0.5) * SLICE_M - DEPTH_RANGE_M], axis=1)


@pytest.mark.long
def test_solid_voxels_agree_with_an_independent_inside_test() -> None:
    model, agreeing = body_model(), []
    for seed in range(10):
        body = posed_body(seed)
        solid = drawn_and_filled(seed)[1].labels.numpy() > 0
        seen = pose_body(body).vertices @ BODY_TO_CAMERA.numpy().T
        other = trimesh.Trimesh(seen, model.faces, process=False)
        places = np.random.default_rng(seed).integers((NUM_SLICES, SIZE, SIZE), size=(150_000, 3))
        points = voxel_centres(body.camera, places)
        asked = ((points > seen[model.skin].min(0)) & (points < seen[model.skin].max(0))).all(-1)
        asked[asked] = distance_to_surface(other, points[asked]) > SLICE_M / 2
        inside, ours = other.contains(points[asked]), solid[*places[asked].T]
        agreeing.append((ours == inside).mean())
        assert inside.sum() > 300, "too few voxels are deep inside to say anything"
        assert ours[inside].mean() > 0.97
    print(f"voxels agree on {np.mean(agreeing):.3%}, worst body {np.min(agreeing):.3%}")
    assert min(agreeing) >= 0.99


def distance_to_surface(surface: trimesh.Trimesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance to points spread densely over the surface (about 8 mm apart)."""
    spread, _ = trimesh.sample.sample_surface(surface, 30_000, seed=0)
    return cKDTree(spread).query(points)[0]


@pytest.mark.parametrize("seeds", [range(3), pytest.param(range(3, 10), marks=pytest.mark.long)])
def test_projected_volume_looks_like_the_rasterised_body(seeds: range) -> None:
    worst, off = [], []
    for seed in seeds:
        drawn, volume = drawn_and_filled(seed)
        maps, ours = render_maps(drawn), render_maps(project_volume(volume, drawn))
        worst.append(overlap(ours.parsing, maps.parsing)[1:].min())
        both = (ours.parsing[:, 1:] * maps.parsing[:, 1:]).sum(1, keepdim=True) > 0
        off.append((ours.depth - maps.depth)[both].abs().mean())
    print(f"worst part IoU {min(worst):.3f}, depth off by {torch.stack(off).mean() * 1000:.1f} mm on average")
    assert min(worst) >= 0.93
    assert max(off) < SLICE_M / 2


def test_every_part_of_a_volume_stays_complete() -> None:
    drawn, volume = drawn_and_filled(3)
    projected = project_volume(volume, drawn)
    for part in LAYERS:
        box = part_box(drawn, part)
        wanted, found = (render_part_maps(d, part, box, 128) for d in (drawn, projected))
        index = CLASSES.index(part)
        assert overlap(found.parsing, wanted.parsing)[index] > 0.9
        assert (found.depth - wanted.depth)[found.parsing[:, index : index + 1] > 0].abs().median() < SLICE_M / 2


def test_a_torn_mesh_does_not_leak() -> None:
    drawn, volume = drawn_and_filled(0)
    whole = volume.labels > 0
    torn = np.random.default_rng(0).random(len(mesh(CPU).faces)) < 0.03
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
    labels = drawn_and_filled(1)[1].labels.numpy()
    seen = pose_body(body).vertices @ BODY_TO_CAMERA.numpy().T
    behind = np.concatenate([np.zeros_like(labels[:1]), labels[:-1]]) > 0
    inner = np.argwhere((labels > 0) & behind)
    chosen = inner[np.random.default_rng(0).choice(len(inner), 400, replace=False)]
    centres = seen[body_model().faces].mean(1)
    for place, point in zip(chosen, voxel_centres(body.camera, chosen), strict=True):
        distance = np.linalg.norm(centres - point, axis=1)
        near = np.unique(body_model().triangle_parts[distance < distance.min() + 0.02]) + 1
        assert labels[tuple(place)] in near


@pytest.mark.parametrize("size", [128, 512])
def test_a_volume_can_be_drawn_at_any_size(size: int) -> None:
    body = posed_body(2)
    drawn = draw_body(body, size)
    ours = render_maps(project_volume(drawn_and_filled(2)[1], drawn))
    assert overlap(ours.parsing, render_maps(drawn).parsing).min() > 0.9


def test_a_part_that_the_volume_lacks_is_not_drawn() -> None:
    drawn, volume = drawn_and_filled(2)
    labels = volume.labels.clone()
    labels[labels == PARTS.index("head") + 1] = 0
    covered, depth = part_surface(Volume(labels=labels), PARTS.index("head"))
    assert not covered.any()
    assert (depth == 0).all()
    assert (project_volume(Volume(labels=labels), drawn).nearest.part != PARTS.index("head")).all()


def overlap(ours: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """IoU of each class."""
    both, either = (ours * other)[0].sum((1, 2)), (ours + other)[0].clamp(max=1).sum((1, 2))
    return both / either.clamp(min=1)
