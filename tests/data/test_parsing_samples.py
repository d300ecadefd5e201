"""Synthetic people photographed anew: labels stay with what they label; the truth is what clothes show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.data.backgrounds import paint_backgrounds
from layerpose.data.parsed import ParsedFrames, fit_again, parsed_frames, show
from layerpose.data.parsing_samples import Scenes
from layerpose.data.photo_like import MIRROR, Figure, photograph
from layerpose.data.records import Records
from layerpose.data.synth.labels import Relabelled
from layerpose.maps.render import draw_body
from layerpose.types import CLASSES

SIZE = 96
COLOURS = np.array([[0, 0, 0], [250, 0, 0], [0, 250, 0], [0, 0, 250], [250, 250, 0], [250, 0, 250], [0, 250, 250]])


@pytest.fixture(scope="module")
def records(data: Path) -> Records:
    return Records(data)


@pytest.fixture(scope="module")
def frames(records: Records, tmp_path_factory: pytest.TempPathFactory) -> ParsedFrames:
    folder = tmp_path_factory.mktemp("parsed") / "frames"
    return parsed_frames(records, records.people[:1], folder, size=SIZE, assets=None, seed=0)


@pytest.fixture
def figure() -> Figure:
    """Six stripes, each in the colour of its class."""
    labels = np.zeros((SIZE, SIZE), dtype=np.uint8)
    labels[12:-12, 12:-12] = np.repeat(np.arange(1, 7, dtype=np.uint8), 12)[None]
    colour = COLOURS[labels].astype(np.uint8)
    return Figure(colour=colour, alpha=(labels > 0).astype(np.uint8) * 255, labels=labels, body=labels)


def test_the_labels_of_a_picture_cover_what_its_alpha_covers(records: Records, frames: ParsedFrames) -> None:
    solid, labelled = frames.pictures[..., 3] > 127, frames.labels > 0
    assert (solid & labelled).sum() / (solid | labelled).sum() > 0.97
    for labels in frames.labels:
        assert set(np.unique(labels)) <= set(range(len(CLASSES)))


def test_clothes_stick_out_of_the_body_and_take_its_classes(records: Records) -> None:
    person = records.people[0]
    dressed, agree, outside = Relabelled(records, person, None), [], []
    for frame in records.frames(person):
        body = records.body(person, frame)
        labels, naked = dressed.label(frame, body.camera, SIZE), show(body, SIZE)
        both = (labels > 0) & (naked > 0)
        agree.append((labels == naked)[both].mean())
        outside.append((labels > 0).sum() / (naked > 0).sum())
    assert np.mean(agree) > 0.85
    assert np.mean(outside) > 1.05


def test_a_bad_fit_is_farther_from_the_body_than_a_good_one(records: Records) -> None:
    body, rng = records.body(records.people[0], "000"), np.random.default_rng(0)
    true = show(body, SIZE)
    near, far = (np.mean([(show(fit_again(body, s, rng), SIZE) == true).mean() for _ in range(4)]) for s in (0.25, 1))
    assert far < near < 1
    keypoints, others = (draw_body(b, SIZE).keypoints[:, :2] for b in (body, fit_again(body, 1.0, rng)))
    assert (keypoints.mean(0) - others.mean(0)).norm() < 0.02


def test_labels_move_with_the_colours_that_they_label(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without change of light and without a lens, a pixel's colour tells its class; a mirror swaps left and right."""
    monkeypatch.setattr("layerpose.data.photo_like._light", lambda figure, _: figure)
    monkeypatch.setattr("layerpose.data.photo_like._expose", lambda photo, _: photo.astype(np.uint8))
    black = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    monkeypatch.setattr("layerpose.data.photo_like.FLAT_SHARE", 0.0)
    monkeypatch.setattr("layerpose.data.photo_like.OCCLUDED_SHARE", 0.0)
    for share, names in ((0.0, COLOURS), (1.1, COLOURS[MIRROR])):
        monkeypatch.setattr("layerpose.data.photo_like.FLIPPED_SHARE", share)
        for seed in range(4):
            scene = photograph(figure, black, black, np.random.default_rng(seed))
            seen = ((scene.photo[:, :, None].astype(int) - names) ** 2).sum(-1).argmin(-1)
            assert (seen == scene.labels).mean() > 0.95


def test_what_a_thing_hides_is_background(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.data.photo_like._expose", lambda photo, _: photo.astype(np.uint8))
    black, white = (np.full((SIZE, SIZE, 3), value, dtype=np.uint8) for value in (0, 255))
    hidden = 0
    for seed in range(4):
        scenes = []
        for share in (0.0, 1.0):
            monkeypatch.setattr("layerpose.data.photo_like.OCCLUDED_SHARE", share)
            scenes.append(photograph(figure, black, white, np.random.default_rng(seed)))
        gone = (scenes[0].labels > 0) & (scenes[1].labels == 0)
        assert (scenes[1].photo[gone] == 255).all()
        hidden += gone.sum()
    assert hidden > 20


def test_the_same_index_gives_the_same_scene(frames: ParsedFrames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.data.parsing_samples.NUM_BACKGROUNDS", 3)
    one, again = (Scenes([frames], length=12, seed=5) for _ in range(2))
    assert len(one) == 12
    for index in (0, 11):
        assert torch.equal(one[index].image, again[index].image)
        assert torch.equal(one[index].labels, again[index].labels)
    assert not torch.equal(one[0].image, one[1].image)
    assert one[0].image.abs().max() <= 1


def test_windows_lie_around_mistakes(frames: ParsedFrames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.data.parsing_samples.NUM_BACKGROUNDS", 2)
    monkeypatch.setattr("layerpose.data.parsing_samples.MISTAKEN_SHARE", 1.0)
    scenes = Scenes([frames], length=10, seed=5, window=32)
    for index in range(10):
        sample = scenes[index]
        assert sample.image.shape == (1, 3, 32, 32)
        assert sample.rough.shape == (1, 7, 32, 32)
        assert (sample.rough.argmax(1) != sample.labels).any()


def test_no_two_backgrounds_are_alike() -> None:
    some = paint_backgrounds(6, 64, np.random.default_rng(0)).astype(float)
    apart = np.abs(some[:, None] - some[None]).mean((2, 3, 4))
    assert apart[~np.eye(6, dtype=bool)].min() > 10


def test_other_assets_than_the_people_wear_are_refused(records: Records, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="made with built-in assets"):
        Relabelled(records, records.people[0], tmp_path)
