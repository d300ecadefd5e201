"""What a model is kept from: these channels of its generators' inputs change, and no others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor

from layerpose.cli import evaluate
from layerpose.comparison.controls import PREPARED, Control, check_told, guide_channels, shuffle
from layerpose.data.pairs import Pairs, Prepare
from layerpose.data.records import Records
from layerpose.presets import PRESETS, debug
from layerpose.stages.conditions import Conditions, num_guide_channels, prepare, wave
from layerpose.stages.model import Model


@pytest.fixture(scope="module")
def records(paint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Records:
    return Records(paint(tmp_path_factory.mktemp("painted") / "data", ("test",)))


def told(records: Records, prepare: Prepare = prepare) -> Conditions:
    return Pairs(records, records.people, debug(), length=1, seed=0, disturb=False, prepare=prepare)[0].conditions


@pytest.fixture(scope="module")
def conditions(records: Records) -> Conditions:
    return told(records)


def inputs_of(conditions: Conditions, control: Control | None) -> dict[str, list[Tensor]]:
    """What every generator of the same model sees, calls in order."""
    torch.manual_seed(0)
    model, seen = Model(replace(debug(), around_body=False)).eval(), {}
    if control is not None:
        shuffle(model, control)
    stages = {"coarse": model.coarse.generator, **model.layers.generators, "fusion": model.fusion.generator}
    for name, generator in stages.items():
        calls = seen.setdefault(name, [])
        generator.register_forward_pre_hook(lambda _, given, calls=calls: calls.append(given[0]))
    with torch.inference_mode():
        model(conditions)
    return seen


@pytest.mark.parametrize("control", ["heatmaps", "parsing", "depth", "points", "normals"])
def test_a_shuffled_map_keeps_its_pixels_and_the_others_keep_their_places(
    conditions: Conditions, control: Control
) -> None:
    true, shuffled = (inputs_of(conditions, which) for which in (None, control))
    channels = guide_channels(debug().guides, control)
    given = {"points": torch.cat(wave(conditions.warp.points), dim=1), "normals": conditions.warp.normals}
    given |= vars(conditions.maps)
    given["depth"] = torch.cat([conditions.maps.depth, conditions.warp.normals[:, :3]], dim=1)
    assert torch.equal(true["fusion"][0][:, channels], given[control])
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


def test_without_the_other_crop_it_is_grey_and_all_else_stays(records: Records, conditions: Conditions) -> None:
    blank = told(records, PREPARED["other-crop"])
    for before, after in zip(conditions.parts, blank.parts, strict=True):
        if before.other is not None:
            assert before.other.abs().max() > 0
            assert not after.other.any()
        assert torch.equal(before.source, after.source)
        assert torch.equal(before.warp.filled, after.warp.filled)
    assert blank.parts[0].other is None, "a head has none"
    assert torch.equal(conditions.warp.filled, blank.warp.filled)


def test_without_the_other_side_the_warp_is_filled_in_another_way_too(records: Records, conditions: Conditions) -> None:
    alone = told(records, PREPARED["other-side"])
    assert not any(part.other.any() for part in alone.parts[1:])
    assert torch.equal(conditions.warp.image, alone.warp.image)
    hidden = (conditions.warp.visible < 0.5) & (conditions.maps.parsing[:, :1] < 0.5)
    differ = (conditions.warp.filled != alone.warp.filled).any(1, keepdim=True)
    assert differ[hidden].float().mean() > 0.1
    head = conditions.maps.parsing[:, 1:2] > 0.5  # what is seen of it on edge is mixed with the other side
    assert not differ[(conditions.warp.visible > 0.5) & ~head].any()


@pytest.mark.parametrize(
    ("preset", "control", "is_told"),
    [
        ("paper", "other-side", True), ("paper", "other-crop", True), ("paper", "normals", False),
        ("ablation-hsd", "other-crop", False), ("ablation-hsd", "other-side", False), ("ablation-h", "depth", False),
    ],
)  # fmt: skip
def test_only_what_a_model_is_told_can_be_withheld(preset: str, control: Control, is_told: bool) -> None:
    with torch.device("meta"):  # in its published size it would take seconds to fill
        model = Model(PRESETS[preset]())
    with nullcontext() if is_told else pytest.raises(ValueError, match=f"is not told its {control}; leave it out"):
        check_told(model, control)


def test_the_command_offers_every_control() -> None:
    assert get_args(evaluate.Control) == get_args(Control)
