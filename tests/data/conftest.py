"""Small synthetic data sets, made once: in the built-in wardrobe, and from the asset folder where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerpose.data.synth.builtin.wardrobe import open_wardrobe
from layerpose.data.synth.make import Order, synthesise
from layerpose.data.synth.wardrobe import Wardrobe

WARDROBES = ("built-in", "makehuman")


@pytest.fixture(scope="session")
def order() -> Order:
    return Order(people=3, frames=3, size=128, seed=4)


@pytest.fixture(scope="session")
def asset_order(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Order:
    folder, motion = shared / "assets" / "makehuman", tmp_path_factory.mktemp("motion")
    for clip in sorted((shared / "mocap").glob("walk_0*.bvh")):
        (motion / clip.name).symlink_to(clip)
    return Order(people=3, frames=3, size=128, seed=4, assets=folder, motion=motion)


@pytest.fixture(scope="session")
def data(order: Order, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(order, tmp_path_factory)


@pytest.fixture(scope="session")
def asset_data(asset_order: Order, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(asset_order, tmp_path_factory)


def made(order: Order, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data")
    synthesise(out, order)
    return out


@pytest.fixture(scope="session", params=WARDROBES)
def wardrobe(request: pytest.FixtureRequest) -> Wardrobe:
    if request.param == "built-in":
        return open_wardrobe(None)
    return open_wardrobe(request.getfixturevalue("shared") / "assets" / "makehuman")
