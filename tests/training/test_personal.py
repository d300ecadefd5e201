"""A model learns one person by heart, forgets little, goes on where it was stopped, and says what is wrong."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from layerpose.cli import main
from layerpose.cli import personalize as command
from layerpose.data.album.opening import open_albums
from layerpose.presets import debug
from layerpose.stages.model import Model
from layerpose.stages.model_folder import load_model, save_model
from layerpose.training import personal
from layerpose.training.held_back import choose_pairs, draw_held_back
from layerpose.training.personal import Minutes, PersonalRecipe, Place, Steps, learning_rate, personalise, pull_back

Paint = Callable[..., Path]
CONFIG = replace(debug(), tones=False, guides=replace(debug().guides, dressed=False))
"""Without the photo's tones, which would make up for what it has not learnt; and of the bare body, which is prepared in
half the time."""
RECIPE = PersonalRecipe(size=128, learning_rate=2e-3, window=32, deepest_tap="1_2", pull=0.0)


def silent(_: object, __: object = None) -> None: ...


@pytest.fixture(scope="module")
def data(paint: Paint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One painted person from eleven sides."""
    return paint(tmp_path_factory.mktemp("painted") / "data", ("train",), turns=tuple(np.linspace(-1, 1, 11)))


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    return Model(CONFIG).eval()


@pytest.fixture
def base(model: Model, tmp_path: Path) -> Path:
    save_model(model, tmp_path / "base")
    return tmp_path / "base"


def test_held_back_frames_are_better_afterwards(data: Path, model: Model, tmp_path: Path) -> None:
    learnt, held = open_albums(data, None)
    before = draw_held_back(model, held, 128, None, silent)
    quick = replace(RECIPE, learning_rate=6e-3)
    assert personalise(model, learnt, tmp_path, quick, Steps(20), silent, workers=0) == 20
    after = draw_held_back(model, held, 128, None, silent)

    def error(images: tuple[torch.Tensor, ...]) -> float:
        pairs = zip(images, before.targets, strict=True)
        return float(np.mean([float((image - target).abs().mean()) for image, target in pairs]))

    assert error(after.images) < 0.9 * error(before.images)


def test_what_is_held_back_is_never_learnt_from(data: Path) -> None:
    learnt, held = open_albums(data, None)
    ours, theirs = set(learnt.frames("00000")), set(held.frames("00000"))
    assert not ours & theirs
    assert len(ours) + len(theirs) == 11
    assert len(theirs) == 2
    assert {frame for pair in choose_pairs(sorted(theirs)) for frame in pair} == theirs


def test_a_stopped_run_ends_with_the_same_weights(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt, _ = open_albums(data, None)
    monkeypatch.setattr(personal, "SAVE_SECONDS", 0.0)

    def stop(place: Place) -> None:
        if place.step == 2:
            raise KeyboardInterrupt

    models = [load_model(base) for _ in range(3)]
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    personalise(models[0], learnt, tmp_path / "whole", RECIPE, Steps(3), silent, workers=0)
    with pytest.raises(KeyboardInterrupt):
        personalise(models[1], learnt, tmp_path / "stopped", RECIPE, Steps(3), stop, workers=0)
    personalise(models[2], learnt, tmp_path / "stopped", RECIPE, Steps(3), silent, workers=0)
    for whole, resumed in zip(models[0].parameters(), models[2].parameters(), strict=True):
        assert torch.equal(whole, resumed)


def test_as_many_steps_are_taken_as_fit_into_the_time(data: Path, model: Model, tmp_path: Path) -> None:
    learnt, _ = open_albums(data, None)
    places: list[Place] = []
    steps = personalise(model, learnt, tmp_path, RECIPE, Minutes(0.01), places.append, workers=0)
    assert steps == places[-1].step == places[-1].num_steps
    assert steps > personal.PACED
    assert places[0].num_steps is None


def test_a_machine_that_gets_slower_takes_fewer_steps(
    data: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second a step, then two: the pace of the first steps alone would give 30 of them, which take 52 seconds."""
    at = iter([0.0, *np.cumsum([1.0] * 8 + [2.0] * 50)])
    monkeypatch.setattr(personal, "time", SimpleNamespace(monotonic=lambda: float(next(at))))
    monkeypatch.setattr(personal, "load_in_order", lambda *_, **__: repeat(None))
    monkeypatch.setattr(personal, "move", lambda *_: SimpleNamespace())
    monkeypatch.setattr(personal, "_take_step", lambda *_: 0.0)
    learnt, _ = open_albums(data, None)
    steps = personalise(model, learnt, tmp_path, RECIPE, Minutes(0.5), silent, workers=0)
    assert 20 <= steps <= 23


def test_the_pull_brings_weights_back_to_where_they_were(model: Model) -> None:
    anchor = [parameter.detach().clone() for parameter in model.parameters()]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    pull_back(list(model.parameters()), anchor, 0.25)
    for parameter, start in zip(model.parameters(), anchor, strict=True):
        torch.testing.assert_close(parameter - start, torch.full_like(start, 0.75))


def test_the_learning_rate_rises_stays_and_falls_to_nothing() -> None:
    rates = [learning_rate(RECIPE, step, 100) for step in range(101)]
    assert rates[0] < rates[2] < rates[personal.WARM_UP] == rates[50] == RECIPE.learning_rate
    assert rates[75] == pytest.approx(RECIPE.learning_rate / 2)
    assert rates[100] == 0


def test_the_command_writes_a_model_and_the_pictures_before_and_after(data: Path, base: Path, tmp_path: Path) -> None:
    words = ["--base", base, "--steps", 1, "--size", 128, "--workers", 0]
    assert main(["personalize", str(data), "-o", str(tmp_path / "me"), *map(str, words)]) == 0
    assert load_model(tmp_path / "me").config == CONFIG
    assert (tmp_path / "me" / "before-after.png").is_file()
    assert not (tmp_path / "me" / "state.pt").exists()
    assert main(["personalize", str(data), "-o", str(tmp_path / "me"), *map(str, words)]) == 2


@pytest.mark.long
def test_a_command_that_is_stopped_at_its_last_picture_leaves_no_model_that_looks_finished(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["personalize", data, "-o", tmp_path / "me", "--base", base, "--steps", 1, "--size", 128, "--workers", 0]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "_draw", stop)
        assert main([str(word) for word in words]) == 130
    assert not (tmp_path / "me" / "config.json").exists()
    assert main([str(word) for word in words]) == 0
    assert (tmp_path / "me" / "before-after.png").is_file()


@pytest.fixture
def refused(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*words: object) -> str:
        extra = ["-o", tmp_path / "me", "--base", base, "--workers", "0", "--steps", "1"]
        code = main(["personalize", *map(str, [*words, *extra])])
        said = capsys.readouterr().err
        assert code == 2
        assert len(said.splitlines()) == 1, said
        assert not (tmp_path / "me" / "config.json").exists()
        return said

    return run


def test_a_data_set_with_one_frame_is_refused(refused: Callable[..., str], paint: Paint, tmp_path: Path) -> None:
    data = paint(tmp_path / "data", ("train",), turns=(0.0,))
    assert "1 frames of person 00000; expected 10 or more" in refused(data, "--size", 128)
    assert not (tmp_path / "me").exists()


def test_pictures_smaller_than_what_is_drawn_are_refused(refused: Callable[..., str], data: Path, tmp_path: Path):
    small = copytree(data, tmp_path / "data")
    (small / "dataset.json").write_text('{"layerpose_data": 2, "canvas": 64}')
    assert "the pictures are 64 pixels, but --size is 128" in refused(small, "--size", 128)


def test_of_several_people_one_has_to_be_named(refused: Callable[..., str], paint: Paint, tmp_path: Path) -> None:
    data = paint(tmp_path / "data", ("train", "train"), turns=(0.0, 1.0))
    assert "holds 2 people (00000, 00001); name one with --person" in refused(data, "--size", 128)
    assert "no person '7'" in refused(data, "--size", 128, "--person", "7")


def test_what_is_no_person_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds 0 photos" in refused(tmp_path / "empty", "--size", 128)
    assert "there is no" in refused(tmp_path / "nowhere.mp4", "--size", 128)
    assert "--size is 100" in refused(tmp_path / "empty", "--size", 100)


def test_on_a_full_disk_the_model_is_not_written(
    refused: Callable[..., str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("layerpose.stages.model_folder.save", fail)
    assert "No space left on device" in refused(data, "--size", 128)
