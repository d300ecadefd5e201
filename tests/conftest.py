"""Shapes and types in every signature are checked while the tests run (`promises`); how they run.

What many need is made in `made`, and what is slow is done once in `kept`. Nothing that takes long to load is loaded
here: the process that only hands out the files loads this too.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jaxtyping._decorator
import pytest
from jaxtyping import install_import_hook

sys.path.insert(0, str(Path(__file__).parent))
from promises import RUNNING, sampled

pytest_plugins = ("kept", "made")
if TYPE_CHECKING:
    from layerpose.training.plan import Plan

PACKAGE = Path(__file__).parents[1] / "src" / "layerpose"
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
