"""The volume network: its sizes, that it starts from its capsules, and that it listens to both of its inputs."""

from __future__ import annotations

import pytest
import torch

from layerpose.config import VolumeConfig
from layerpose.networks.capsules import Capsules, Skeleton
from layerpose.networks.hourglass import VolumeNetwork, take_columns

TINY = VolumeConfig(size=64, num_slices=8, width=16, fine_width=8, num_levels=2, num_groups=4)


COLUMNS = torch.tensor([[0, 5, 70, 64 * 64 - 1]])


@pytest.fixture
def network() -> VolumeNetwork:
    torch.manual_seed(0)
    capsules = Capsules([1, 6], [(0.1, 0.1)] * 2, num_labels=7, num_slices=8, depth_range_m=1.0)
    return VolumeNetwork(TINY, 5, capsules)


@pytest.fixture
def skeleton() -> Skeleton:
    axes = [[[0.0, 0.0, 0.06], [0.8, 0.0, 0.06]], [[0.2, 1.0, 0.0], [0.8, 1.0, 0.0]]]
    return Skeleton(axes=torch.tensor([axes]), scale=torch.tensor([0.5]))


def learnt(network: VolumeNetwork) -> VolumeNetwork:
    """The network with heads that say something."""
    for head in (network.head, *network.middle_heads):
        torch.nn.init.normal_(head.weight, std=0.1)  # pyright: ignore[reportArgumentType]
    return network


def test_sizes(network: VolumeNetwork) -> None:
    features, middle = network(torch.rand(2, 3, 64, 64), torch.rand(2, 5, 32, 32))
    assert features.shape == (2, 8, 64, 64)
    assert [predicted.shape for predicted in middle] == [(2, 7 * 8 + 2, 16, 16)], "supervised at a quarter"


def test_before_training_it_says_what_its_capsules_say(network: VolumeNetwork, skeleton: Skeleton) -> None:
    features, middle = network(torch.rand(1, 3, 64, 64), torch.rand(1, 5, 32, 32))
    places = (torch.stack([COLUMNS % 64, COLUMNS // 64], dim=-1) + 0.5) / 64
    wanted = network.capsules(skeleton, places, torch.zeros(1, 2, 4))
    assert wanted.amax() > 0, "one of the columns goes through a capsule"
    assert torch.equal(network.read_labels(features, skeleton, COLUMNS), wanted)
    coarse = torch.tensor([[0, 255]])
    assert network.read_middle(middle[0], skeleton, coarse).shape == (1, 7, 8, 2)


def test_a_column_is_read_by_itself(network: VolumeNetwork, skeleton: Skeleton) -> None:
    features, _ = learnt(network)(torch.rand(1, 3, 64, 64), torch.rand(1, 5, 32, 32))
    together = network.read_labels(features, skeleton, COLUMNS)
    apart = [network.read_labels(features, skeleton, column) for column in COLUMNS.split(1, dim=1)]
    assert torch.allclose(torch.cat(apart, dim=-1), together, atol=1e-5)
    assert torch.equal(take_columns(features, COLUMNS)[0, :, 2], features[0, :, 1, 6])


@pytest.mark.parametrize("changed", [0, 1])
def test_source_and_pose_both_matter(network: VolumeNetwork, changed: int) -> None:
    given = [torch.rand(1, 3, 64, 64), torch.rand(1, 5, 32, 32)]
    before, _ = network(*given)
    given[changed] = given[changed].flip(-1)
    assert not torch.allclose(before, network(*given)[0], atol=1e-4)


def test_the_scale_of_a_pose_map_is_not_normalised_away(network: VolumeNetwork) -> None:
    source, pose = torch.zeros(1, 3, 64, 64), torch.zeros(1, 5, 32, 32)
    pose[:, 4, 10:20, 10:20] = 0.1
    near, _ = network(source, pose)
    pose[:, 4] *= 2
    assert not torch.allclose(near, network(source, pose)[0], atol=1e-3)
