"""A model folder with a byte for a weight."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from layerpose.presets import debug
from layerpose.stages.model import Model
from layerpose.stages.model_folder import CONFIG, WEIGHTS, load_model, pack_model, save_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_model(Model(debug()), tmp_path / "plain", facts={"steps": 3})
    return tmp_path / "plain"


def test_a_packed_model_is_less_than_half_as_large_and_nearly_the_same(folder: Path, tmp_path: Path) -> None:
    pack_model(folder, tmp_path / "packed")
    sizes = [(tmp_path / name / WEIGHTS).stat().st_size for name in ("packed", "plain")]
    assert sizes[0] < 0.45 * sizes[1], "the names of so small arrays count too"
    assert json.loads((tmp_path / "packed" / CONFIG).read_text()) == json.loads((folder / CONFIG).read_text())
    plain, packed = (load_model(tmp_path / name).state_dict() for name in ("plain", "packed"))
    assert plain.keys() == packed.keys()
    for name, value in plain.items():
        assert packed[name].dtype == torch.float32
        assert torch.linalg.norm(packed[name] - value) <= 0.01 * torch.linalg.norm(value) + 1e-6


def test_a_packed_model_without_its_steps_is_damaged(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    pack_model(folder, tmp_path / "packed")
    file = tmp_path / "packed" / WEIGHTS
    stored = load_file(file)
    name = next(name for name in stored if name.endswith(".steps"))
    save_file(stored | {name: stored[name][:, :0].contiguous()}, file)
    with pytest.raises(ValueError, match="damaged or of another version"):
        load_model(tmp_path / "packed")
