"""What many tests need: painted people, a metric, a body in a file. It is made once in a run of the tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from layerpose.data.records import Records

PAINTED_SIZE = 128


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """What the first worker that needs it makes for all of them; nobody writes into it."""
    folder = tmp_path_factory.getbasetemp()
    path = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / name
    with FileLock(f"{path}.lock"):
        if not path.exists():
            part = path.with_name(f"part-{name}")
            make(part)
            part.rename(path)
    return path


@pytest.fixture(scope="session")
def smpl_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The body written in SMPL's format (.npz); tests that need it are skipped without smplx."""
    pytest.importorskip("smplx")
    from layerpose.motion.smpl_format import write_smpl_format

    return made_once(tmp_path_factory, "smpl-body.npz", write_smpl_format)


def _paint(folder: Path, splits: tuple[str, ...], *, turns: tuple[float, ...] = (0.0, 0.6, -0.9)) -> Path:
    """A data set of people with painted skins, one for each split named."""
    import numpy as np
    import torch
    from scipy.spatial.transform import Rotation

    from layerpose.body.camera import frame
    from layerpose.body.model import body_model
    from layerpose.data.records import Frame, describe, write_person
    from layerpose.maps.raster import interpolate
    from layerpose.maps.render import draw_posed, mesh

    model, cpu = body_model(), torch.device("cpu")
    folder.mkdir(parents=True, exist_ok=True)
    describe(folder, {"canvas": PAINTED_SIZE})
    phenotype = (0.3, 0.7, 0.5, 0.5, 0.5, 0.5)
    rest = model.rest(np.array(phenotype))
    for index, split in enumerate(splits):
        shots = []
        for turn in turns:
            rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
            rotations[0] = Rotation.from_euler("z", turn).as_matrix()
            posed = model.pose(rest, rotations)
            camera = frame(torch.as_tensor(posed.vertices[model.skin]))
            drawn = draw_posed(posed, camera, PAINTED_SIZE, device=cpu)
            colours = torch.as_tensor(np.sin(model.template * (4 + index)) / 2 + 0.5).float()
            rgb = interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(cpu).faces, colours)
            picture = torch.cat([rgb, (drawn.nearest.part >= 0).float()[..., None]], dim=2)
            pixels = (picture * 255).byte().numpy()
            shots.append(Frame(picture=pixels, rotations=rotations, camera=camera, source="painted"))
        write_person(folder / "people" / f"{index:05d}", phenotype, {"split": split}, shots)
    return folder


@pytest.fixture(scope="session")
def paint() -> Callable[..., Path]:
    return _paint


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "painted", lambda folder: _paint(folder, ("train", "train", "val")))


def write_metric(path: Path) -> None:
    """LPIPS's form with random weights: figures are compared with each other only."""
    import torch

    generator = torch.Generator().manual_seed(0)
    shapes = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    state = {}
    for line, (number, (outputs, inputs, kernel)) in enumerate(shapes.items()):
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=generator) / (inputs * kernel**2) ** 0.5
        state |= {f"features.{number}.weight": weight, f"features.{number}.bias": torch.zeros(outputs)}
        state[f"lin{line}.weight"] = torch.rand(1, outputs, 1, 1, generator=generator) / outputs
    torch.save(state, path)


@pytest.fixture(scope="session")
def lpips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "lpips.pt"
    write_metric(file)
    return file


@pytest.fixture
def flat_people() -> Callable[[Path, list[str]], Records]:
    """Writes a data set of people who stand still in three frames of one colour, whose green tells who it is."""
    import numpy as np

    from layerpose.body.model import body_model
    from layerpose.data.records import Frame, Records, describe, write_person
    from layerpose.types import Camera

    def write(folder: Path, people: list[str]) -> Records:
        folder.mkdir(parents=True)
        describe(folder, {"canvas": 64})
        still = np.tile(np.eye(3), (len(body_model().bone_names), 1, 1))
        for number, person in enumerate(people):
            picture = np.full((64, 64, 4), (1, 10 * number, 0, 255), dtype=np.uint8)
            camera = Camera(scale=0.4, translation=(0.5, 0.5))
            shot = Frame(picture=picture, rotations=still, camera=camera, source="still")
            write_person(folder / "people" / person, [0.5] * 6, {"split": "test"}, [shot] * 3)
        return Records(folder)

    return write
