"""The state of an unfinished run <-> one file, and the running average of the weights."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam

from layerpose.runtime.cache import writing
from layerpose.runtime.saying import one_line

FILE, LAST = "state.pt", "last"
"""Names in a run's folder: all that is needed to go on, and the model folder of its last weights."""
DAMAGED = (RuntimeError, KeyError, IndexError, EOFError, ValueError, pickle.UnpicklingError)
"""What reading a broken checkpoint, or that of another network, raises."""


@dataclass(kw_only=True)
class State:
    """What changes while training."""

    model: nn.Module
    discriminators: nn.Module
    average: dict[str, Tensor] | None
    """Running average of the model's weights; None without one."""
    maker: Adam | None = None
    judge: Adam | None = None
    """The optimizers of generators and discriminators; new in each phase."""
    scaler: torch.amp.GradScaler = field(default_factory=lambda: torch.amp.GradScaler("cpu", enabled=False))
    phase: int = 0
    step: int = 0
    """Steps of this phase that are done."""
    best: float | None = None
    """Best validation of this phase; smaller is better."""


MODULES = ("model", "discriminators", "maker", "judge", "scaler")
"""Parts of the state that have one of their own."""
NUMBERS = ("phase", "step", "best")


def save_state(path: Path, state: State) -> None:
    """Write what a run needs to go on; the old file stays until the new one is whole."""
    content: dict[str, Any] = {name: getattr(state, name) for name in NUMBERS}
    content |= {name: part.state_dict() for name in MODULES if (part := getattr(state, name)) is not None}
    content["average"] = state.average
    try:
        with writing(path) as temporary, temporary.open("wb") as file:
            torch.save(content, file)
    except (OSError, RuntimeError) as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: Exception) -> ValueError:
    reason = _cause(error)
    return ValueError(
        f"cannot write {path} ({reason}); the last checkpoint is kept: make room and give the same command again"
    )


def _cause(error: BaseException) -> str:
    """What the system said, also from under PyTorch's own error."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        found = found.__cause__ or found.__context__
    return one_line(error)


def load_state(path: Path, state: State, device: torch.device) -> dict[str, Any]:
    """Set networks, average and place from a file; returns the optimizers' part for `restore_optimizers`."""
    try:
        stored = torch.load(path, weights_only=True, map_location=device)
        for name in ("model", "discriminators"):
            getattr(state, name).load_state_dict(stored[name])
        state.average = stored["average"]
        state.phase, state.step, state.best = (stored[name] for name in NUMBERS)
        return {name: stored[name] for name in ("maker", "judge", "scaler") if name in stored}
    except DAMAGED as error:
        raise ValueError(
            f"{path} is damaged ({one_line(error)}); delete the folder, or begin a new run with"
            f" --init {path.parent / LAST}"
        ) from error


def load_discriminators(path: Path, discriminators: nn.Module) -> None:
    """Set the discriminators from the state of another run."""
    try:
        discriminators.load_state_dict(torch.load(path, weights_only=True, map_location="cpu")["discriminators"])
    except DAMAGED as error:
        raise ValueError(
            f"the discriminators in {path} are damaged or of another size ({one_line(error)}); start from its"
            f" generators alone, with --init {path.parent / LAST}"
        ) from error


def average_into(average: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    """Move a running average of the weights towards the model's."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            average[name].lerp_(value, 1 - decay)
