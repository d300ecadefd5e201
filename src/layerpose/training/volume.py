"""Records -> a trained volume network; a stopped run goes on at its last checkpoint.

Memory: at full size the logits of one picture are 7 x 64 x 256 x 256 numbers, 112 MiB; the loss would keep several
such blocks. So labels are read and judged band by band, and a band's logits are computed anew on the way back; never
more than one band of the logits is in memory.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from layerpose.config import VolumeConfig
from layerpose.data.records import Records
from layerpose.data.volumes import VolumePairs, VolumeSample
from layerpose.estimation.volume import make_network, save_network
from layerpose.networks.hourglass import STRIDE, VolumeNetwork
from layerpose.training.losses import voxel_loss
from layerpose.training.processes import fast_precision
from layerpose.training.solo import Schedule, train_alone

BAND = 32
"""Rows of the volume that are judged at a time."""


@dataclass(frozen=True, kw_only=True)
class VolumeRecipe(Schedule):
    """How the volume network is trained."""

    num_steps: int = 4000
    batch: int = 4
    learning_rate: float = 1e-3
    class_weights: tuple[float, ...] = (1.0, 1.5, 1.0, 3.0, 3.0, 1.5, 1.5)
    """How much a voxel of each class counts: thin parts have few."""
    middle_weight: float = 0.5
    """How much the hourglasses before the last count."""


def train_volume(
    data: Path, out: Path, config: VolumeConfig, recipe: VolumeRecipe, *, seed: int = 0, workers: int = 1
) -> VolumeNetwork:
    """Run the recipe on the people of ``train``; writes the checkpoint ``state.pt`` and the network into `out`."""
    torch.manual_seed(seed)
    records, network = Records(data), make_network(config)
    pairs = VolumePairs(
        records, records.split("train"), size=config.size, length=recipe.num_steps * recipe.batch, seed=seed
    )
    train_alone(
        network, pairs, out, recipe, partial(objective, network, recipe=recipe),
        lambda done: save_network(network, out / "network", facts={**done, "seed": seed}), workers=workers,
    )  # fmt: skip
    return network.eval()


def objective(network: VolumeNetwork, sample: VolumeSample, recipe: VolumeRecipe) -> Float[Tensor, ""]:
    """Cross-entropy of the volume, and of what the hourglasses before the last say of it at their own size."""
    weights = torch.tensor(recipe.class_weights)
    with torch.autocast("cpu", torch.bfloat16, enabled=fast_precision("cpu") == "bf16"):
        features, middle = network.features(sample.source, sample.pose)
        loss = banded_loss(network, features, sample.labels, weights)
    coarse = sample.labels[..., STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    return loss + sum(
        (recipe.middle_weight * voxel_loss(logits, coarse, weights) for logits in middle), torch.zeros(())
    )


def banded_loss(
    network: VolumeNetwork, features: Float[Tensor, "b f h w"], labels: UInt8[Tensor, "b d h w"],
    weights: Float[Tensor, "l"],
) -> Float[Tensor, ""]:  # fmt: skip
    """The loss of the whole volume, with the logits of one band of rows at a time in memory."""
    total = weights[labels.long()].sum()

    def judge(rows: Tensor, wanted: Tensor) -> Tensor:
        share = weights[wanted.long()].sum() / total
        return voxel_loss(network.read_labels(rows), wanted, weights) * share

    bands = zip(features.split(BAND, dim=2), labels.split(BAND, dim=2), strict=True)
    return torch.stack([checkpoint(judge, *band, use_reentrant=False) for band in bands]).sum()


def main() -> None:
    """Stand-in for the command line until `layerpose train --model volume` comes: DATA RUN [STEPS]."""
    recipe = VolumeRecipe(num_steps=int(sys.argv[3])) if len(sys.argv) > 3 else VolumeRecipe()
    train_volume(Path(sys.argv[1]), Path(sys.argv[2]), VolumeConfig(), recipe)


if __name__ == "__main__":
    main()
