"""Which numbers a device is given: what was faster in a measurement on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from layerpose.runtime import precision
from layerpose.runtime.precision import FILE, choose, describe_machine, fast_autocast, fast_precision, measure


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine that was never measured."""
    monkeypatch.setenv("LAYERPOSE_CACHE", str(tmp_path))
    precision._fast_on_cpu.cache_clear()
    yield tmp_path
    precision._fast_on_cpu.cache_clear()


@pytest.mark.parametrize(("bf16", "wanted"), [(0.5, "bf16"), (0.94, "bf16"), (0.97, "fp32"), (1.8, "fp32")])
def test_a_cpu_gets_what_was_faster_on_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch, bf16: float, wanted: str
) -> None:
    monkeypatch.setattr(precision, "measure", lambda **_: {"fp32": 1.0, "bf16": bf16})
    assert fast_precision("cpu") == wanted
    assert fast_precision("cuda") == "bf16"
    with fast_autocast("cpu"):
        found = torch.ones(2, 2) @ torch.ones(2, 2)
    assert found.dtype == {"bf16": torch.bfloat16, "fp32": torch.float32}[wanted]


def test_a_machine_is_measured_once_and_another_one_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []
    monkeypatch.setattr(precision, "measure", lambda **_: measured.append(1) or {"fp32": 1.0, "bf16": 0.5})
    for _ in range(2):
        precision._fast_on_cpu.cache_clear()  # as in another process
        assert fast_precision("cpu") == "bf16"
    assert len(measured) == 1
    monkeypatch.setattr(precision, "describe_machine", lambda: "another processor")
    precision._fast_on_cpu.cache_clear()
    assert fast_precision("cpu") == "bf16"
    assert len(measured) == 2
    assert len(json.loads((cache / FILE).read_text())) == 2


@pytest.mark.parametrize("content", ["", "[1", "[]", '{"a": 3}', json.dumps({describe_machine(): {"fp32": 1}})])
def test_a_damaged_record_is_measured_anew(cache: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (cache / FILE).write_text(content)
    monkeypatch.setattr(precision, "measure", lambda **_: {"fp32": 1.0, "bf16": 0.5})
    assert fast_precision("cpu") == "bf16"


def test_learning_is_measured_apart_from_drawing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "measure", lambda *, training: {"fp32": 1.0, "bf16": 10.0 if training else 0.5})
    assert (fast_precision("cpu"), fast_precision("cpu", training=True)) == ("bf16", "fp32")
    with fast_autocast("cpu", training=True):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_the_measurement_is_of_this_machine() -> None:
    """Without instructions for bf16 it is slower; with AMX it is faster."""
    found = measure()
    assert all(0 < seconds < 60 for seconds in found.values())
    if torch.cpu._is_amx_tile_supported():
        assert choose(found) == "bf16"
    elif not torch.cpu._is_avx512_bf16_supported():
        assert choose(found) == "fp32"
