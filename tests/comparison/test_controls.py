"""What a model is kept from: these channels of its generators' inputs change, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from layerpose.comparison.controls import Control, guide_channels, withhold
from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.presets import debug
from layerpose.stages.conditions import Conditions, num_guide_channels, wave
from layerpose.stages.model import Model


@pytest.fixture(scope="module")
def conditions(paint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Conditions:
    records = Records(paint(tmp_path_factory.mktemp("painted") / "data", ("test",)))
    return Pairs(records, records.people, debug(), length=1, seed=0, disturb=False)[0].conditions


def inputs_of(conditions: Conditions, control: Control | None) -> dict[str, list[Tensor]]:
    """What every generator of the same model sees, calls in order."""
    torch.manual_seed(0)
    model, seen = Model(replace(debug(), around_body=False)).eval(), {}
    if control is not None:
        withhold(model, control)
    stages = {"coarse": model.coarse.generator, **model.layers.generators, "fusion": model.fusion.generator}
    for name, generator in stages.items():
        calls = seen.setdefault(name, [])
        generator.register_forward_pre_hook(lambda _, given, calls=calls: calls.append(given[0]))
    with torch.inference_mode():
        model(conditions)
    return seen


@pytest.mark.parametrize("control", ["heatmaps", "parsing", "depth", "surface", "points", "normals"])
def test_a_shuffled_map_keeps_its_pixels_and_the_others_keep_their_places(
    conditions: Conditions, control: Control
) -> None:
    true, shuffled = (inputs_of(conditions, which) for which in (None, control))
    channels = guide_channels(debug().guides, control)
    told = {"points": torch.cat(wave(conditions.warp.points), dim=1), "normals": conditions.warp.normals}
    told |= vars(conditions.maps)
    told["surface"] = torch.cat([conditions.maps.depth, conditions.warp.normals[:, :3]], dim=1)
    assert torch.equal(true["fusion"][0][:, channels], told[control])
    for name, calls in true.items():
        for before, after in zip(calls, shuffled[name], strict=True):
            kept = torch.ones(before.shape[1], dtype=torch.bool)
            kept[channels] = False
            assert torch.equal(before[:, :3], after[:, :3])
            guides = slice(-num_guide_channels(debug().guides), None)
            assert torch.equal(before[:, guides][:, kept[guides]], after[:, guides][:, kept[guides]])
            sides = [side[:, channels].flatten(2) for side in (before, after)]
            assert not torch.equal(*sides)
            assert torch.equal(*(side.sort(-1).values for side in sides))


def test_without_the_other_side_its_crop_is_grey_and_only_in_limbs(conditions: Conditions) -> None:
    true, blank = (inputs_of(conditions, which) for which in (None, "other-side"))
    for name in ("arm", "leg"):
        for before, after in zip(true[name], blank[name], strict=True):
            assert before[:, 3:6].abs().max() > 0
            assert not after[:, 3:6].any()
            assert torch.equal(before[:, :3], after[:, :3])
    assert torch.equal(true["head"][0], blank["head"][0])
    assert torch.equal(true["coarse"][0], blank["coarse"][0])
