"""Clothes that code draws: they cover people, in every pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.data.synth.builtin.eyes import IRISES, paint_eyes
from layerpose.data.synth.builtin.tailoring import NUM_BODY, measures
from layerpose.data.synth.builtin.wardrobe import open_wardrobe
from layerpose.data.synth.dress import Dressed, dress
from layerpose.data.synth.kernels import EMPTY
from layerpose.data.synth.people import Person, sample_person
from layerpose.data.synth.poses import FIGURES
from layerpose.data.synth.render import Studio
from layerpose.maps.render import draw_posed
from layerpose.motion.posing import pose_from_figure

SIZE = 256
CLOTHES = (0, 1)
"""Materials of a dressed person: outfit and shoes come first, skin and eyes last."""
OUTFITS = {
    "male_casualsuit_tshirt_shorts": "shoes_trainers", "female_casualsuit_vneck_skirt": "shoes_boots",
    "male_casualsuit_jacket_jeans": "shoes_hightops", "female_elegantsuit_dress_tank": "shoes_trainers",
    "male_casualsuit_shirt_trousers": "shoes_boots",
}  # fmt: skip
POSES = ("walk", "run", "sit-hands-on-lap", "sit-cross-legged", "squat-hands-together", "arms-up")


def person(outfit: str, shoes: str, seed: int) -> Person:
    drawn = sample_person(open_wardrobe(None), "train", np.random.default_rng(seed))
    return replace(drawn, outfit=outfit, shoes=shoes, hat=None)


@pytest.fixture(scope="module")
def people() -> list[Dressed]:
    wardrobe = open_wardrobe(None)
    return [dress(person(*clothes, seed), wardrobe, 64) for seed, clothes in enumerate(OUTFITS.items())]


@pytest.fixture(scope="module")
def under_cloth(people: list[Dressed]) -> list[np.ndarray]:
    return [covered(dressed) for dressed in people]


def turned(rotations: np.ndarray, azimuth: float, elevation: float = 0) -> np.ndarray:
    out = rotations.copy()
    out[0] = Rotation.from_euler("zx", [azimuth, elevation], degrees=True).as_matrix() @ out[0]
    return out


def figure(name: str) -> np.ndarray:
    return pose_from_figure(FIGURES[name]).rotations.double().numpy()


def naked_and_dressed(dressed: Dressed, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of every pixel: the triangle that the naked body shows, the material that the dressed one shows (-1: none)."""
    studio = Studio(dressed)
    posed, vertices = studio.pose(rotations)
    camera = frame(torch.as_tensor(np.concatenate([vertices, posed.vertices[body_model().skin]])))
    keys = studio._draw(vertices, camera, SIZE)
    hit = torch.where(keys < EMPTY, keys & 0xFFFFFFFF, -1).numpy()
    naked = draw_posed(posed, camera, SIZE, device=torch.device("cpu")).nearest.triangle.numpy()
    return naked, np.where(hit >= 0, dressed.materials[hit], -1)


def covered(dressed: Dressed) -> np.ndarray:
    """The body's triangles that clothes cover wherever they are seen while the arms hang."""
    seen, clad = (np.zeros(len(body_model().faces)) for _ in range(2))
    at_rest = np.tile(np.eye(3), (len(body_model().bone_names), 1, 1))
    for azimuth in range(0, 360, 60):
        for elevation in (-35, 35):
            naked, worn = naked_and_dressed(dressed, turned(at_rest, azimuth, elevation))
            body = naked >= 0
            np.add.at(seen, naked[body], 1)
            np.add.at(clad, naked[body], np.isin(worn[body], CLOTHES))
    return (seen > 0) & (clad == seen)


def bare_shares(dressed: Dressed, under_cloth: np.ndarray) -> np.ndarray:
    """Of the pixels where cloth should be: the share that shows skin, and the share that shows nothing; by picture."""
    skin, out = dressed.materials.max() - 1, []
    for name in POSES:
        for azimuth in (0, 110, 230):
            naked, worn = naked_and_dressed(dressed, turned(figure(name), azimuth))
            clad = (naked >= 0) & under_cloth[naked]
            out.append([(worn[clad] == skin).mean(), (worn[clad] == -1).mean()])
    return np.array(out)


def test_hardly_any_skin_pokes_through_cloth_however_people_walk_sit_or_squat(
    people: list[Dressed], under_cloth: list[np.ndarray]
) -> None:
    shares = np.concatenate(list(map(bare_shares, people, under_cloth))).sum(1)
    assert shares.mean() < 0.002
    assert shares.max() < 0.01


def test_without_the_outfit_the_share_of_bare_pixels_is_large(
    people: list[Dressed], under_cloth: list[np.ndarray]
) -> None:
    outfit = people[0].materials == 0
    shown = replace(people[0], faces=np.where(outfit[:, None], 0, people[0].faces).astype(np.int32))
    assert bare_shares(shown, under_cloth[0]).sum(1).min() > 0.3


def test_clothes_stay_near_the_body_and_are_not_torn(people: list[Dressed]) -> None:
    for dressed, outfit in zip(people, OUTFITS, strict=True):
        furthest_m, longest_m = (0.3, 0.25) if "skirt" in outfit or "dress" in outfit else (0.05, 0.12)
        studio, cloth = Studio(dressed), np.isin(dressed.materials, CLOTHES)
        edges = np.unique(dressed.faces[cloth][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=0)
        for name in POSES:
            posed, vertices = studio.pose(figure(name))
            away, _ = cKDTree(posed.vertices[:NUM_BODY]).query(vertices[np.unique(edges)])
            assert away.max() < furthest_m
            assert np.quantile(away, 0.9) < 0.06
            lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
            assert lengths.max() < longest_m


def test_every_outfit_covers_trunk_and_hips_and_all_shoes_the_feet() -> None:
    wardrobe, body = open_wardrobe(None), measures()
    height = body.places[:, 2]
    trunk = (body.arm < 0) & (height < 0.43) & (height > 0.3)
    hips = (body.arm < 0) & (height <= 0.3) & (body.leg < 0.2)
    feet = body.leg > 2.1
    for name in wardrobe.names("clothes"):
        hidden = np.isin(np.arange(NUM_BODY), wardrobe.garment("clothes", name).hidden)
        if "suit" in name:
            assert hidden[trunk | hips].all(), name
        elif name.startswith("shoes"):
            assert hidden[feet].all(), name


def test_no_eyes_are_white() -> None:
    row, column = np.mgrid[:256, :256]
    for name in IRISES:
        bright = paint_eyes(name, 256)[..., :3].mean(2) / 255
        for u, v in ((0.7045, 0.7038), (0.2962, 0.3004)):
            away = np.hypot((column + 0.5) / 256 - u, 1 - (row + 0.5) / 256 - v)
            assert bright[away < 0.03].max() < 0.1, name
            assert bright[away < 0.1].mean() < 0.4, name
            assert bright[(away > 0.15) & (away < 0.2)].mean() > 0.6
