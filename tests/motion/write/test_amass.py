"""What is written as AMASS has it is read back as the same motion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.motion.posing import ADULT
from layerpose.motion.read.smpl import read_smpl
from layerpose.motion.write.amass import write_amass
from layerpose.motion.write.take import Take

BONES = (
    ("upperarm01", "lowerarm01"), ("lowerarm01", "wrist"), ("wrist", "finger3-1"), ("upperleg01", "lowerleg01"),
    ("lowerleg01", "foot"), *((f"finger{finger}-{joint}", f"finger{finger}-{joint + 1}") for finger in range(1, 6)
                              for joint in (1, 2)),
)  # fmt: skip


@pytest.fixture(scope="module")
def adult(take: Take) -> Take:
    return replace(take, phenotype=torch.tensor(ADULT))


@pytest.fixture(scope="module")
def file(adult: Take, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("npz") / "dance.npz"
    write_amass(adult, path)
    return path


def directions(take: Take, pairs: list[tuple[str, str]]) -> np.ndarray:
    model = body_model()
    ends = [[model.bone(bone) for bone in pair] for pair in pairs]
    along = np.stack([take.heads_m[:, end] - take.heads_m[:, start] for start, end in ends])
    return along / np.linalg.norm(along, axis=-1, keepdims=True)


def test_limbs_and_fingers_point_where_they_did(adult: Take, file: Path):
    read = replace(adult, motion=read_smpl(file).motion())
    pairs = [(f"{a}.{side}", f"{b}.{side}") for a, b in BONES for side in "LR"]
    pairs += [("root", "neck01"), ("neck01", "head"), ("upperarm01.R", "upperarm01.L")]
    off = np.degrees(np.arccos((directions(adult, pairs) * directions(read, pairs)).sum(-1).clip(-1, 1)))
    assert off.max() < 1, dict(zip(pairs, off.max(1), strict=True))


def test_path_is_the_same_one(adult: Take, file: Path):
    read = replace(adult, motion=read_smpl(file).motion())
    assert read.motion.fps == adult.motion.fps
    assert np.abs((read.pelvis_m - adult.pelvis_m) - (read.pelvis_m - adult.pelvis_m)[0]).max() < 1e-4


def test_arrays_are_those_of_smpl_h(adult: Take, file: Path):
    with np.load(file) as arrays:
        assert arrays["poses"].shape == (adult.motion.num_frames, 156)
        assert arrays["trans"].shape == (adult.motion.num_frames, 3)
        assert float(arrays["mocap_framerate"]) == 24
        assert not arrays["betas"].any()
        assert str(arrays["gender"]) == "neutral"
        assert 0.7 < arrays["trans"][:, 2].min() < 1.1
