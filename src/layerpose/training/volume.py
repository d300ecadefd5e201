"""Records -> a trained volume network; a stopped run goes on at its last checkpoint.

Memory and time: at full size the logits of one picture are 7 x 64 x 256 x 256 numbers, 112 MiB, and the loss would
keep several such blocks. But each column of voxels is read from the features of its own pixel alone. So a step judges a
sample of the columns: most of them on the body and close by, where the mistakes are, the others from everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from layerpose.config import VolumeConfig
from layerpose.data.records import Records
from layerpose.data.volume_samples import VolumePairs, VolumeSample
from layerpose.estimation.volume import make_network, save_network
from layerpose.networks.hourglass import STRIDE, VolumeNetwork, take_columns
from layerpose.runtime.precision import fast_autocast
from layerpose.training.losses import projection_loss, voxel_loss
from layerpose.training.solo import SoloRecipe, train_alone

LABELS = "labels"


@dataclass(frozen=True, kw_only=True)
class VolumeRecipe(SoloRecipe):
    """How the volume network is trained."""

    num_steps: int = 3000
    batch: int = 2
    learning_rate: float = 8e-4
    projection_weight: float = 0.2
    """How much what a viewer sees of a column counts beside its voxels."""
    middle_weight: float = 0.5
    """How much the hourglasses before the last count."""


def train_volume(
    data: Path, out: Path, config: VolumeConfig, recipe: VolumeRecipe, *, seed: int = 0, workers: int = 1
) -> VolumeNetwork:
    """Run the recipe on the people of ``train``; writes the checkpoint ``state.pt`` and the network into `out`."""
    torch.manual_seed(seed)
    records, network = Records(data), make_network(config)
    pairs = VolumePairs(
        records, records.split("train"), size=config.size, length=recipe.num_steps * recipe.batch, seed=seed,
        labels=out / LABELS,
    )  # fmt: skip
    train_alone(
        network, pairs, out, recipe, partial(objective, network, recipe=recipe),
        lambda done: save_network(network, out / "network", facts={**done, "seed": seed}), workers=workers,
    )  # fmt: skip
    return network.eval()


def objective(network: VolumeNetwork, sample: VolumeSample, recipe: VolumeRecipe) -> Float[Tensor, ""]:
    """Cross-entropy of the volume and its projection, and of what the earlier hourglasses say at their own size."""
    with fast_autocast("cpu", training=True):
        features, middle = network(sample.source, sample.pose)
        logits = network.read_labels(features, sample.skeleton, sample.columns)
    loss = _judge(logits, take_columns(sample.labels, sample.columns), recipe)
    coarse = sample.labels[..., STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    columns = _on_the_middle_grid(sample.columns, sample.labels.shape[-1])
    wanted = take_columns(coarse, columns)
    for predicted in middle:
        logits = network.read_middle(predicted, sample.skeleton, columns)
        loss = loss + recipe.middle_weight * _judge(logits, wanted, recipe)
    return loss


def _judge(logits: Float[Tensor, "b l d n"], labels: UInt8[Tensor, "b d n"], recipe: VolumeRecipe) -> Float[Tensor, ""]:
    return voxel_loss(logits, labels) + recipe.projection_weight * projection_loss(logits, labels)


def _on_the_middle_grid(columns: Int64[Tensor, "b n"], width: int) -> Int64[Tensor, "b m"]:
    """Some of the columns on the hourglasses' own, coarser grid."""
    some = columns[:, ::STRIDE]
    return some // width // STRIDE * (width // STRIDE) + some % width // STRIDE
