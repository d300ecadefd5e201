"""Shapes and types in every signature are checked while the tests run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from jaxtyping import install_import_hook

if TYPE_CHECKING:
    from layerpose.data.records import Records

PACKAGE = Path(__file__).parents[1] / "src" / "layerpose"


def _modules() -> list[str]:
    """Every module but those with kernels, whose annotations Warp reads itself."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.stem != "__init__"]
    plain = [path for path in files if "@wp.kernel" not in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in plain]


CHECKER = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
"""As for a type checker, an int will do where a float is asked for."""
install_import_hook(_modules(), CHECKER)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of measuring data beside the repository; tests that need it are skipped without it."""
    folder = Path(os.environ.get("LAYERPOSE_SHARED", PACKAGE.parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no measuring data at {folder}; set LAYERPOSE_SHARED")
    return folder


@pytest.fixture(scope="session")
def smpl_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The body written in SMPL's format (.npz); tests that need it are skipped without smplx."""
    pytest.importorskip("smplx")
    from layerpose.motion.smpl_format import write_smpl_format

    path = tmp_path_factory.mktemp("smpl") / "body.npz"
    write_smpl_format(path)
    return path


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
            shot = Frame(picture=picture, rotations=still, camera=camera, source="still", distance_m=np.inf)
            write_person(folder / "people" / person, [0.5] * 6, {"split": "test"}, [shot] * 3)
        return Records(folder)

    return write
