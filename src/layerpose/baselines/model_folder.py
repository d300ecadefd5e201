"""A compared system on disk: a model folder like ours (`model.safetensors`, `config.json`), marked with its name."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import nn

from layerpose.baselines.registry import BASELINES, BaselineConfig, make_networks
from layerpose.runtime.saying import one_line
from layerpose.runtime.weights import BROKEN_WEIGHTS, to_config
from layerpose.stages.model_folder import BASELINE_KEY, CONFIG, FORMAT, WEIGHTS, write_folder


def save_baseline(
    networks: nn.Module, config: BaselineConfig, folder: Path, *, facts: dict[str, Any] | None = None
) -> None:
    """Write the generator; the discriminator is of no use to who wants pictures."""
    write_folder(folder, networks.generator.state_dict(), {BASELINE_KEY: asdict(config), "training": facts or {}})


def is_baseline(folder: Path) -> bool:
    """Whether a model folder holds one of the compared systems."""
    try:
        return BASELINE_KEY in json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def load_baseline(folder: Path) -> tuple[BaselineConfig, nn.Module]:
    """The system and its networks, ready to draw; the discriminator is new."""
    try:
        stored = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if stored["format"] != FORMAT:
            raise ValueError(f"{folder / CONFIG} has format {stored['format']!r:.40}; this version reads {FORMAT}")
        given = stored[BASELINE_KEY]
        networks = to_config(type(BASELINES[given["name"]].config), given["networks"])
        config = BaselineConfig(name=given["name"], canvas=given["canvas"], networks=networks)
        made = make_networks(config)
        made.generator.load_state_dict(load_file(folder / WEIGHTS))
    except (*BROKEN_WEIGHTS, OSError) as error:
        said = one_line(error)
        raise ValueError(f"the model in {folder} is damaged or of another version ({said}); train it again") from error
    return config, made.eval()
