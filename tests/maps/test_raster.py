"""The maps against an independent ray caster, and what occlusion must and must not do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
import trimesh
from scipy.spatial.transform import Rotation

from layerpose.body.camera import BODY_TO_CAMERA, frame
from layerpose.body.model import body_model
from layerpose.body.skeleton import mirrored
from layerpose.maps.crops import cut, part_box, paste
from layerpose.maps.raster import draw
from layerpose.maps.render import draw_body, pose_body, render_maps, render_part_maps
from layerpose.types import CLASSES, LAYERS, MIRRORED_CLASSES, PARTS, Body, Camera, Pose

SIZE = 256
LIMBS = ("upperarm01", "lowerarm01", "upperleg01", "lowerleg01")


def random_body(seed: int, *, spread: float = 0.5) -> Body:
    """An adult in a random pose, framed."""
    rng, model = np.random.default_rng(seed), body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    for limb in LIMBS:
        for side in "LR":
            rotations[model.bone(f"{limb}.{side}")] = Rotation.from_rotvec(rng.normal(scale=spread, size=3)).as_matrix()
    rotations[0] = Rotation.from_rotvec([0, 0, rng.uniform(-np.pi, np.pi)]).as_matrix()
    phenotype = torch.as_tensor(np.concatenate([rng.random(1), [0.7], rng.random(4)]))
    return framed(phenotype, rotations)


def framed(phenotype: torch.Tensor, rotations: np.ndarray) -> Body:
    pose = Pose(rotations=torch.as_tensor(rotations))
    body = Body(phenotype=phenotype, pose=pose, camera=Camera(scale=1.0, translation=(0.0, 0.0)))
    points = torch.as_tensor(pose_body(body).vertices[body_model().skin])
    return dataclasses.replace(body, camera=frame(points))


def cast_rays(body: Body) -> tuple[np.ndarray, np.ndarray]:
    """Class and depth of every pixel by trimesh: one ray through each pixel centre, the nearest triangle it meets."""
    model, camera = body_model(), body.camera
    seen = pose_body(body).vertices @ BODY_TO_CAMERA.numpy().T
    mesh = trimesh.Trimesh(seen, model.faces, process=False)
    centres = (np.arange(SIZE) + 0.5) / SIZE
    x, y = np.meshgrid(
        (centres - camera.translation[0]) / camera.scale, (centres - camera.translation[1]) / camera.scale
    )
    origins = np.stack([x.ravel(), y.ravel(), np.full(SIZE**2, -5.0)], axis=1)
    directions = np.tile([0.0, 0.0, 1.0], (len(origins), 1))
    triangle, ray, place = mesh.ray.intersects_id(origins, directions, multiple_hits=False, return_locations=True)
    classes, depths = np.zeros(SIZE**2, dtype=np.int64), np.full(SIZE**2, np.inf)
    classes[ray] = model.triangle_parts[triangle] + 1
    depths[ray] = place[:, 2]
    return classes.reshape(SIZE, SIZE), depths.reshape(SIZE, SIZE)


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(6, 20), marks=pytest.mark.long)])
def test_maps_agree_with_an_independent_ray_caster(seeds: range) -> None:
    parsing_agrees, depth_agrees = [], []
    for seed in seeds:
        body = random_body(seed)
        maps = render_maps(draw_body(body, SIZE))
        classes, depths = cast_rays(body)
        ours = maps.parsing[0].argmax(0).numpy()
        parsing_agrees.append((ours == classes).mean())
        both = (ours > 0) & (classes > 0)
        depth_agrees.append((np.abs(maps.depth[0, 0].numpy() - depths)[both] < 0.002).mean())
    print(f"parsing agrees on {np.mean(parsing_agrees):.4%}, depth within 2 mm on {np.mean(depth_agrees):.4%}")
    assert min(parsing_agrees) >= 0.995
    assert min(depth_agrees) >= 0.99


def test_nearer_triangle_hides_the_farther_one() -> None:
    square = torch.tensor([[0, 0], [8, 0], [8, 8], [0, 8]], dtype=torch.float32)
    vertices = torch.cat([torch.cat([square, torch.full((4, 1), z)], dim=1) for z in (1.0, -1.0)])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], dtype=torch.int32)
    parts = torch.tensor([0, 0, 1, 1], dtype=torch.int32)
    buffers = draw(vertices, faces, parts, num_parts=2, height=8, width=8)
    hit = buffers.nearest()
    assert (hit.part == 1).all()
    assert torch.allclose(hit.depth, torch.tensor(-1.0), atol=1e-6)
    assert (buffers.of_part(0).depth - 1.0).abs().max() < 1e-6


def test_nearer_arm_hides_torso_and_stays_complete() -> None:
    model = body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    still = framed(torch.full((6,), 0.6, dtype=torch.float64), rotations)
    rotations = rotations.copy()
    rotations[model.bone("upperarm01.L")] = Rotation.from_euler("xz", [-0.6, -0.9]).as_matrix()
    rotations[model.bone("lowerarm01.L")] = Rotation.from_euler("z", -1.3).as_matrix()
    moved = dataclasses.replace(still, pose=Pose(rotations=torch.as_tensor(rotations)))
    before, after = draw_body(still, SIZE), draw_body(moved, SIZE)
    torso = CLASSES.index("torso")
    seen_before = render_maps(before).parsing[0, torso]
    seen_after = render_maps(after).parsing[0, torso]
    assert seen_after.sum() < 0.97 * seen_before.sum(), "the arm should hide some of the torso"
    box = part_box(before, "torso")
    complete = [render_part_maps(drawn, "torso", box, 128) for drawn in (before, after)]
    untouched = torch.as_tensor(model.weights[:, model.bone_parts == PARTS.index("left_arm")].sum(1) == 0)
    assert torch.equal(before.vertices[untouched], after.vertices[untouched])
    legs = [render_part_maps(drawn, "left_leg", part_box(before, "left_leg"), 128) for drawn in (before, after)]
    assert torch.equal(legs[0].parsing, legs[1].parsing)
    assert torch.equal(legs[0].depth, legs[1].depth)
    incomplete = render_part_maps(after, "torso", box, 128, complete=False)
    assert incomplete.parsing[0, torso].sum() < complete[1].parsing[0, torso].sum()


def test_mirroring_the_body_swaps_left_and_right_exactly() -> None:
    model = body_model()
    for seed in range(3):
        drawn = draw_body(random_body(seed), SIZE)
        flipped = drawn.vertices * torch.tensor([-1.0, 1, 1]) + torch.tensor([1.0, 0, 0])
        swap = torch.tensor([PARTS.index(CLASSES[MIRRORED_CLASSES[i + 1]]) for i in range(6)], dtype=torch.int32)
        faces = torch.as_tensor(model.faces)
        again = draw(
            flipped * torch.tensor([SIZE, SIZE, 1.0]), faces, swap[torch.as_tensor(model.triangle_parts)],
            num_parts=6, height=SIZE, width=SIZE,
        )  # fmt: skip
        ours = drawn.nearest.part.flip(1)
        expected = torch.where(ours >= 0, swap[ours.clamp(min=0).long()], ours)
        assert (again.nearest().part != expected).float().mean() < 2e-5


def test_left_and_right_are_the_persons() -> None:
    body = framed(torch.full((6,), 0.6, dtype=torch.float64), np.tile(np.eye(3), (104, 1, 1)))
    parsing = render_maps(draw_body(body, SIZE)).parsing[0]
    columns = torch.arange(SIZE).float()
    for limb in ("arm", "leg"):
        left, right = (
            (parsing[CLASSES.index(f"{side}_{limb}")].sum(0) * columns).sum()
            / parsing[CLASSES.index(f"{side}_{limb}")].sum()
            for side in ("left", "right")
        )
        assert left > SIZE / 2 > right, "a person who faces us has the left side on the picture's right"


def test_parts_of_bones_mirror() -> None:
    model = body_model()
    for bone, name in enumerate(model.bone_names):
        part, other = CLASSES[model.bone_parts[bone] + 1], CLASSES[model.bone_parts[model.bone(mirrored(name))] + 1]
        assert CLASSES[MIRRORED_CLASSES[CLASSES.index(part)]] == other


@pytest.mark.parametrize("part", LAYERS)
def test_cut_then_paste_is_the_identity(part: str) -> None:
    drawn = draw_body(random_body(4), SIZE)
    size = SIZE // 2
    left, top, _ = (part_box(drawn, part) * SIZE).round().tolist()
    box = torch.tensor([[left, top, size]]) / SIZE
    image = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    back = paste(cut(image, box, size), box, SIZE)
    rows = slice(max(int(top) + 1, 0), max(min(int(top) + size - 1, SIZE), 0))
    columns = slice(max(int(left) + 1, 0), max(min(int(left) + size - 1, SIZE), 0))
    assert (back - image)[..., rows, columns].abs().max() < 1e-4
    outside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    outside[max(int(top) - 1, 0) : int(top) + size + 1, max(int(left) - 1, 0) : int(left) + size + 1] = False
    assert back[0][:, outside].abs().sum() == 0
