"""Volume network + people it has not seen -> part IoU of the projected S, and the error of the depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.data.volume_samples import VolumePairs
from layerpose.estimation.volume import predict_maps
from layerpose.maps.render import draw_body, render_maps
from layerpose.networks.hourglass import VolumeNetwork
from layerpose.types import Maps


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One pair: the source, the maps of the predicted volume, and those of the true body."""

    source: Float[Tensor, "1 3 h w"]
    predicted: Maps
    truth: Maps

    @property
    def overlap(self) -> Float[Tensor, "6"]:
        """IoU of each part of S; not a number for a part that neither shows."""
        ours, theirs = self.predicted.parsing[0, 1:], self.truth.parsing[0, 1:]
        return (ours * theirs).sum((1, 2)) / (ours + theirs).clamp(max=1).sum((1, 2))

    @property
    def depth_error_m(self) -> float:
        """Mean difference of D where both show a body; not a number if they nowhere do."""
        both = (self.predicted.parsing[:, :1] == 0) & (self.truth.parsing[:, :1] == 0)
        return float((self.predicted.depth - self.truth.depth)[both].abs().mean())


def look(network: VolumeNetwork, pairs: VolumePairs) -> Iterator[Seen]:
    """Predict every pair."""
    for index in range(len(pairs)):
        shot, target = pairs.draw(index)
        drawn = draw_body(target.body, network.config.size)
        yield Seen(source=shot.image, predicted=predict_maps(network, shot.image, drawn), truth=render_maps(drawn))


def summarise(seen: list[Seen]) -> tuple[Float[Tensor, "6"], float]:
    """Mean part IoU and mean depth error in metres."""
    overlaps = torch.stack([one.overlap for one in seen]).nanmean(0)
    return overlaps, float(torch.tensor([one.depth_error_m for one in seen]).nanmean())
