"""Photo + pose -> predicted volume -> projection: the paper's Ours-V, and its network on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from layerpose.config import VolumeConfig
from layerpose.estimation import network_folder
from layerpose.maps.limbs import NUM_LIMB_CHANNELS, draw_limbs, limb_points
from layerpose.maps.projection import project_volume
from layerpose.maps.render import DrawnBody, render_maps
from layerpose.networks.hourglass import VolumeNetwork
from layerpose.types import Maps, Volume

KIND = "volume"
ROWS = 32
"""Rows of the volume that are labelled at a time, to keep the memory small."""


def make_network(config: VolumeConfig) -> VolumeNetwork:
    """An untrained network for limb maps."""
    return VolumeNetwork(config, NUM_LIMB_CHANNELS)


@torch.inference_mode()
def predict_volume(network: VolumeNetwork, source: Float[Tensor, "1 3 h w"], points: Float[Tensor, "22 3"]) -> Volume:
    """The volume of the person in the source image with the target's `limb_points` (canvas units, metres)."""
    size = network.config.size
    pose = draw_limbs(points, size // 2)[None]
    small = interpolate(source, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
    features, _ = network.features(small, pose)
    labels = [network.read_labels(rows)[0].argmax(0).byte() for rows in features.split(ROWS, dim=2)]
    return Volume(labels=torch.cat(labels, dim=1))


def predict_maps(network: VolumeNetwork, source: Float[Tensor, "1 3 h w"], target: DrawnBody) -> Maps:
    """S and D as the predicted volume shows them; H of the target."""
    return render_maps(project_predicted(network, source, target))


def project_predicted(network: VolumeNetwork, source: Float[Tensor, "1 3 h w"], target: DrawnBody) -> DrawnBody:
    """The predicted volume drawn in the place of the body; only the target's limbs are told to the network."""
    return project_volume(predict_volume(network, source, limb_points(target)), target)


def save_network(network: VolumeNetwork, folder: Path, *, facts: dict[str, Any] | None = None) -> None:
    """Write the network into a folder; `facts` say where its weights come from."""
    network_folder.save_network(network, network.config, folder, KIND, facts=facts)


def load_network(folder: Path) -> VolumeNetwork:
    """Read what `save_network` wrote, ready to run. ValueError says what is wrong with the folder."""
    return network_folder.load_network(folder, KIND, lambda stored: make_network(VolumeConfig(**stored)))
