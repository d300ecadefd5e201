"""Plan -> its networks and their state: new, from a model folder, or from a run's last checkpoint."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from layerpose.config import ModelConfig
from layerpose.networks.discriminator import PatchDiscriminator
from layerpose.networks.generator import Generator
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.model import Model
from layerpose.stages.model_folder import load_model
from layerpose.training.checkpoint import State, load_state
from layerpose.training.critics import Critics
from layerpose.training.objectives import Team
from layerpose.training.plan import Machine, Plan


def assemble(
    plan: Plan, machine: Machine, state_file: Path, device: torch.device
) -> tuple[Team, State, dict[str, Any]]:
    """The networks on their device, where the run stands, and what the optimizers knew there."""
    torch.manual_seed(plan.seed)
    model, critics, vgg = Model(plan.config), Critics(plan.config, plan.recipe), Vgg19(plan.recipe.deepest_tap)
    for network in (model, critics, vgg):
        network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    scaler = torch.amp.GradScaler(device.type, enabled=machine.precision == "fp16")
    state = State(model=model, critics=critics, average=None, scaler=scaler)
    optimizers: dict[str, Any] = {}
    if state_file.exists():
        optimizers = load_state(state_file, state, device)
        if not scaler.is_enabled():
            optimizers.pop("scaler", None)
    else:
        if plan.init is not None:
            model.load_state_dict(load_fitting(plan.init, plan.config).state_dict())
        if plan.recipe.average:
            state.average = {name: value.clone() for name, value in model.state_dict().items()}
    if machine.compile:
        compile_networks(model, critics, vgg)
    return Team(model=model, critics=critics, vgg=vgg, recipe=plan.recipe, seed=plan.seed), state, optimizers


def load_fitting(folder: Path, config: ModelConfig) -> Model:
    """A stored model whose networks are those of a configuration; its name and sizes may differ."""
    model = load_model(folder)
    theirs, ours = asdict(model.config), asdict(config)
    for name in ("guides", "coarse", "face", "arm", "leg", "fusion", "layers", "fuse"):
        if theirs[name] != ours[name]:
            raise ValueError(
                f"the model in {folder} has the preset '{model.config.name}' and does not fit '{config.name}':"
                f" its {name} differs; start from a model of the same preset"
            )
    return model


def compile_networks(*networks: nn.Module) -> None:
    """Compile the convolutional trunks; their surroundings stay as they are."""
    for network in networks:
        for part in network.modules():
            if isinstance(part, Generator | PatchDiscriminator | Vgg19):
                part.compile(dynamic=False)
