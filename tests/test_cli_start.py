"""How a command starts: what is named is loaded, and nothing that it does not need."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

from layerpose.cli.commands import COMMANDS
from layerpose.cli.run import main

HEAVY = {"torch", "numpy", "scipy", "warp", "cv2", "PIL", "rich"}


def loaded_by(*arguments: str) -> set[str]:
    """Packages that a process has loaded when it has run this command, which exits."""
    program = (
        "import json, sys\nfrom layerpose.cli.run import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(); print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    run = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True)
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_help_loads_nothing_that_computes_nor_what_reads_options() -> None:
    assert not loaded_by("--help") & (HEAVY | {"tyro"})


@pytest.mark.parametrize("command", ["transfer", "train"])
def test_help_of_a_command_loads_nothing_that_computes(command: str) -> None:
    assert not loaded_by(command, "--help") & HEAVY


def test_a_motion_is_converted_without_loading_what_draws(tmp_path: Path) -> None:
    assert "warp" not in loaded_by("convert", "walk", "--range", "0:2", "-o", str(tmp_path / "walk.bvh"))
    assert (tmp_path / "walk.bvh").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_of_a_command_what_its_own_help_says_first(name: str) -> None:
    said = (COMMANDS[name].load().__doc__ or "").partition("\n\n")[0]
    assert COMMANDS[name].title == " ".join(said.split())


def test_garbage_is_looked_for_as_usual_once_all_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, looking = gc.get_threshold(), list(gc.callbacks)
    monkeypatch.setattr(sys, "argv", ["layerpose", "--version"])
    main()
    assert gc.get_threshold()[0] > 20 * usual[0]
    gc.collect()
    assert (gc.get_threshold(), gc.callbacks) == (usual, looking)
    assert gc.get_freeze_count() > 0
