"""A study of three methods whose pictures tell by their colour which method and which pair they are of; a studio."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from layerpose.data.benchmark import Pair
from layerpose.data.records import Records
from layerpose.evaluation.predictions import prediction_path
from layerpose.evaluation.study import Study, make_study
from layerpose.evaluation.study_methods import read_methods
from layerpose.studio.app import make_app
from layerpose.studio.rooms import Studio, open_studio
from layerpose.transfer import PoseTransfer

METHODS = ("alpha-net", "beta-net", "gamma-net")
NUM_PAIRS = 5


def colour(method: int, pair: int) -> tuple[int, int, int]:
    return (40 + 60 * method, 10 * pair, 200)


def write_report(folder: Path, method: int, pairs: list[Pair], **making: str) -> Path:
    folder.mkdir(parents=True)
    facts = {"data": "people", "split": "test", "weights": f"w{method}"} | making
    rows = {"source copied": {}, "full": {}, "target": {}}
    (folder / "report.json").write_text(json.dumps({"facts": facts, "rows": rows}))
    for number, pair in enumerate(pairs):
        path = prediction_path(folder, "full", pair)
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (64, 64), colour(method, number)).save(path)
    return folder


@pytest.fixture
def pairs() -> list[Pair]:
    return [(f"{number:05d}", "000", "001") for number in range(NUM_PAIRS)]


@pytest.fixture
def reports(tmp_path: Path, pairs: list[Pair]) -> list[Path]:
    return [write_report(tmp_path / "reports" / name, number, pairs) for number, name in enumerate(METHODS)]


@pytest.fixture
def study(
    reports: list[Path], pairs: list[Pair], flat_people: Callable[[Path, list[str]], Records], tmp_path: Path
) -> Study:
    records = flat_people(tmp_path / "people", [person for person, _, _ in pairs])

    def draw_pose(pair: Pair) -> Image.Image:
        return Image.new("RGB", (64, 64), (2, 10 * pairs.index(pair), 0))

    return make_study(
        read_methods(reports),
        tmp_path / "study",
        records,
        num_pairs=NUM_PAIRS,
        seed=1,
        draw_pose=draw_pose,
        report=lambda *_: None,
    )


HOST, PORT = "127.0.0.1", 8017
CANVAS = 256


@pytest.fixture(scope="session")
def small_model() -> PoseTransfer:
    """The bundled networks on a canvas a quarter as large."""
    return PoseTransfer.load(device="cpu").at_size(CANVAS)


@pytest.fixture(scope="session")
def studio(small_model: PoseTransfer, skins_kept: None, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return open_studio(tmp_path_factory.mktemp("studio") / "studio", small_model)


@pytest.fixture(scope="session")
def page(studio: Studio) -> TestClient:
    return TestClient(make_app(studio, host=HOST, port=PORT), base_url=f"http://{HOST}:{PORT}")


@pytest.fixture(scope="session")
def photo() -> bytes:
    return (files("layerpose") / "examples" / "person.png").read_bytes()


@pytest.fixture(scope="session")
def person(page: TestClient) -> dict[str, Any]:
    """The bundled person, as the page is told of it."""
    return page.get(f"/api/people/{page.get('/api/about').json()['example']}").json()
