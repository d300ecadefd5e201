"""Shapes and types in every signature are checked while the tests run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

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
