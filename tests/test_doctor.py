"""What `layerpose doctor` says of an installation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from layerpose import __version__
from layerpose.cli.installation import find_cache, find_versions
from layerpose.cli.run import main


def test_versions_are_those_of_what_runs() -> None:
    found = find_versions()
    assert found["layerpose"] == __version__
    assert found["torch"].partition("+")[0] == torch.__version__.partition("+")[0]


def test_packages_that_are_not_installed_are_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.cli.installation.PACKAGES", ("numpy", "no-such-package"))
    assert set(find_versions()) == {"layerpose", "python", "system", "numpy"}


def test_cache_is_told_by_what_each_thing_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERPOSE_CACHE", str(tmp_path))
    (tmp_path / "fits").mkdir()
    (tmp_path / "fits" / "one").write_bytes(bytes(1_500_000))
    (tmp_path / "body.npz").write_bytes(bytes(20_000))
    (tmp_path / ".lock").touch()
    assert find_cache() == {"body.npz": 0.02, "fits": 1.5}


def test_report_is_json_and_keeps_the_users_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "anna" / "cache"))
    assert main(["doctor", "--json", "--no-timings"]) == 0
    said = capsys.readouterr().out
    found = json.loads(said)
    assert found["processor"]["cores"] >= 1
    assert found["engines"]["numbers"] in ("bf16", "fp32")
    assert found["settings"]["XDG_CACHE_HOME"] == "~/cache"
    assert "anna" not in said


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"layerpose {__version__}\n"
