"""Shapes and types in every signature are checked while the tests run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

PACKAGE = Path(__file__).parents[1] / "src" / "layerpose"
UNCHECKED = {"layerpose.maps.raster"}
"""Warp reads the annotations of its kernels itself."""


def _modules() -> list[str]:
    files = (path.relative_to(PACKAGE.parent) for path in sorted(PACKAGE.rglob("*.py")) if path.stem != "__init__")
    return [".".join(file.with_suffix("").parts) for file in files]


install_import_hook([name for name in _modules() if name not in UNCHECKED], "beartype.beartype")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of measuring data beside the repository; tests that need it are skipped without it."""
    folder = Path(os.environ.get("LAYERPOSE_SHARED", PACKAGE.parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no measuring data at {folder}; set LAYERPOSE_SHARED")
    return folder
