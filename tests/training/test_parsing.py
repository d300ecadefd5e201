"""The parsing network learns, resumes, is kept and read back; and what is asked of a parsing holds for a photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.config import ParsingConfig
from layerpose.data.parsed import ParsedFrames
from layerpose.data.parsing_samples import Scenes
from layerpose.data.records import Records
from layerpose.estimation.parsing import (
    EDGE_SIZE,
    follow_edges,
    load_network,
    parse_by_network,
    parse_photo,
    save_network,
)
from layerpose.evaluation.parsing import class_ious, count_overlap
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import DrawnBody, draw_body
from layerpose.networks.unet import UNet
from layerpose.training.losses import hardest_mean, overlap_loss
from layerpose.training.parsing import ParsingRecipe, objective, train_parsing

TINY = ParsingConfig(size=64, width=8, num_downs=2)
RECIPE = ParsingRecipe(num_steps=4, batch=2, window=32, num_settling=2)
PICTURE = np.random.default_rng(0).random((128, 128, 3))


@pytest.fixture(scope="module")
def sets() -> list[ParsedFrames]:
    """Two people of six stripes, to whom a body was fitted that is a little off."""
    labels = np.zeros((2, 64, 64), dtype=np.uint8)
    labels[:, 8:-8, 8:-8] = np.repeat(np.arange(1, 7, dtype=np.uint8), 8)[None, None]
    colours = np.random.default_rng(0).integers(0, 255, (7, 3))
    pictures = np.concatenate([colours[labels], (labels > 0)[..., None] * 255], axis=-1).astype(np.uint8)
    bodies = np.roll(labels, (5, 5), axis=(1, 2))[:, None]
    return [ParsedFrames(pictures=pictures, labels=labels, bodies=bodies)]


@pytest.fixture(autouse=True)
def _few_backgrounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.data.parsing_samples.NUM_BACKGROUNDS", 2)


@pytest.fixture(scope="module")
def drawn(painted: Path) -> DrawnBody:
    return draw_body(Records(painted).body("00000", "000"), 128)


def test_training_brings_the_loss_down(sets: list[ParsedFrames]) -> None:
    torch.manual_seed(0)
    network, sample = UNet(TINY), Scenes(sets, length=1, seed=0)[0]
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(60):
        loss = objective(network, sample, RECIPE)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]


def test_a_stopped_run_ends_where_an_unbroken_one_does(
    sets: list[ParsedFrames], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_parsing(sets, tmp_path / "whole", TINY, RECIPE)
    monkeypatch.setattr("layerpose.training.solo.SAVE_EVERY", 2)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("layerpose.training.parsing.save_network", stop)
        with pytest.raises(KeyboardInterrupt):
            train_parsing(sets, tmp_path / "broken", TINY, RECIPE)
    broken = train_parsing(sets, tmp_path / "broken", TINY, RECIPE)
    for name, value in whole.state_dict().items():
        assert torch.allclose(value.float(), broken.state_dict()[name].float(), atol=1e-5), name
    stored = load_network(tmp_path / "broken" / "network")
    given = [torch.zeros(1, channels, 64, 64) for channels in (3, 2, 7)]
    assert torch.allclose(stored(*given), broken(*given), atol=0.02)


def test_a_parsing_has_one_class_a_pixel_and_nobody_outside_the_mask(drawn: DrawnBody) -> None:
    torch.manual_seed(0)
    mask = torch.zeros(1, 1, 128, 128)
    mask[..., :64] = 1
    parsing = parse_by_network(UNet(TINY).eval(), PICTURE, mask, drawn)
    assert torch.equal(parsing.sum(1), torch.ones(1, 128, 128))
    assert (parsing[:, 0][mask[:, 0] == 0] == 1).all()
    assert (parsing[:, 0, :, :64] == 0).any()


def test_an_untrained_network_gives_the_projection_of_the_body_filled_up_to_the_mask(drawn: DrawnBody) -> None:
    """In a picture without edges: only outlines are smoothed."""
    torch.manual_seed(0)
    network, mask = UNet(replace(TINY, size=128)).eval(), torch.ones(1, 1, 128, 128)
    mask[..., :40] = 0
    flat = np.full((128, 128, 3), 0.5)
    found = parse_by_network(network, flat, mask, drawn)
    assert (found * parse_source(drawn, mask)).sum(1).mean() > 0.97
    assert (parse_photo(flat, mask, drawn) * parse_source(drawn, mask)).sum(1).mean() > 0.97


def test_outlines_move_to_the_edges_nearby() -> None:
    """A boundary that is two pixels off the picture's own edge comes to lie on it; one without an edge stays."""
    picture, chances = np.zeros((EDGE_SIZE, EDGE_SIZE, 3)), torch.zeros(1, 7, EDGE_SIZE, EDGE_SIZE)
    picture[:, 100:] = [0.9, 0.2, 0.1]
    chances[:, 1, :, :102], chances[:, 2, :, 102:180], chances[:, 3, :, 180:] = 1, 1, 1
    found = follow_edges(picture, chances).argmax(1)[0]
    assert (found[:, :100] == 1).all()
    assert (found[:, 100:180] == 2).all()
    assert (found[:, 180:] == 3).all()


def test_equal_parsings_overlap_wholly_and_a_shifted_one_less() -> None:
    labels = torch.arange(7).repeat_interleave(8)[None].repeat(10, 1)
    assert class_ious([count_overlap(labels, labels)]).eq(1).all()
    shifted = class_ious([count_overlap(labels.roll(4, 1), labels)])
    assert torch.allclose(shifted, torch.full((7,), 1 / 3, dtype=torch.float64))
    assert class_ious([count_overlap(labels * 0, labels * 0)])[1:].isnan().all()


def test_the_overlap_loss_is_0_for_the_truth_and_counts_small_classes_like_large_ones() -> None:
    labels = torch.zeros(1, 32, 32, dtype=torch.int64)
    labels[:, :2, :2] = 3
    sure = torch.nn.functional.one_hot(labels, 7).permute(0, 3, 1, 2) * 40.0
    assert overlap_loss(sure, labels) < 1e-6
    without = sure.clone()
    without[:, 3], without[:, 0] = 0, 40
    assert overlap_loss(without, labels) > 0.1


def test_the_hardest_pixels_are_those_of_each_picture() -> None:
    values = torch.arange(20.0).view(2, 2, 5)
    assert hardest_mean(values, 0.2) == pytest.approx((9 + 8 + 19 + 18) / 4)
    assert hardest_mean(values, 1e-6) == pytest.approx((9 + 19) / 2)


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no parsing network"):
        load_network(tmp_path)
    save_network(UNet(replace(TINY, num_downs=1)), tmp_path)
    (tmp_path / "parsing.safetensors").write_bytes(b"short")
    with pytest.raises(ValueError, match="damaged"):
        load_network(tmp_path)
