"""Records -> a trained volume network; a stopped run goes on at its last checkpoint.

Memory and time: at full size the logits of one picture are 7 x 64 x 256 x 256 numbers, 112 MiB, and the loss would
keep several such blocks. But each column of voxels is read from the features of its own pixel alone. So a step judges a
sample of the columns: most of them on the body and close by, where the mistakes are, the others from everywhere.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW
from torch.utils.data import DataLoader, Subset

from layerpose.cache import writing
from layerpose.config import VolumeConfig
from layerpose.data.records import Records
from layerpose.data.volumes import VolumePairs, VolumeSample
from layerpose.estimation.volume import make_network, save_network
from layerpose.networks.hourglass import STRIDE, VolumeNetwork
from layerpose.stages.conditions import collate
from layerpose.training.losses import voxel_loss
from layerpose.training.processes import fast_precision

SAVE_EVERY = 100
LOG_EVERY = 20
STATE, LABELS = "state.pt", "labels"


@dataclass(frozen=True, kw_only=True)
class VolumeRecipe:
    """How the volume network is trained."""

    num_steps: int = 8000
    """Batches in all."""
    batch: int = 2
    """Samples a step."""
    learning_rate: float = 8e-4
    """The highest; see `learning_rate`."""
    class_weights: tuple[float, ...] = (1.0, 3.0, 3.0, 4.0, 4.0, 3.0, 3.0)
    """How much a voxel of each class counts; with these parts come out as large as they should (docs/bodies.md)."""
    middle_weight: float = 0.5
    """How much the hourglasses before the last count."""
    clip: float = 1.0
    """Longest gradient."""


def train_volume(
    data: Path, out: Path, config: VolumeConfig, recipe: VolumeRecipe, *, seed: int = 0, workers: int = 1
) -> VolumeNetwork:
    """Run the recipe on the people of ``train``; writes the checkpoint ``state.pt`` and the network into `out`."""
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    records, network = Records(data), make_network(config)
    optimiser, first = AdamW(network.parameters(), lr=recipe.learning_rate), 0
    if (out / STATE).exists():
        state = torch.load(out / STATE, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]
    pairs = VolumePairs(
        records, records.split("train"), size=config.size, length=recipe.num_steps * recipe.batch, seed=seed,
        labels=out / LABELS,
    )  # fmt: skip
    begin, sums = time.monotonic(), []
    for step, sample in enumerate(_batches(pairs, first * recipe.batch, recipe.batch, workers), first):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(recipe, step)
        sums.append(_step(network, optimiser, sample, recipe))
        done = step + 1
        if done % LOG_EVERY == 0:
            pace = (time.monotonic() - begin) / (done - first)
            left = pace * (recipe.num_steps - done) / 60
            print(f"{done}/{recipe.num_steps} {pace:.2f} s/step, {left:.0f} min left | {_mean(sums):.5f}", flush=True)
            sums = []
        if done % SAVE_EVERY == 0 or done == recipe.num_steps:
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "step": done}
            with writing(out / STATE) as temporary:
                torch.save(state, temporary)
            save_network(network, out / "network", facts={"steps": done, "batch": recipe.batch, "seed": seed})
    return network.eval()


def learning_rate(recipe: VolumeRecipe, step: int) -> float:
    """Up over the first twentieth, then down to zero in a straight line."""
    done = (step + 1) / recipe.num_steps
    return recipe.learning_rate * min(done * 20, (1 - step / recipe.num_steps) / 0.95)


def objective(network: VolumeNetwork, sample: VolumeSample, recipe: VolumeRecipe) -> Float[Tensor, ""]:
    """Cross-entropy of the volume, and of what the hourglasses before the last say of it at their own size."""
    weights = torch.tensor(recipe.class_weights)
    wanted = take_columns(sample.labels, sample.columns)
    with torch.autocast("cpu", torch.bfloat16, enabled=fast_precision("cpu") == "bf16"):
        features, middle = network.features(sample.source, sample.pose)
        logits = network.read_labels(take_columns(features, sample.columns))
    coarse = sample.labels[..., STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    return voxel_loss(logits, wanted, weights) + sum(
        (recipe.middle_weight * voxel_loss(logits, coarse, weights) for logits in middle), torch.zeros(())
    )


def take_columns(block: Shaped[Tensor, "b c h w"], columns: Int64[Tensor, "b n"]) -> Shaped[Tensor, "b c n 1"]:
    """What a block holds at the chosen places."""
    flat = block.flatten(2)
    return flat.gather(2, columns[:, None].expand(-1, flat.shape[1], -1))[..., None]


def _step(network: VolumeNetwork, optimiser: AdamW, sample: VolumeSample, recipe: VolumeRecipe) -> float:
    loss = objective(network, sample, recipe)
    if not torch.isfinite(loss):
        raise ValueError(f"the loss is {float(loss)}; lower the learning rate")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    clip_grad_norm_(network.parameters(), recipe.clip)
    optimiser.step()
    return float(loss.detach())


def _batches(pairs: VolumePairs, start: int, batch: int, workers: int) -> Iterator[VolumeSample]:
    yield from DataLoader(
        Subset(pairs, range(start, len(pairs))), batch, num_workers=workers, collate_fn=collate,
        prefetch_factor=4 if workers else None, worker_init_fn=_single_thread,
    )  # fmt: skip


def _single_thread(_: int) -> None:
    torch.set_num_threads(1)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def main() -> None:
    """Stand-in for the command line until `layerpose train --model volume` comes: DATA RUN [STEPS]."""
    recipe = VolumeRecipe(num_steps=int(sys.argv[3])) if len(sys.argv) > 3 else VolumeRecipe()
    train_volume(Path(sys.argv[1]), Path(sys.argv[2]), VolumeConfig(), recipe)


if __name__ == "__main__":
    main()
