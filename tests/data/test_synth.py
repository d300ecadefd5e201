from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from layerpose.data.records import Records
from layerpose.data.synth.make import synthesise
from layerpose.data.synth.people import sample_person, split_of
from layerpose.data.synth.poses import PoseSource, collides
from layerpose.data.synth.wardrobe import Wardrobe
from layerpose.maps.render import draw_body
from layerpose.motion.library import STAND, library_pose
from layerpose.motion.posing import Limb, mirror, pose_from_figure

SIZE = 128


@pytest.fixture(scope="module")
def folders(shared):
    return {"assets": shared / "assets" / "makehuman", "motion": shared / "mocap"}


@pytest.fixture(scope="module")
def data(tmp_path_factory, folders):
    out = tmp_path_factory.mktemp("data")
    synthesise(out, people=2, frames=3, size=SIZE, seed=4, workers=1, **folders)
    return out


def test_the_body_drawn_with_the_records_camera_covers_the_picture(data):
    records = Records(data)
    overlaps = []
    for person in records.people:
        for frame in records.frames(person):
            image, mask, body = records.load(person, frame)
            assert image.shape == (1, 3, SIZE, SIZE)
            assert (image[:, :, mask[0, 0] == 0] == 0).all()
            drawn, solid = draw_body(body, SIZE).nearest.part >= 0, mask[0, 0] > 0.5
            overlaps.append((drawn & solid).sum() / (drawn | solid).sum())
            assert not torch.cat([solid[0], solid[-1], solid[:, 0], solid[:, -1]]).any()
    assert np.mean(overlaps) > 0.75


def test_people_that_are_there_are_kept_and_the_same_seed_gives_the_same_bytes(data, folders, tmp_path):
    before = (data / "people" / "00001" / "000.png").stat().st_mtime_ns
    synthesise(data, people=2, frames=3, size=SIZE, seed=4, workers=1, **folders)
    assert (data / "people" / "00001" / "000.png").stat().st_mtime_ns == before
    synthesise(tmp_path, people=2, frames=3, size=SIZE, seed=4, workers=1, **folders)
    for file in sorted((data / "people").rglob("*.*")):
        assert file.read_bytes() == (tmp_path / file.relative_to(data)).read_bytes(), file


def test_another_seed_in_the_same_folder_is_refused(data, folders):
    with pytest.raises(ValueError, match="seed 4, not 5"):
        synthesise(data, people=2, frames=3, size=SIZE, seed=5, workers=1, **folders)


def test_another_format_is_refused(data, tmp_path):
    info = json.loads((data / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps(info | {"layerpose_data": 99}))
    with pytest.raises(ValueError, match="format 99"):
        Records(tmp_path)


def test_no_clip_and_no_pair_of_skin_and_outfit_in_two_splits(folders):
    clips = [
        set(PoseSource(folders["motion"], folders["assets"] / "poses", s).sources) for s in ("train", "val", "test")
    ]
    assert not clips[0] & clips[1] | clips[0] & clips[2] | clips[1] & clips[2]
    wardrobe, pairs = Wardrobe(folders["assets"]), {"train": set(), "val": set(), "test": set()}
    for index in range(400):
        person = sample_person(wardrobe, split_of(index), np.random.default_rng(index))
        pairs[split_of(index)].add((person.skin, person.outfit))
        assert person.phenotype[1] >= 0.6
        assert "special" not in person.skin
    assert not pairs["train"] & pairs["test"] | pairs["train"] & pairs["val"] | pairs["val"] & pairs["test"]


def test_mirroring_twice_changes_nothing():
    rotations = library_pose("walk").rotations.double().numpy()
    assert np.allclose(mirror(mirror(rotations)), rotations)
    assert not np.allclose(mirror(rotations), rotations, atol=0.05)


def test_an_arm_through_the_chest_collides_and_folded_arms_do_not():
    folded = library_pose("arms-folded").rotations.double().numpy()
    assert not collides(folded)
    bad = replace(STAND, left_arm=Limb(upper=(0.1, 0, -1), lower=(-1, 0.1, 0.1)))
    assert collides(pose_from_figure(bad).rotations.double().numpy())


def test_a_folder_without_assets_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no MANIFEST\.json"):
        Wardrobe(tmp_path)
