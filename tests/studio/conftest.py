"""A study of three methods whose pictures tell by their colour which method and which pair they are of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from layerpose.data.benchmark import Pair
from layerpose.evaluation.answers import answer_path
from layerpose.evaluation.study import Study, make_study

METHODS = ("alpha-net", "beta-net", "gamma-net")
NUM_PAIRS = 5


def colour(method: int, pair: int) -> tuple[int, int, int]:
    return (40 + 60 * method, 10 * pair, 200)


def write_report(folder: Path, method: int, pairs: list[Pair], **making: str) -> Path:
    folder.mkdir(parents=True)
    facts = {"data": "people", "split": "test", "weights": f"w{method}"} | making
    (folder / "making.json").write_text(json.dumps(facts))
    for number, pair in enumerate(pairs):
        target = folder / "target" / f"{pair[0]}-{pair[2]}.png"
        for path, shade in {
            answer_path(folder, "full", pair): colour(method, number),
            answer_path(folder, "source copied", pair): (1, 10 * number, 0),
            target: (2, 10 * number, 0),
        }.items():
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (64, 64), shade).save(path)
    return folder


@pytest.fixture
def pairs() -> list[Pair]:
    return [(f"{number:05d}", "000", "001") for number in range(NUM_PAIRS)]


@pytest.fixture
def reports(tmp_path: Path, pairs: list[Pair]) -> list[Path]:
    return [write_report(tmp_path / "reports" / name, number, pairs) for number, name in enumerate(METHODS)]


@pytest.fixture
def study(reports: list[Path], tmp_path: Path) -> Study:
    return make_study(
        reports, tmp_path / "study", num_pairs=NUM_PAIRS, seed=1, draw_pose=None, report=lambda done, total: None
    )
