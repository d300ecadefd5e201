"""The study page in a real Chromium. The run of 420 votes is ``python benchmarks/study.py``."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "study.py"


@pytest.fixture
def browser_run(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("playwright", reason="playwright is not installed")
    spec = spec_from_file_location("study_benchmark", SCRIPT)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    if module.chromium() is None:
        pytest.skip("no Chromium to vote in; apt install chromium, or .venv/bin/playwright install chromium")
    return module


@pytest.mark.long
def test_no_vote_is_lost_when_pages_reload_and_the_server_is_killed(browser_run: ModuleType, tmp_path: Path) -> None:
    assert browser_run.run(tmp_path, num_people=2, num_pairs=4, at_once=2, kills={3}) == 8
