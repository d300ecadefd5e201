"""What can be wrong with a training run -> one clear line, exit code 2, and nothing half written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from layerpose.cli import main
from layerpose.training.checkpoint import FILE
from layerpose.training.plan import RUN

DEBUG = ("--preset", "debug", "--workers", "0", "--precision", "fp32", "--phases", "coarse")
Refused = Callable[..., str]
Paint = Callable[..., Path]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Train, check that it is refused properly, and return the line that was said."""

    def run(*words: object) -> str:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        code = main(["train", *map(str, words)])
        said = capsys.readouterr().err
        assert code == 2
        assert said.startswith("layerpose: ")
        assert len(said.splitlines()) == 1, said
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        return said

    return run


@pytest.fixture(scope="module")
def begun(painted: Path, one_check: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the debug preset."""
    out = tmp_path_factory.mktemp("begun") / "run"
    assert main(["train", str(painted), "-o", str(out), *DEBUG, "--steps-scale", "0.25"]) == 0
    return out


@pytest.fixture
def run(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "run"))


def test_an_empty_data_set(refused: Refused, paint: Paint, tmp_path: Path) -> None:
    assert "no data set" in refused(tmp_path, "-o", tmp_path / "run", *DEBUG)
    data = paint(tmp_path / "data", ())
    (data / "people").mkdir()
    assert "0 people to train on" in refused(data, "-o", tmp_path / "run", *DEBUG)


def test_one_person_only(refused: Refused, paint: Paint, tmp_path: Path) -> None:
    data = paint(tmp_path / "data", ("train", "val"))
    assert "1 people to train on; expected 2 or more" in refused(data, "-o", tmp_path / "run", *DEBUG)


def test_nobody_to_validate_on(refused: Refused, paint: Paint, tmp_path: Path) -> None:
    data = paint(tmp_path / "data", ("train", "train"))
    assert "no people of the split 'val'" in refused(data, "-o", tmp_path / "run", *DEBUG)


def test_one_picture_of_each(refused: Refused, paint: Paint, tmp_path: Path) -> None:
    data = paint(tmp_path / "data", ("train", "train", "val"), turns=(0.0,))
    assert "no two frames that differ" in refused(data, "-o", tmp_path / "run", *DEBUG)


def test_a_picture_of_the_wrong_size(refused: Refused, painted: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(painted, tmp_path / "data"))
    for file in (data / "people").rglob("*.png"):
        cv2.imwrite(str(file), np.zeros((100, 128, 4), np.uint8))
    said = refused(data, "-o", tmp_path / "run", *DEBUG)
    assert "found 100 x 128 x 4; expected RGBA of 128 x 128" in said
    assert ".png" in said


def test_pictures_smaller_than_what_is_drawn(refused: Refused, painted: Path, tmp_path: Path) -> None:
    said = refused(painted, "-o", tmp_path / "run", "--preset", "base")
    assert "are 128 pixels, but the phase 'coarse' draws 512" in said


def test_a_run_of_another_preset_or_seed(refused: Refused, painted: Path, run: Path) -> None:
    words = ("--steps-scale", "0.25", "--workers", "0", "--precision", "fp32", "--phases", "coarse")
    small = ("--recipe", "debug")
    stored = json.loads((run / RUN).read_text())
    stored["plan"]["config"]["name"] = "base"
    (run / RUN).write_text(json.dumps(stored))
    said = refused(painted, "-o", run, "--preset", "debug", *small, *words)
    assert "begun with config.name 'base', not 'debug'" in said
    stored["plan"]["config"]["name"] = "debug"
    (run / RUN).write_text(json.dumps(stored))
    assert "begun with seed 0, not 5" in refused(painted, "-o", run, "--preset", "debug", *small, *words, "--seed", 5)


def test_weights_of_another_preset(refused: Refused, painted: Path, tmp_path: Path) -> None:
    said = refused(painted, "-o", tmp_path / "new", *DEBUG, "--init", "bundled")
    assert "the preset 'base' and does not fit 'debug'" in said


def test_a_start_from_a_run_of_another_size(refused: Refused, painted: Path, run: Path, tmp_path: Path) -> None:
    wider = ("--preset", "debug", "--workers", "0", "--phases", "coarse", "--recipe", "base", "--steps-scale", "0.001")
    said = refused(painted, "-o", tmp_path / "new", *wider, "--init", run)
    assert "discriminators" in said
    assert "--init" in said


@pytest.mark.parametrize("damage", [lambda content: content[: len(content) // 2], lambda _: b"", lambda _: b"x" * 5000])
def test_a_damaged_checkpoint(refused: Refused, painted: Path, run: Path, damage: Callable[[bytes], bytes]) -> None:
    (run / FILE).write_bytes(damage((run / FILE).read_bytes()))
    assert f"{FILE} is damaged" in refused(painted, "-o", run, *DEBUG, "--steps-scale", "0.25")


def test_a_damaged_plan(refused: Refused, painted: Path, run: Path) -> None:
    (run / RUN).write_text("{")
    assert f"{RUN} is damaged" in refused(painted, "-o", run, *DEBUG, "--steps-scale", "0.25")


def test_a_folder_with_something_else(refused: Refused, painted: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letter.txt").write_text("dear")
    assert "is not empty and holds no run" in refused(painted, "-o", tmp_path / "run", *DEBUG)
    assert "does not exist; create it" in refused(painted, "-o", tmp_path / "no" / "run", *DEBUG)


def test_more_processes_than_devices(refused: Refused, painted: Path, tmp_path: Path) -> None:
    said = refused(painted, "-o", tmp_path / "run", *DEBUG, "--devices", "1000", "--batch-scale", "500")
    assert "--devices is 1000, but this machine has" in said


def test_a_batch_that_cannot_be_shared(refused: Refused, painted: Path, tmp_path: Path) -> None:
    assert "use --batch-scale" in refused(painted, "-o", tmp_path / "run", *DEBUG, "--accumulate", "3")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--preset", "large"), "unknown preset 'large'; expected one of base"),
        ((*DEBUG, "--phases", "last"), "has no phase 'last'; it has coarse, layers, joint"),
        ((*DEBUG, "--steps-scale", "0"), "greater than 0"),
        ((*DEBUG, "--precision", "fp16", "--device", "cpu"), "fp16 needs a GPU"),
        ((*DEBUG, "--lpips", "nowhere.pt"), "no file nowhere.pt"),
        ((*DEBUG, "--init", "nowhere"), "nowhere is not a model folder"),
        ((*DEBUG, "--workers", "-1"), "--workers is -1"),
    ],
)
def test_options_that_make_no_sense(
    refused: Refused, painted: Path, tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    assert reason in refused(painted, "-o", tmp_path / "run", *words)


def test_a_dry_run_prints_everything_and_writes_nothing(
    painted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(painted), "-o", str(tmp_path / "run"), *DEBUG, "--dry-run"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["plan"]["recipe"]["phases"][0]["name"] == "coarse"
    assert printed["plan"]["config"]["coarse"]["width"] == 4
    assert printed["machine"]["precision"] == "fp32"
    assert not list(tmp_path.iterdir())
