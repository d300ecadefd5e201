"""A network of the estimation <-> a folder: weights as safetensors, configuration and facts as JSON beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from layerpose.config import ParsingConfig, VolumeConfig
from layerpose.runtime.cache import writing
from layerpose.runtime.packing import unpack_state
from layerpose.runtime.saying import one_line
from layerpose.runtime.weights import BROKEN_WEIGHTS

FORMAT = 1
Network = TypeVar("Network", bound=nn.Module)


def save_network(
    network: nn.Module, config: ParsingConfig | VolumeConfig, folder: Path, kind: str, *,
    facts: dict[str, Any] | None = None, half: bool = False,
) -> None:  # fmt: skip
    """Write a network of this kind ("volume", "parsing"); `facts` say where its weights come from.

    With `half` the weights are kept in 16 bits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights, description = _files(folder, kind)
    with writing(weights) as temporary:
        save_file({name: _kept(value, half) for name, value in network.state_dict().items()}, temporary)
    text = json.dumps({"format": FORMAT, "network": asdict(config), "training": facts or {}}, indent=1)
    with writing(description) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def load_network(folder: Path, kind: str, make: Callable[[dict[str, Any]], Network]) -> Network:
    """Read what `save_network` wrote, ready to run; `make` builds it from its configuration.

    ValueError says what is wrong with the folder.
    """
    weights, description = _files(folder, kind)
    for file in (description, weights):
        if not file.is_file():
            raise ValueError(
                f"{folder} holds no {kind} network: found no {file.name};"
                f" expected {description.name} and {weights.name}"
            )
    try:
        stored = json.loads(description.read_text(encoding="utf-8"))
        if stored["format"] != FORMAT:
            raise ValueError(f"{description} has format {stored['format']!r:.40}; this version reads format {FORMAT}")
        with torch.device("meta"):
            network = make(stored["network"])
        network.load_state_dict(unpack_state(load_file(weights)), assign=True)
    except BROKEN_WEIGHTS as error:
        said = one_line(error)
        raise ValueError(f"the network in {folder} is damaged or of another version ({said}); get it again") from error
    return network.eval()


def _files(folder: Path, kind: str) -> tuple[Path, Path]:
    return folder / f"{kind}.safetensors", folder / f"{kind}.json"


def _kept(value: torch.Tensor, half: bool) -> torch.Tensor:
    value = value.detach().contiguous()
    return value.half() if half and value.is_floating_point() else value
