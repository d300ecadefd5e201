"""A motion that goes through other formats and comes back is the same motion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.motion.posing import ADULT
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.read.gltf import gltf_to_rig
from layerpose.motion.read.smpl import read_smpl
from layerpose.motion.retarget import retarget
from layerpose.motion.write.amass import write_amass
from layerpose.motion.write.bvh import write_bvh
from layerpose.motion.write.glb import write_glb
from layerpose.motion.write.take import Take
from layerpose.types import Motion

LIMBS = (
    ("upperarm01", "lowerarm01"), ("lowerarm01", "wrist"), ("upperleg01", "lowerleg01"), ("lowerleg01", "foot"),
    ("foot", "toe2-1"),
)  # fmt: skip
TRUNK = (("root", "neck01"), ("neck01", "head"), ("upperarm01.R", "upperarm01.L"), ("upperleg01.R", "upperleg01.L"))
PAIRS = (*((f"{a}.{side}", f"{b}.{side}") for a, b in LIMBS for side in "LR"), *TRUNK)
STATURE_M = 1.7


def adult(motion: Motion) -> Take:
    return Take(phenotype=torch.tensor(ADULT), motion=motion)


def through(motion: Motion, *files: Path) -> list[Motion]:
    """What is read after each file, each written from what was read before."""
    read = []
    for file in files:
        match file.suffix:
            case ".bvh":
                write_bvh(adult(motion), file)
                motion = read_bvh(file).motion()
            case ".glb":
                write_glb(adult(motion), file)
                motion = retarget(gltf_to_rig(file)).motion()
            case ".npz":
                write_amass(adult(motion), file)
                motion = read_smpl(file).motion()
        read.append(motion)
    return read


def check_same(one: Motion, other: Motion) -> None:
    assert other.fps == pytest.approx(one.fps, rel=1e-4)
    assert other.num_frames == one.num_frames
    model, takes = body_model(), (adult(one), adult(other))
    rows = np.array([[model.bone(bone) for bone in pair] for pair in PAIRS])
    ways = [take.heads_m[:, rows[:, 1]] - take.heads_m[:, rows[:, 0]] for take in takes]
    first, second = (way / np.linalg.norm(way, axis=-1, keepdims=True) for way in ways)
    off = np.degrees(np.arccos((first * second).sum(-1).clip(-1, 1))).max(0)
    assert off.max() < 1, dict(zip(PAIRS, off, strict=True))
    paths = [take.pelvis_m - take.pelvis_m[0] for take in takes]
    assert np.abs(paths[0] - paths[1]).max() < 0.01 * STATURE_M


def test_bvh_to_glb_to_bvh(take: Take, tmp_path: Path):
    first, _, last = through(take.motion, *(tmp_path / name for name in ("a.bvh", "b.glb", "c.bvh")))
    check_same(first, last)


def test_npz_to_bvh_to_npz(take: Take, tmp_path: Path):
    first, _, last = through(take.motion, *(tmp_path / name for name in ("a.npz", "b.bvh", "c.npz")))
    check_same(first, last)


def test_a_glb_is_read_as_it_was(take: Take, tmp_path: Path):
    [read] = through(take.motion, tmp_path / "a.glb")
    check_same(replace(take.motion, ankles=None), read)
