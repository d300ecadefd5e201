"""What people usually look like: found in examples, told from a part, kept in a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.maps.parsing import parse_source
from layerpose.maps.source import SQUARELY, view_source
from layerpose.maps.usual import CONFIG, WEIGHTS, Usual, bundled_usual, load_usual, save_usual
from layerpose.training.usual import find_outfits

Painted = Callable[[float], tuple]


@pytest.fixture(scope="module")
def dressed() -> list[np.ndarray]:
    """Forty people in more or less of a coat and of a hat."""
    rng = np.random.default_rng(0)
    height = body_model().template[:, 2]
    coat, hat = np.exp(-((height - 0.2) ** 2) / 0.1), (height > 0.75).astype(float)
    return [0.02 + a * coat + b * hat for a, b in rng.normal(scale=0.03, size=(40, 2))]


@pytest.fixture(scope="module")
def usual(dressed: list[np.ndarray]) -> Usual:
    outfit, components = find_outfits(dressed, 4)
    materials, face = np.zeros((len(outfit), 2)), np.zeros((len(outfit), 3))
    return Usual(outfit=outfit, components=components, materials=materials, face=face)


def test_a_part_of_a_coat_tells_the_rest(usual: Usual, dressed: list[np.ndarray]) -> None:
    part = np.random.default_rng(1).choice(np.flatnonzero(body_model().template[:, 2] > 0.1), 400)
    errors = [np.abs(usual.recognise(part, worn[part]) - worn).mean() for worn in dressed]
    assert np.mean(errors) < 0.1 * np.mean([np.abs(usual.outfit - worn).mean() for worn in dressed])


def test_one_place_alone_says_little(usual: Usual) -> None:
    """It is taken with the noise that a single place of an outline has."""
    place = np.array([int(body_model().template[:, 2].argmin())])
    found = usual.recognise(place, usual.outfit[place] + 0.05)
    assert np.abs(found - usual.outfit).max() < 0.025


def test_both_sides_wear_the_same(usual: Usual) -> None:
    assert np.allclose(usual.outfit, usual.outfit[body_model().mirror], atol=1e-6)


def test_it_is_kept(usual: Usual, tmp_path: Path) -> None:
    save_usual(usual, tmp_path, {"people": 40})
    again = load_usual(tmp_path)
    for name, value in vars(usual).items():
        assert np.abs(getattr(again, name) - value).max() < 1e-4


def test_a_missing_or_damaged_folder_is_refused(usual: Usual, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"no {CONFIG}"):
        load_usual(tmp_path)
    save_usual(usual, tmp_path, {})
    whole = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(whole[:100])
    with pytest.raises(ValueError, match="damaged"):
        load_usual(tmp_path)
    (tmp_path / CONFIG).write_text('{"format": 0}')
    with pytest.raises(ValueError, match="format 0"):
        load_usual(tmp_path)


def test_the_bundled_clothes_are_clothes_and_the_bundled_face_is_one() -> None:
    """Centimetres on the trunk, nothing on fingers; lips and brows are darker than the face, and feet are no face."""
    model, bundled = body_model(), bundled_usual()
    bones = np.array(model.bone_names)[model.weights.argmax(1)]
    fingers, trunk, feet = (
        np.array([bone.startswith(part) for bone in bones]) for part in ("finger", "spine", "foot")
    )  # fmt: skip
    assert bundled.components.shape[1] == len(model.template)
    assert 0.005 < bundled.outfit[trunk].mean() < 0.05
    assert np.abs(bundled.outfit[fingers]).mean() < 0.002
    assert not bundled.face[feet].any()
    assert bundled.face.min() < -0.3


def test_the_bundled_materials_are_those_of_clothed_people() -> None:
    """A chest is like a back and an upper arm, not like a face; a thigh is like a shin, not like a hand."""
    model = body_model()
    bones = np.array(model.bone_names)[model.weights.argmax(1)]

    def unlike(one: str, other: str) -> float:
        first, second = (
            bundled_usual().materials[np.char.startswith(bones, name) & np.isin(np.arange(len(bones)), model.skin)]
            for name in (one, other)
        )
        return float(((first[:, None] - second) ** 2).sum(-1).mean())

    assert unlike("spine02", "upperarm01") < 0.7 * unlike("spine02", "head")
    assert unlike("upperleg02", "lowerleg01") < 0.7 * unlike("upperleg02", "wrist")


def test_a_face_that_the_photo_does_not_show_gets_one_and_one_that_it_shows_stays(painted: Painted) -> None:
    model, face = body_model(), np.abs(bundled_usual().face).max(1)
    nose = model.keypoint_weights[0].argmax()
    spread = []
    for azimuth in (0.0, np.pi):
        drawn, posed, image, mask = painted(azimuth)
        view = view_source(image * 0 + 0.2 * mask, parse_source(drawn, mask), drawn, posed)
        assert (drawn.normals[nose, 2] < 0) == (azimuth == 0)
        marked = torch.as_tensor(face > 0.2) & ((view.quality >= SQUARELY * view.drawn.scale) == (azimuth == 0))
        assert marked.sum() > 100
        spread.append(float(view.colours[marked].std()))
        elsewhere = torch.as_tensor((face == 0) & np.isin(np.arange(len(face)), model.skin))
        assert view.colours[elsewhere].std() < 0.02
    front, back = spread
    assert front < 0.01
    assert back > 0.1
