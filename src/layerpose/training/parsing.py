"""Synthetic people -> a trained parsing network; a stopped run goes on at its last checkpoint.

Stand-in for a command: ``python -m layerpose.training.parsing DATA... --out RUN``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import tyro
from jaxtyping import Float
from torch import Tensor
from torch.nn import BatchNorm2d
from torch.nn.functional import cross_entropy

from layerpose.config import ParsingConfig
from layerpose.data.parsed import ParsedFrames, parsed_frames
from layerpose.data.parsing_samples import ParsingSample, Scenes
from layerpose.data.records import Records
from layerpose.estimation.parsing import save_network
from layerpose.networks.unet import UNet
from layerpose.runtime.precision import fast_autocast
from layerpose.stages.conditions import collate
from layerpose.training.losses import hardest_mean, overlap_loss
from layerpose.training.solo import SoloRecipe, train_alone


@dataclass(frozen=True, kw_only=True)
class ParsingRecipe(SoloRecipe):
    """How the parsing network is trained."""

    num_steps: int = 3000
    batch: int = 8
    learning_rate: float = 3e-3
    window: int = 96
    """Side of the squares that are cut from the pictures."""
    num_settling: int = 160
    """Whole pictures from which the norms' statistics are taken in the end."""
    class_weights: tuple[float, ...] = (1.0, 1.5, 1.5, 2.0, 2.0, 1.5, 1.5)
    """How much a pixel of each class counts: thin parts have few."""
    hardest: float = 0.1
    """Share of a picture's pixels that the cross-entropy looks at: most are told right by the rough parsing already."""
    overlap_weight: float = 0.5
    """How much the overlap of the classes counts beside the cross-entropy."""


def train_parsing(
    sets: list[ParsedFrames], out: Path, config: ParsingConfig, recipe: ParsingRecipe, *, seed: int = 0,
    workers: int = 0,
) -> UNet:  # fmt: skip
    """Run the recipe, settle the norms; writes the checkpoint ``state.pt`` and the network into `out`."""
    torch.manual_seed(seed)
    network = UNet(config).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    scenes = Scenes(sets, length=recipe.num_steps * recipe.batch, seed=seed, window=recipe.window)
    facts = {"pictures": sum(map(len, sets)), "seed": seed}
    train_alone(
        network, scenes, out, recipe, partial(objective, network, recipe=recipe),
        lambda done: save_network(network, out / "network", facts={**done, **facts}), workers=workers,
    )  # fmt: skip
    settle_norms(network, Scenes(sets, length=recipe.num_settling, seed=seed + 1), recipe.batch)
    save_network(network, out / "network", facts={"steps": recipe.num_steps, "batch": recipe.batch, **facts})
    return network


def settle_norms(network: UNet, scenes: Scenes, batch: int) -> None:
    """Take the norms' statistics anew, from whole pictures: windows hold less background. Ready to run afterwards."""
    for module in network.modules():
        if isinstance(module, BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean over all that follows
    network.train()
    with torch.no_grad():
        for first in range(0, len(scenes), batch):
            sample = collate([scenes[index] for index in range(first, min(first + batch, len(scenes)))])
            network(sample.image, sample.outlines, sample.rough)
    network.eval()


def objective(network: UNet, sample: ParsingSample, recipe: ParsingRecipe) -> Float[Tensor, ""]:
    """Cross-entropy of the hardest pixels, and the overlap that the classes lack."""
    labels, weights = sample.labels.long(), torch.tensor(recipe.class_weights)
    with fast_autocast("cpu", training=True):
        logits = network(sample.image, sample.outlines, sample.rough).float()
    hardest = hardest_mean(cross_entropy(logits, labels, weights, reduction="none"), recipe.hardest)
    return hardest + recipe.overlap_weight * overlap_loss(logits, labels)


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
    config, sets = ParsingConfig(), []
    for number, folder in enumerate(data):
        records = Records(folder)
        frames = out / f"frames-{number}"
        sets.append(parsed_frames(records, records.split("train"), frames, size=config.size, assets=assets, seed=seed))
    train_parsing(sets, out, config, recipe, seed=seed, workers=workers)


if __name__ == "__main__":
    tyro.cli(main)
