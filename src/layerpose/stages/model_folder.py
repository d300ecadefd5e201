"""A model on disk: a folder with `model.safetensors` and `config.json`; nothing executable."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from layerpose.cache import writing
from layerpose.config import GeneratorConfig, Guides, ModelConfig
from layerpose.stages.model import Model

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
FORMAT = 1


def save_model(model: Model, folder: Path, *, half: bool = False, facts: dict[str, Any] | None = None) -> None:
    """Write a model folder; `half` stores 16-bit weights, `facts` say where they come from."""
    folder.mkdir(parents=True, exist_ok=True)
    dtype = torch.float16 if half else torch.float32
    state = {name: value.detach().to(dtype).contiguous() for name, value in model.state_dict().items()}
    with writing(folder / WEIGHTS) as temporary:
        temporary.write_bytes(save(state))
    text = json.dumps({"format": FORMAT, "model": asdict(model.config), "training": facts or {}}, indent=1)
    with writing(folder / CONFIG) as temporary:
        temporary.write_text(text + "\n")


def load_model(folder: Path) -> Model:
    """Read a model folder, in 32 bits, ready to run."""
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ValueError(f"{folder} is not a model folder: found no {name}; expected {CONFIG} and {WEIGHTS}")
    try:
        stored = json.loads((folder / CONFIG).read_text())
        if stored["format"] != FORMAT:
            raise ValueError(f"{folder / CONFIG} has format {stored['format']}; this version reads format {FORMAT}")
        model = Model(_config(stored["model"]))
        state = {name: value.float() for name, value in load_file(folder / WEIGHTS).items()}
        model.load_state_dict(state)
    except (KeyError, TypeError, RuntimeError, json.JSONDecodeError) as error:
        raise ValueError(f"the model in {folder} is damaged or of another version ({error}); get it again") from error
    return model.eval()


def _config(stored: dict[str, Any]) -> ModelConfig:
    generators = {name: GeneratorConfig(**stored[name]) for name in ("coarse", "face", "arm", "leg", "fusion")}
    return ModelConfig(**{**stored, "guides": Guides(**stored["guides"]), **generators})
