"""The benchmark for GPUs runs, on the processor and tiny, as far as that can."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu.py"


def test_the_gpu_benchmark_times_every_stage_and_checks_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [str(SCRIPT), "--tiny"])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    assert {row["stage"] for row in rows} == {"coarse", "head", "arm", "leg", "fusion"}
    assert all(row["ok"] for row in rows if row["what"] == "parity")
    timed = {row["what"] for row in rows}
    assert timed >= {"parity", "fp32", "bf16 channels_last", "onnxruntime", "step of learning"}
    assert all(row["ms_a_picture"] > 0 for row in rows if row["what"] != "parity")
