"""Shapes and types in every signature are checked while the tests run (`promises`); what many need is made once."""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jaxtyping._decorator
import numpy as np
import pytest
import torch
from filelock import FileLock
from jaxtyping import install_import_hook

sys.path.insert(0, str(Path(__file__).parent))
from promises import RUNNING, sampled

pytest_plugins = ("kept",)
if TYPE_CHECKING:
    from layerpose.data.records import Records
    from layerpose.training.plan import Plan

PACKAGE = Path(__file__).parents[1] / "src" / "layerpose"
PAINTED_SIZE = 128
LONGEST = (
    "test_cluster", "test_contest", "test_studio_browser", "test_personal", "test_processes", "test_prepare",
    "test_volume", "test_finish", "test_human36m", "test_builtin", "test_measure", "test_loop",
)  # fmt: skip
"""Files of more than ten seconds, and of those that wait for other processes."""
YOUNG = 10_000
"""So many new objects make a collection of garbage worth its while."""


def _modules() -> list[str]:
    """Every module but those with kernels, whose annotations Warp reads itself."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.stem != "__init__"]
    plain = [path for path in files if "@wp.kernel" not in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in plain]


CHECKER = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
"""As for a type checker, an int will do where a float is asked for."""
jaxtyping.jaxtyped = jaxtyping._decorator.jaxtyped = sampled
MODULES = frozenset(_modules())
finder: Any = install_import_hook(sorted(MODULES), CHECKER).hook
finder.should_instrument = MODULES.__contains__  # its own compares each import with each name


gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: at the end no worker has to wait for another one's."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no collection of garbage has to look through it again, in no fork either."""
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    RUNNING[0] = item.nodeid


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of measuring data beside the repository; tests that need it are skipped without it."""
    folder = Path(os.environ.get("LAYERPOSE_SHARED", PACKAGE.parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no measuring data at {folder}; set LAYERPOSE_SHARED")
    return folder


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


@pytest.fixture(scope="session")
def lpips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A metric of the right form with random weights: figures are compared with each other only."""
    generator = torch.Generator().manual_seed(0)
    shapes = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    state = {}
    for line, (number, (outputs, inputs, kernel)) in enumerate(shapes.items()):
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=generator) / (inputs * kernel**2) ** 0.5
        state |= {f"features.{number}.weight": weight, f"features.{number}.bias": torch.zeros(outputs)}
        state[f"lin{line}.weight"] = torch.rand(1, outputs, 1, 1, generator=generator) / outputs
    file = tmp_path_factory.mktemp("weights") / "lpips.pt"
    torch.save(state, file)
    return file


@pytest.fixture(scope="module")
def one_check() -> Iterator[None]:
    """A run looks at one of its validation pairs where it would look at six."""
    from layerpose.training.validation import Validation

    begin = Validation.__init__

    def look_at_one(self: Validation, plan: Plan, *rest: Any) -> None:
        begin(self, dataclasses.replace(plan, num_checks=1), *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Validation, "__init__", look_at_one)
        yield


@pytest.fixture(scope="module")
def one_plot() -> Iterator[None]:
    """A report draws one of its figures where it would draw three."""
    from layerpose.evaluation import page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "PICTURE", dict(list(page.PICTURE.items())[:1]))
        yield


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are forks, which have everything loaded; those in tests/runtime begin from nothing, as a user's do."""
    monkeypatch.setattr("layerpose.runtime.workers.get_context", lambda _: get_context("fork"))


@pytest.fixture
def flat_people() -> Callable[[Path, list[str]], Records]:
    """Writes a data set of people who stand still in three frames of one colour, whose green tells who it is."""
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
