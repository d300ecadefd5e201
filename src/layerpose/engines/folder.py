"""A model -> a folder of its networks as ONNX, each compared with PyTorch before it stays."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from layerpose.engines.attach import list_parts
from layerpose.engines.session import check_installed, list_programs, open_session
from layerpose.engines.trial import make_trial
from layerpose.networks.hourglass import VolumeNetwork
from layerpose.runtime.cache import writing
from layerpose.stages.model import Model
from layerpose.stages.model_folder import fingerprint

CLOSE = 2e-3
"""A picture (-1..1) may be so far from PyTorch's; a level of 8 bits is .0078. Features may be that share of theirs."""
SUFFIX = ".onnx"


def export_model(model: Model, folder: Path) -> dict[str, float]:
    """Write every generator; the largest difference from PyTorch for each file. The facts stand in each file."""
    facts, found = {"preset": model.config.name, "weights": fingerprint(model.config, model.state_dict())}, {}
    for part in list_parts(model):
        step = part.generator.step
        trial = make_trial(part, 8 * step, 6 * step)
        content = part.write({**facts, "step": str(step)})
        found[part.name + SUFFIX] = _keep(content, folder / (part.name + SUFFIX), trial.inputs, trial.draw(plain=True))
    return found


def export_volume(network: VolumeNetwork, folder: Path) -> dict[str, float]:
    """Write the volume network, as far as the features from which labels are read."""
    from layerpose.engines.write import write_volume

    size, random = network.config.size, torch.Generator().manual_seed(0)
    sides = {"source": (3, size), "pose": (network.pose_channels, size // 2)}
    given = {name: torch.rand(1, width, side, side, generator=random) for name, (width, side) in sides.items()}
    with torch.inference_mode():
        wanted = network(given["source"], given["pose"])[0]
    content = write_volume(network, {"weights": fingerprint(network.config, network.state_dict())})
    return {"volume" + SUFFIX: _keep(content, folder / ("volume" + SUFFIX), given, wanted)}


def check_programs() -> None:
    """ValueError if nothing is here that could write and run ONNX."""
    if not list_programs():
        check_installed("onnxruntime")


def _keep(content: bytes, file: Path, given: dict[str, Tensor], wanted: Tensor) -> float:
    """Written if it gives what PyTorch gives."""
    made = open_session(content, list_programs()[0])(given)
    difference = float((made - wanted).abs().max())
    if not difference <= CLOSE * max(1.0, float(wanted.abs().max())):
        raise ValueError(f"{file.name} would differ from PyTorch by {difference:.2g}; nothing is written; report this")
    file.parent.mkdir(parents=True, exist_ok=True)
    with writing(file) as temporary:
        temporary.write_bytes(content)
    return difference
