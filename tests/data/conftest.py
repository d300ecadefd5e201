"""Small synthetic data sets, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerpose.data.synth.make import Order, synthesise


@pytest.fixture(scope="session")
def order(shared: Path) -> Order:
    folder = shared / "assets" / "makehuman"
    return Order(people=3, frames=3, size=128, seed=4, assets=folder, motion=shared / "mocap")


@pytest.fixture(scope="session")
def data(order: Order, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data")
    synthesise(out, order)
    return out
