"""The state of an unfinished run, and the running average of the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from layerpose.cache import writing
from layerpose.stages.model import Model


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write what a run needs to go on."""
    with writing(path) as temporary:
        torch.save(state, temporary)


def load_state(path: Path) -> dict[str, Any]:
    """Read what `save_state` wrote."""
    return torch.load(path, weights_only=True)


def average_into(average: dict[str, Tensor], model: Model, decay: float) -> None:
    """Move a running average of the weights towards the model's."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            average[name].lerp_(value, 1 - decay)
