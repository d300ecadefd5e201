"""A model on disk: a folder with `model.safetensors` and `config.json`; nothing executable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from layerpose.config import GeneratorConfig, Guides, ModelConfig
from layerpose.runtime.cache import write_json, writing
from layerpose.runtime.packing import pack_state, unpack_state
from layerpose.runtime.saying import one_line
from layerpose.runtime.weights import BROKEN_WEIGHTS, to_config
from layerpose.stages.model import Model

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
FORMAT = 1
BASELINE_KEY = "baseline"
"""Key under which a system of `baselines` is described; ours is under "model"."""


def save_model(model: Model, folder: Path, *, half: bool = False, facts: dict[str, Any] | None = None) -> None:
    """Write a model folder; `half` stores 16-bit weights, `facts` say where they come from."""
    dtype = torch.float16 if half else torch.float32
    state = {name: value.detach().to(dtype) for name, value in model.state_dict().items()}
    write_folder(folder, state, {"model": asdict(model.config), "training": facts or {}})


def write_folder(folder: Path, state: dict[str, Tensor], description: dict[str, Any]) -> None:
    """Weights and what they are, each file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with writing(folder / WEIGHTS) as temporary:
        temporary.write_bytes(save({name: value.detach().contiguous() for name, value in state.items()}))
    write_json(folder / CONFIG, {"format": FORMAT, **description}, indent=1)


def pack_model(folder: Path, out: Path) -> None:
    """The same model with a byte for a weight, as the bundled one is kept: a quarter of the size, the same pictures."""
    stored = json.loads((folder / CONFIG).read_text())
    write_folder(out, pack_state(load_model(folder).state_dict()), {n: v for n, v in stored.items() if n != "format"})


def copy_model(folder: Path, out: Path) -> None:
    """The same model in another folder; in its own nothing happens."""
    out.mkdir(parents=True, exist_ok=True)
    for name in () if out.samefile(folder) else (WEIGHTS, CONFIG):
        with writing(out / name) as temporary:
            temporary.write_bytes((folder / name).read_bytes())


def fingerprint(config: object, state: dict[str, Tensor]) -> str:
    """A name for weights: models with the same one draw the same pictures."""
    found = hashlib.sha256(repr(config).encode())
    for name, value in sorted(state.items()):
        found.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:12]


def read_fingerprint(folder: Path) -> str:
    """The fingerprint of a folder's model, of which nothing stays in memory."""
    model = load_model(folder)
    return fingerprint(model.config, model.state_dict())


def load_model(folder: Path) -> Model:
    """Read a model folder, in 32 bits, ready to run."""
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ValueError(f"{folder} is not a model folder: found no {name}; expected {CONFIG} and {WEIGHTS}")
    try:
        stored = json.loads((folder / CONFIG).read_text())
        if stored["format"] != FORMAT:
            raise ValueError(
                f"{folder / CONFIG} has format {stored['format']!r:.40}; this version reads format {FORMAT}"
            )
        if BASELINE_KEY in stored:
            raise ValueError(
                f"{folder} holds {stored[BASELINE_KEY]['name']}, a system we compare with; only `layerpose evaluate`"
                " and `layerpose compare` can use it"
            )
        with torch.device("meta"):
            model = Model(_config(stored["model"]))
        model.load_state_dict(unpack_state(load_file(folder / WEIGHTS)), assign=True)
    except BROKEN_WEIGHTS as error:
        said = one_line(error)
        raise ValueError(f"the model in {folder} is damaged or of another version ({said}); get it again") from error
    return model.eval()


def _config(stored: dict[str, Any]) -> ModelConfig:
    names = ("coarse", "face", "arm", "leg", "fusion")
    generators = {name: to_config(GeneratorConfig, stored[name]) for name in names}
    guides = to_config(Guides, stored["guides"])
    return to_config(ModelConfig, {**stored, "guides": guides, **generators})
