"""Several processes train as one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from layerpose.cli import main
from layerpose.training.checkpoint import FILE
from layerpose.training.lessons import Shares
from layerpose.training.recipes import Phase

COMMAND = ("--preset", "debug", "--phases", "joint", "--precision", "fp32", "--workers", "0")
"""Three steps of all stages, two samples a step."""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two CPU cores")
def test_two_processes_equal_one_on_the_same_batch(painted: Path, tmp_path: Path) -> None:
    """And so does one that works through the batch in two parts."""
    command = ["train", str(painted), *COMMAND, "-o"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    two = [sys.executable, "-m", "layerpose", *command, str(tmp_path / "two"), "--devices", "2"]
    done = subprocess.run(two, check=False, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"Wrote {tmp_path / 'two' / 'last'}, {tmp_path / 'two' / 'best'}"
    assert main([*command, str(tmp_path / "one")]) == 0
    assert main([*command, str(tmp_path / "parts"), "--accumulate", "2"]) == 0
    states = {name: torch.load(tmp_path / name / FILE, weights_only=True) for name in ("one", "two", "parts")}
    for other in ("two", "parts"):
        for networks in ("model", "critics", "average"):
            one, many = states["one"][networks], states[other][networks]
            worst = max(float((one[name] - many[name]).abs().max()) for name in one)
            assert worst < 1e-5, f"{other}: {networks} differ by {worst}"


def test_shares_of_processes_and_parts_make_up_the_batch_in_order() -> None:
    phase = Phase(name="x", trains=("coarse",), num_steps=3, batch=8)
    shares = [list(Shares(phase, first=100, step=1, process=n, num_processes=2, accumulate=2)) for n in range(2)]
    assert shares[0] == [[108, 109], [110, 111], [116, 117], [118, 119]]
    assert shares[1] == [[112, 113], [114, 115], [120, 121], [122, 123]]
    whole = list(Shares(phase, first=100, step=1, process=0, num_processes=1, accumulate=1))
    assert whole == [list(range(108, 116)), list(range(116, 124))]
