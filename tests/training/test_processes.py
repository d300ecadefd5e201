"""Several processes train as one."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import lightning_fabric  # noqa: F401  (once, not in every process)
import pytest
import torch
import torch._dynamo

from layerpose.cli import main
from layerpose.training.batches import Shares
from layerpose.training.checkpoint import FILE
from layerpose.training.recipes import Phase

COMMAND = ("--preset", "debug", "--phases", "joint", "--steps-scale", "0.67", "--precision", "fp32", "--workers", "0")
"""Two steps of all stages, two samples a step."""


def _run_as_a_program(arguments: list[str], said: Path) -> None:
    """What ``python -m layerpose`` does, with all modules loaded; it starts the second process as ever."""
    os.environ["OMP_NUM_THREADS"] = "1"
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT), 1)
    sys.argv = ["layerpose", *arguments]
    sys.modules["__main__"].__spec__ = find_spec("layerpose.__main__")
    sys.stdout = os.fdopen(1, "w")
    code = main(arguments)
    sys.stdout.flush()
    sys.exit(code)


@pytest.mark.usefixtures("one_check")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two CPU cores")
def test_two_processes_equal_one_on_the_same_batch(painted: Path, tmp_path: Path) -> None:
    """And so does one that works through the batch in two parts."""
    command = ["train", str(painted), *COMMAND, "-o"]
    two = [*command, str(tmp_path / "two"), "--devices", "2"]
    process = get_context("fork").Process(target=_run_as_a_program, args=(two, tmp_path / "said"))
    process.start()
    process.join(300)
    said = (tmp_path / "said").read_text()
    assert process.exitcode == 0, said
    assert said.splitlines()[-1] == f"Wrote {tmp_path / 'two' / 'last'}, {tmp_path / 'two' / 'best'}"
    assert main([*command, str(tmp_path / "one")]) == 0
    assert main([*command, str(tmp_path / "parts"), "--accumulate", "2"]) == 0
    states = {name: torch.load(tmp_path / name / FILE, weights_only=True) for name in ("one", "two", "parts")}
    for other in ("two", "parts"):
        for networks in ("model", "discriminators", "average"):
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
