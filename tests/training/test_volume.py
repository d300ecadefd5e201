"""The volume network learns, resumes, and its predictions stand in for the body's maps; on painted people."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from shutil import copytree

import pytest
import torch

from layerpose.body.skeleton import BONES
from layerpose.cli import main
from layerpose.config import VolumeConfig
from layerpose.data.records import Records
from layerpose.data.volume_samples import JUDGED_SHARE, VolumePairs, VolumeSample
from layerpose.estimation.volume import (
    BUNDLED,
    load_network,
    make_network,
    predict_maps,
    predict_volume,
    save_network,
)
from layerpose.evaluation.volume import look, summarise
from layerpose.inputs.bodies import framed_body, redrawn
from layerpose.maps.limbs import LIMBS, POINTS
from layerpose.maps.render import draw_body, render_maps
from layerpose.motion.library import library_pose
from layerpose.networks.hourglass import take_columns
from layerpose.training.volume import LABELS, VolumeRecipe, objective, train_volume

TINY = VolumeConfig(size=64, width=32, fine_width=16, num_levels=3)
RECIPE = VolumeRecipe(num_steps=2, batch=1)
TRUNK_AND_LIMBS = range(5, len(BONES))
SHINS = [LIMBS.index((f"{side}_knee", f"{side}_ankle")) for side in ("left", "right")]


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


def test_the_judged_columns_lie_mostly_on_the_body(sample: VolumeSample) -> None:
    columns = sample.columns
    assert columns.shape == (1, round(JUDGED_SHARE * 64**2))
    body = (sample.labels[0] > 0).any(0)
    assert body.flatten()[columns[0]].float().mean() > 2 * body.float().mean()
    assert torch.equal(take_columns(sample.labels, columns), sample.labels.flatten(2)[..., columns[0]])


def test_the_capsules_alone_are_a_body_in_the_pose(pairs: VolumePairs) -> None:
    """Before any training; a limb that lay elsewhere would spoil its overlap."""
    overlaps, depth_error_m = summarise(list(look(make_network(TINY), pairs)))
    print(f"capsules alone: part IoU {overlaps.mean():.3f}, depth off by {depth_error_m * 1000:.0f} mm")
    assert overlaps.min() > 0.35
    assert depth_error_m < 0.06


def test_a_changed_target_keeps_its_volume_under_its_limbs(painted: Path, tmp_path: Path) -> None:
    records = Records(painted)
    made = VolumePairs(records, records.split("train"), size=64, length=8, seed=3, labels=tmp_path)
    for index in range(4):
        changed = made[index]
        solid = (changed.labels[0] > 0).any(0)
        limbs = changed.pose[0, TRUNK_AND_LIMBS].amax(0).repeat_interleave(2, 0).repeat_interleave(2, 1)
        assert solid[limbs > 0.9].float().mean() > 0.9
        legs = torch.stack([(changed.labels[0] == label).any(0) for label in (5, 6)]).float()
        shins = changed.pose[0, SHINS].repeat_interleave(2, 1).repeat_interleave(2, 2)
        own, other = (legs * shins).sum((1, 2)), (legs.flip(0) * shins).sum((1, 2))
        assert (own > other).all()
    assert torch.equal(made[0].labels, made[0].labels)
    assert len(list(tmp_path.glob("*.npz"))) > 0


def test_it_learns_one_pair_by_heart_and_the_projection_shows_it(pairs: VolumePairs, sample: VolumeSample) -> None:
    torch.manual_seed(0)
    network, everywhere = make_network(TINY), replace(sample, columns=torch.arange(0, TINY.size**2, 3)[None])
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(15):
        loss = objective(network, everywhere, RECIPE)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    overlaps, depth_error_m = summarise(list(look(network.eval(), pairs)))
    print(f"by heart: part IoU {overlaps.mean():.3f}, depth off by {depth_error_m * 1000:.0f} mm")
    assert overlaps.mean() > 0.7, "the capsules alone have 0.64"
    assert depth_error_m < 0.08
    shot, target = pairs.draw(0)
    redraw, drawn = redrawn("volume", None, network), draw_body(target.body, 128)
    assert redraw is not None
    shown = render_maps(redraw(drawn, target.body, shot.image)).parsing[0, 0] == 0
    body = render_maps(drawn).parsing[0, 0] == 0
    assert (shown & body).sum() / (shown | body).sum() > 0.75


def test_a_stopped_run_ends_where_an_unbroken_one_does(painted: Path, tmp_path: Path, monkeypatch) -> None:
    whole = train_volume(painted, tmp_path / "whole", TINY, RECIPE, workers=0)
    monkeypatch.setattr("layerpose.training.solo.SAVE_EVERY", 1)
    steps = 0

    def stop(*_: object, **__: object) -> None:
        nonlocal steps
        steps += 1
        if steps == 1:
            raise KeyboardInterrupt

    copytree(tmp_path / "whole" / LABELS, tmp_path / "broken" / LABELS)
    with monkeypatch.context() as patch:
        patch.setattr("layerpose.training.volume.save_network", stop)
        with pytest.raises(KeyboardInterrupt):
            train_volume(painted, tmp_path / "broken", TINY, RECIPE, workers=0)
    broken = train_volume(painted, tmp_path / "broken", TINY, RECIPE, workers=0)
    ends = broken.state_dict()
    for name, value in whole.state_dict().items():
        assert torch.allclose(value, ends[name], atol=1e-6), name
    stored = load_network(tmp_path / "broken" / "network")
    given = torch.rand(1, 3, 64, 64), torch.rand(len(POINTS), 3), 0.5
    assert torch.equal(predict_volume(stored, *given).labels, predict_volume(broken, *given).labels)


def test_the_command_trains_it_and_says_what_is_wrong(
    painted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    words = ["train", str(painted), "-o", str(out), "--model", "volume", "--workers", "0"]
    assert main([*words, "--dry-run"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["recipe"]["num_steps"]) == (asdict(VolumeConfig()), 3000)
    assert not out.exists()
    assert main([*words, "--size", "64"]) == 2
    assert "--size is an option of our own model, not of volume" in capsys.readouterr().err
    monkeypatch.setattr("layerpose.config.VolumeConfig", lambda: TINY)
    assert main([*words, "--steps-scale", "0.0003"]) == 0
    assert load_network(out / "network").config == TINY
    (out / "state.pt").write_bytes(b"short")
    assert main(words) == 2
    assert "state.pt is damaged or of another network" in capsys.readouterr().err


def test_the_bundled_network_draws_a_body_in_the_pose(pairs: VolumePairs) -> None:
    source, drawn = pairs.draw(0)[0].image, draw_body(framed_body(library_pose("sit")), 256)
    predicted = predict_maps(load_network(BUNDLED), source, drawn)
    found, true = (maps.parsing[0, 1:] for maps in (predicted, render_maps(drawn)))
    overlaps = (found * true).sum((1, 2)) / (found + true).clamp(max=1).sum((1, 2))
    print(f"bundled: part IoU {overlaps.nanmean():.3f}")
    assert overlaps.nanmean() > 0.75


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no volume network"):
        load_network(tmp_path)
    save_network(make_network(replace(TINY, num_levels=1)), tmp_path)
    (tmp_path / "volume.safetensors").write_bytes(b"short")
    with pytest.raises(ValueError, match="damaged"):
        load_network(tmp_path)
