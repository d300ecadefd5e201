"""The volume network: its sizes, and that it listens to both of its inputs."""

from __future__ import annotations

import pytest
import torch

from layerpose.config import VolumeConfig
from layerpose.networks.hourglass import VolumeNetwork

TINY = VolumeConfig(size=64, num_slices=8, width=16, fine_width=8, num_levels=2, num_groups=4)


@pytest.fixture
def network() -> VolumeNetwork:
    torch.manual_seed(0)
    return VolumeNetwork(TINY, 5)


def test_every_voxel_gets_a_logit_for_each_label(network: VolumeNetwork) -> None:
    source, pose = torch.rand(2, 3, 64, 64), torch.rand(2, 5, 32, 32)
    assert network(source, pose).shape == (2, 7, 8, 64, 64)
    features, middle = network.features(source, pose)
    assert features.shape == (2, 8, 64, 64)
    assert [logits.shape for logits in middle] == [(2, 7, 8, 16, 16)], "the first hourglass is supervised at a quarter"


def test_labels_read_band_by_band_are_those_read_at_once(network: VolumeNetwork) -> None:
    features, _ = network.features(torch.rand(1, 3, 64, 64), torch.rand(1, 5, 32, 32))
    bands = torch.cat([network.read_labels(rows) for rows in features.split(24, dim=2)], dim=3)
    assert torch.allclose(bands, network.read_labels(features), atol=1e-6)


@pytest.mark.parametrize("changed", [0, 1])
def test_source_and_pose_both_matter(network: VolumeNetwork, changed: int) -> None:
    given = [torch.rand(1, 3, 64, 64), torch.rand(1, 5, 32, 32)]
    before = network(*given)
    given[changed] = given[changed].flip(-1)
    assert not torch.allclose(before, network(*given), atol=1e-4)


def test_the_scale_of_a_pose_map_is_not_normalised_away(network: VolumeNetwork) -> None:
    source, pose = torch.zeros(1, 3, 64, 64), torch.zeros(1, 5, 32, 32)
    pose[:, 4, 10:20, 10:20] = 0.1
    near = network(source, pose)
    pose[:, 4] *= 2
    assert not torch.allclose(near, network(source, pose), atol=1e-3)
