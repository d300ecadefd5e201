"""Synthetic people -> a trained parsing network; a stopped run goes on at its last checkpoint.

Stand-in for a command: ``python -m layerpose.training.parsing DATA... --out RUN``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW
from torch.utils.data import DataLoader, Subset

from layerpose.cache import writing
from layerpose.config import ParsingConfig
from layerpose.data.parsed import ParsedFrames, parsed_frames
from layerpose.data.records import Records
from layerpose.data.scenes import ParsingSample, Scenes
from layerpose.estimation.parsing import save_network
from layerpose.networks.unet import UNet
from layerpose.stages.conditions import collate
from layerpose.training.losses import overlap_loss
from layerpose.training.processes import fast_precision

SAVE_EVERY = 50
LOG_EVERY = 10
STATE = "state.pt"


@dataclass(frozen=True, kw_only=True)
class ParsingRecipe:
    """How the parsing network is trained."""

    num_steps: int = 1500
    """Batches in all."""
    batch: int = 4
    """Samples a step."""
    learning_rate: float = 2e-3
    """The highest; see `learning_rate`."""
    class_weights: tuple[float, ...] = (1.0, 1.5, 1.5, 2.0, 2.0, 1.5, 1.5)
    """How much a pixel of each class counts: thin parts have few."""
    overlap_weight: float = 0.5
    """How much the overlap of the classes counts beside the cross-entropy."""
    clip: float = 1.0
    """Longest gradient."""


def train_parsing(
    sets: list[ParsedFrames], out: Path, config: ParsingConfig, recipe: ParsingRecipe, *, seed: int = 0,
    workers: int = 0,
) -> UNet:  # fmt: skip
    """Run the recipe; writes the checkpoint ``state.pt`` and the network into `out`."""
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    network = UNet(config).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser, first = AdamW(network.parameters(), lr=recipe.learning_rate), 0
    if (out / STATE).exists():
        state = torch.load(out / STATE, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]
    scenes = Scenes(sets, length=recipe.num_steps * recipe.batch, seed=seed)
    begin, sums = time.monotonic(), []
    for step, sample in enumerate(_batches(scenes, first * recipe.batch, recipe.batch, workers), first):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(recipe, step)
        sums.append(_step(network, optimiser, sample, recipe))
        done = step + 1
        if done % LOG_EVERY == 0:
            pace = (time.monotonic() - begin) / (done - first)
            left = pace * (recipe.num_steps - done) / 60
            print(f"{done}/{recipe.num_steps} {pace:.2f} s/step, {left:.0f} min left | {_mean(sums):.4f}", flush=True)
            sums = []
        if done % SAVE_EVERY == 0 or done == recipe.num_steps:
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "step": done}
            with writing(out / STATE) as temporary:
                torch.save(state, temporary)
            save_network(network, out / "network", facts={"steps": done, "batch": recipe.batch, "seed": seed})
    return network.eval()


def learning_rate(recipe: ParsingRecipe, step: int) -> float:
    """Up over the first twentieth, then down to zero in a straight line."""
    done = (step + 1) / recipe.num_steps
    return recipe.learning_rate * min(done * 20, (1 - step / recipe.num_steps) / 0.95)


def objective(network: UNet, sample: ParsingSample, recipe: ParsingRecipe) -> Float[Tensor, ""]:
    """Cross-entropy of the pixels, and the overlap that the classes lack."""
    logits = network(sample.image, sample.mask, sample.rough)
    labels = sample.labels.long()
    weights = torch.tensor(recipe.class_weights)
    return cross_entropy(logits, labels, weights) + recipe.overlap_weight * overlap_loss(logits, labels)


def _step(network: UNet, optimiser: AdamW, sample: ParsingSample, recipe: ParsingRecipe) -> float:
    with torch.autocast("cpu", torch.bfloat16, enabled=fast_precision("cpu") == "bf16"):
        loss = objective(network, sample, recipe)
    if not torch.isfinite(loss):
        raise ValueError(f"the loss is {float(loss)}; lower the learning rate")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    clip_grad_norm_(network.parameters(), recipe.clip)
    optimiser.step()
    return float(loss.detach())


def _batches(scenes: Scenes, start: int, batch: int, workers: int) -> Iterator[ParsingSample]:
    yield from DataLoader(
        Subset(scenes, range(start, len(scenes))), batch, num_workers=workers, collate_fn=collate,
        prefetch_factor=4 if workers else None, worker_init_fn=_single_thread,
    )  # fmt: skip


def _single_thread(_: int) -> None:
    torch.set_num_threads(1)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def main(
    data: tyro.conf.Positional[tuple[Path, ...]], *, out: Path, assets: Path | None = None,
    recipe: ParsingRecipe = ParsingRecipe(),
    seed: int = 0, workers: int = 0,
) -> None:  # fmt: skip
    """Train on the people of ``train`` of one or more data sets.

    Args:
        data: Data sets, as `layerpose synth` makes them.
        out: The run's folder: a new one, or one to go on with.
        assets: The folder from which the people were dressed, if they were.
        recipe: The schedule.
        seed: Of everything that is drawn.
        workers: Processes that draw samples.
    """
    config = ParsingConfig()
    out.mkdir(parents=True, exist_ok=True)
    sets = []
    for number, folder in enumerate(data):
        records = Records(folder)
        frames = out / f"frames-{number}"
        sets.append(parsed_frames(records, records.split("train"), frames, size=config.size, assets=assets, seed=seed))
    train_parsing(sets, out, config, recipe, seed=seed, workers=workers)


if __name__ == "__main__":
    tyro.cli(main)
