"""The volume network learns, resumes, and its predictions stand in for the body's maps; on painted people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from layerpose.bodies import redrawn
from layerpose.config import VolumeConfig
from layerpose.data.records import Records
from layerpose.data.volumes import VolumePairs, VolumeSample
from layerpose.estimation.volume import load_network, make_network, predict_volume, save_network
from layerpose.evaluation.volume import look, summarise
from layerpose.maps.render import draw_body, render_maps
from layerpose.training.losses import voxel_loss
from layerpose.training.volume import VolumeRecipe, banded_loss, objective, train_volume

TINY = VolumeConfig(size=64, width=32, fine_width=16, num_levels=3)
RECIPE = VolumeRecipe(num_steps=4, batch=1)


@pytest.fixture(scope="module")
def pairs(painted: Path) -> VolumePairs:
    records = Records(painted)
    return VolumePairs(records, records.split("val"), size=64, length=1, seed=0, vary=False)


@pytest.fixture(scope="module")
def sample(pairs: VolumePairs) -> VolumeSample:
    return pairs[0]


def test_a_sample_is_told_the_source_and_the_pose_only(pairs: VolumePairs, sample: VolumeSample) -> None:
    shot, target = pairs.draw(0)
    assert torch.equal(sample.source, shot.image)
    assert not torch.equal(shot.image, target.image)
    assert sample.labels.shape == (1, 64, 64, 64)
    seen = (sample.labels[0] > 0).any(0)
    body = render_maps(draw_body(target.body, 64)).parsing[0, 0] == 0
    assert (seen & body).sum() / (seen | body).sum() > 0.9


def test_the_loss_band_by_band_is_the_loss_at_once(sample: VolumeSample) -> None:
    torch.manual_seed(0)
    network, weights = make_network(TINY), torch.tensor(RECIPE.class_weights)
    features, _ = network.features(sample.source, sample.pose)
    found = []
    for loss in (
        banded_loss(network, features, sample.labels, weights),
        voxel_loss(network.read_labels(features), sample.labels, weights),
    ):
        network.zero_grad()
        loss.backward(retain_graph=True)
        assert network.head.weight.grad is not None
        found.append((loss.detach(), network.head.weight.grad.clone()))
    assert torch.allclose(found[0][0], found[1][0], rtol=1e-4)
    assert torch.allclose(found[0][1], found[1][1], rtol=1e-3, atol=1e-6)


def test_it_learns_one_pair_by_heart_and_the_projection_shows_it(pairs: VolumePairs, sample: VolumeSample) -> None:
    torch.manual_seed(0)
    network = make_network(TINY)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(100):
        loss = objective(network, sample, RECIPE)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    overlaps, depth_error_m = summarise(list(look(network.eval(), pairs)))
    print(f"by heart: part IoU {overlaps.mean():.3f}, depth off by {depth_error_m * 1000:.0f} mm")
    assert overlaps.mean() > 0.6
    assert depth_error_m < 0.08
    shot, target = pairs.draw(0)
    redraw, drawn = redrawn("volume", None, network), draw_body(target.body, 128)
    assert redraw is not None
    shown = render_maps(redraw(drawn, target.body, shot.image)).parsing[0, 0] == 0
    body = render_maps(drawn).parsing[0, 0] == 0
    assert (shown & body).sum() / (shown | body).sum() > 0.75


def test_a_stopped_run_ends_where_an_unbroken_one_does(painted: Path, tmp_path: Path, monkeypatch) -> None:
    whole = train_volume(painted, tmp_path / "whole", TINY, RECIPE, workers=0)
    monkeypatch.setattr("layerpose.training.solo.SAVE_EVERY", 2)
    steps = 0

    def stop(*_: object, **__: object) -> None:
        nonlocal steps
        steps += 1
        if steps == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("layerpose.training.volume.save_network", stop)
        with pytest.raises(KeyboardInterrupt):
            train_volume(painted, tmp_path / "broken", TINY, RECIPE, workers=0)
    broken = train_volume(painted, tmp_path / "broken", TINY, RECIPE, workers=0)
    for name, value in whole.state_dict().items():
        assert torch.allclose(value, broken.state_dict()[name], atol=1e-6), name
    stored = load_network(tmp_path / "broken" / "network")
    given = torch.rand(1, 3, 64, 64), torch.rand(18, 3)
    assert torch.equal(predict_volume(stored, *given).labels, predict_volume(broken, *given).labels)


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no volume network"):
        load_network(tmp_path)
    save_network(make_network(replace(TINY, num_levels=1)), tmp_path)
    (tmp_path / "volume.safetensors").write_bytes(b"short")
    with pytest.raises(ValueError, match="damaged"):
        load_network(tmp_path)
