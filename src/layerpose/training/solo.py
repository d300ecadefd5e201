"""One network of the estimation + samples -> trained; a stopped run goes on at its last checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW
from torch.utils.data import DataLoader, Dataset, Subset

from layerpose.runtime.cache import writing
from layerpose.runtime.locks import alone_in
from layerpose.runtime.saying import one_line
from layerpose.runtime.workers import give_way
from layerpose.stages.conditions import collate
from layerpose.training.checkpoint import DAMAGED

SAVE_EVERY = 100
LOG_EVERY = 20
STATE = "state.pt"
Sample = TypeVar("Sample")


@dataclass(frozen=True, kw_only=True)
class SoloRecipe:
    """How long and how fast a network learns."""

    num_steps: int
    """Batches in all."""
    batch: int
    """Samples a step."""
    learning_rate: float
    """The highest; see `learning_rate`."""
    clip: float = 1.0
    """Longest gradient."""


def train_alone(
    network: nn.Module, samples: Dataset[Sample], out: Path, recipe: SoloRecipe,
    objective: Callable[[Sample], Float[Tensor, ""]], keep: Callable[[dict[str, Any]], None], *, workers: int,
) -> None:  # fmt: skip
    """Run the recipe; writes the checkpoint ``state.pt`` into `out`, and `keep` writes the network with its facts."""
    with alone_in(out):
        _train(network, samples, out, recipe, objective, keep, workers)


def _train(
    network: nn.Module, samples: Dataset[Sample], out: Path, recipe: SoloRecipe,
    objective: Callable[[Sample], Float[Tensor, ""]], keep: Callable[[dict[str, Any]], None], workers: int,
) -> None:  # fmt: skip
    optimiser, first = AdamW(network.parameters(), lr=recipe.learning_rate), 0
    if (out / STATE).exists():
        first = _go_on(out / STATE, network, optimiser)
    begin, losses = time.monotonic(), []
    rest = range(first * recipe.batch, recipe.num_steps * recipe.batch)
    for done, sample in enumerate(load_in_order(samples, rest, recipe.batch, workers=workers), first + 1):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(recipe, done - 1)
        losses.append(_step(network, optimiser, objective(sample), recipe.clip))
        if done % LOG_EVERY == 0:
            pace = (time.monotonic() - begin) / (done - first)
            left, mean = pace * (recipe.num_steps - done) / 60, sum(losses) / len(losses)
            print(f"{done}/{recipe.num_steps} {pace:.2f} s/step, {left:.0f} min left | {mean:.5f}", flush=True)
            losses = []
        if done % SAVE_EVERY == 0 or done == recipe.num_steps:
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "step": done}
            with writing(out / STATE) as temporary:
                torch.save(state, temporary)
            keep({"steps": done, "batch": recipe.batch})


def _go_on(path: Path, network: nn.Module, optimiser: AdamW) -> int:
    """Take up a checkpoint; returns the steps that are done."""
    try:
        state = torch.load(path, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        return state["step"]
    except DAMAGED as error:
        raise ValueError(f"{path} is damaged or of another network ({one_line(error)}); choose a new folder") from error


def learning_rate(recipe: SoloRecipe, step: int) -> float:
    """Up over the first twentieth, then down to zero in a straight line."""
    done = (step + 1) / recipe.num_steps
    return recipe.learning_rate * min(done * 20, (1 - step / recipe.num_steps) / 0.95)


def _step(network: nn.Module, optimiser: AdamW, loss: Float[Tensor, ""], clip: float) -> float:
    if not torch.isfinite(loss):
        raise ValueError(f"the loss is {float(loss.detach())}; lower the learning rate")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    clip_grad_norm_(network.parameters(), clip)
    optimiser.step()
    return float(loss.detach())


def load_in_order(
    samples: Dataset[Sample], numbers: range, batch: int, *, workers: int, ahead: int = 4
) -> DataLoader[Sample]:
    """Batches of the numbered samples; each worker process prepares so many ahead."""
    return DataLoader(
        Subset(samples, numbers), batch, num_workers=workers, collate_fn=collate,
        prefetch_factor=ahead if workers else None, worker_init_fn=give_way,
    )  # fmt: skip
