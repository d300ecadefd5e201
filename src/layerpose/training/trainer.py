"""Plan -> its networks and their state: new, from a model folder, or from a run's last checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from layerpose.config import ModelConfig
from layerpose.training.checkpoint import FILE, LAST, State, load_discriminators, load_state
from layerpose.training.ours import Ours
from layerpose.training.plan import Machine, Plan
from layerpose.training.published import Compared
from layerpose.training.system import System, Trainer


def system_of(plan: Plan) -> System:
    """What the plan trains."""
    return Ours(plan.config) if isinstance(plan.config, ModelConfig) else Compared(plan.config)


def assemble(
    plan: Plan, machine: Machine, state_file: Path, device: torch.device
) -> tuple[Trainer, State, dict[str, Any]]:
    """The networks on their device, where the run stands, and what the optimizers knew there."""
    torch.manual_seed(plan.seed)
    trainer = system_of(plan).assemble(plan)
    for network in (trainer.model, trainer.discriminators, trainer.vgg):
        network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    scaler = torch.amp.GradScaler(device.type, enabled=machine.precision == "fp16")
    state = State(model=trainer.model, discriminators=trainer.discriminators, average=None, scaler=scaler)
    optimizers: dict[str, Any] = {}
    if state_file.exists():
        optimizers = load_state(state_file, state, device)
        if not scaler.is_enabled():
            optimizers.pop("scaler", None)
    else:
        begin(trainer, plan)
        if plan.recipe.average:
            state.average = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    if machine.compile:
        trainer.compile()
    return trainer, state, optimizers


def begin(trainer: Trainer, plan: Plan) -> None:
    """Set new networks to what the plan starts from: a model folder, or a run with its discriminators."""
    if plan.init is None:
        return
    state = plan.init / FILE
    trainer.model.load_state_dict(system_of(plan).read(plan.init / LAST if state.exists() else plan.init))
    if state.exists():
        load_discriminators(state, trainer.discriminators)
