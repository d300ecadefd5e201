"""A personal model looks poses up in its album: the closest frames lead, and what is left out is not looked at."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.data.album.closest import NUM_PHOTOS, AlbumPairs, Closest
from layerpose.data.album.opening import FOLDER, Album, find_album, keep_album, open_albums
from layerpose.maps.render import pose_body
from layerpose.presets import debug
from layerpose.stages.model import Model
from layerpose.stages.model_folder import save_model
from layerpose.transfer import PoseTransfer

TURNS = tuple(np.linspace(-1, 1, 11))
CONFIG = replace(debug(), guides=replace(debug().guides, dressed=False))
"""What they wear takes half of the time, and leads to no other frame."""


@pytest.fixture(scope="module")
def data(paint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paint(tmp_path_factory.mktemp("painted") / "data", ("train",), turns=TURNS)


@pytest.fixture(scope="module")
def album(data: Path) -> Album:
    return open_albums(data, None)[0]


@pytest.fixture(scope="module")
def closest(album: Album) -> Closest:
    return Closest(album, CONFIG)


def bones(album: Album, frame: str) -> np.ndarray:
    return pose_body(album.body(album.owner, frame)).transforms[:, :3, :3]


def leading(closest: Closest, image: torch.Tensor) -> str:
    return next(frame for frame in closest.frames if torch.equal(closest.view_frame(frame).image, image))


def test_it_can_be_sent_to_another_process(closest: Closest, album: Album) -> None:
    sent = pickle.loads(pickle.dumps(closest))
    assert sent.frames == closest.frames
    assert torch.equal(sent.view(bones(album, "000")).image, closest.view(bones(album, "000")).image)


def test_the_frame_whose_pose_is_most_alike_leads(closest: Closest, album: Album) -> None:
    for held in ("002", "007"):
        found = int(leading(closest, closest.view(bones(album, held)).image))
        assert abs(found - int(held)) == 1
    first = closest.frames[0]
    assert leading(closest, closest.view(bones(album, first)).image) == first
    assert len(closest.view(bones(album, first)).all) == NUM_PHOTOS


def test_a_frame_that_is_left_out_is_not_looked_at(closest: Closest, album: Album) -> None:
    own = closest.view_frame("000").image
    view = closest.view(bones(album, "000"), without="000")
    assert not any(torch.equal(photo.image, own) for photo in view.all)
    second = closest.view(bones(album, "000"), without="000", lead=1)
    assert leading(closest, view.image) != leading(closest, second.image)


def test_the_user_s_photo_leads_if_it_is_closer_than_the_album(closest: Closest, album: Album) -> None:
    photo = closest.view_frame("005")
    without = Closest(Album(album.path, album.owner, ["000", "001", "009"]), CONFIG)
    near, far = (without.view(bones(album, frame), also=photo) for frame in ("005", "000"))
    assert torch.equal(near.image, photo.image)
    assert not torch.equal(far.image, photo.image)
    assert any(torch.equal(one.image, photo.image) for one in far.all)


def test_every_frame_is_a_target_once_a_round_and_never_its_own_source(album: Album) -> None:
    pairs = AlbumPairs(album, CONFIG, length=100, seed=1)
    targets = [pairs[index].target for index in range(len(pairs.closest.frames))]
    assert {leading(pairs.closest, target) for target in targets} == set(pairs.closest.frames)
    for index, target in enumerate(targets[:3]):
        again = pairs[index]
        assert torch.equal(again.target, target)
        assert not torch.equal(again.conditions.source, target)


def test_an_album_is_kept_in_the_model_s_folder_without_what_was_held_back(album: Album, data: Path, tmp_path: Path):
    assert find_album(tmp_path) is None
    keep_album(album, tmp_path)
    found = find_album(tmp_path)
    assert found is not None
    assert found.frames(found.owner) == album.frames(album.owner)
    assert len(list((tmp_path / FOLDER).rglob("*.png"))) == len(album.frames(album.owner)) < len(TURNS)
    for kept, given in zip(found.load(found.owner, "001")[:2], album.load(album.owner, "001")[:2], strict=True):
        assert torch.equal(kept, given)


def test_a_personal_model_draws_from_its_album(album: Album, closest: Closest, tmp_path: Path) -> None:
    save_model(Model(CONFIG), tmp_path)
    keep_album(album, tmp_path)
    model = PoseTransfer.load(tmp_path, device="cpu")
    photo, body = closest.view_frame("000"), album.body(album.owner, "010")
    assert torch.equal(model.prepare(photo, body).source, closest.view_frame("010").image)
    (tmp_path / FOLDER / "album.json").write_text(json.dumps({"person": "00000"}))
    with pytest.raises(ValueError, match="personalize the model again"):
        PoseTransfer.load(tmp_path, device="cpu")
