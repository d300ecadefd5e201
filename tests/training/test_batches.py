"""What a step sees: drawn by sample number, real complete parts that are whole, windows on the person."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.data.complete import complete_parts, draw_whole_part
from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.presets import debug
from layerpose.stages.conditions import collate
from layerpose.training.batches import Batch, Batches, gather, stream
from layerpose.training.objectives import cut_scene, cut_windows
from layerpose.training.recipes import Phase
from layerpose.types import LAYERS

PHASE = Phase(name="layers", trains=("layers",), num_steps=6, batch=2)


def tensors(item: object) -> list[torch.Tensor]:
    if isinstance(item, torch.Tensor):
        return [item]
    if isinstance(item, tuple):
        return [t for one in item for t in tensors(one)]
    return [t for f in fields(item) for t in tensors(getattr(item, f.name))] if is_dataclass(item) else []


@pytest.fixture(scope="module")
def sets(painted: Path) -> dict[str, list[tuple[str, str]]]:
    return complete_parts(Records(painted), ["00000", "00001"])


def same(one: Batch, other: Batch) -> bool:
    return all(torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))


def test_a_batch_depends_on_seed_and_number_alone(painted: Path, sets: dict) -> None:
    first, later = (Batches(painted, debug(), PHASE, sets, first=0, seed=4) for _ in range(2))
    fifth = first[5]
    assert not same(fifth, first[6])
    assert same(fifth, later[5])
    assert not same(fifth, Batches(painted, debug(), PHASE, sets, first=0, seed=5)[5])


def test_in_turn_a_batch_teaches_one_limb(painted: Path, sets: dict) -> None:
    batches = Batches(painted, debug(), replace(PHASE, in_turn=True), sets, first=10, seed=4)
    taught = [batches.taught(number) for number in range(10, 18)]
    arms, legs = ("left_arm", "right_arm"), ("left_leg", "right_leg")
    assert taught == [("head",)] * 2 + [arms] * 2 + [legs] * 2 + [("head",)] * 2
    assert Batches(painted, debug(), PHASE, sets, first=0, seed=4).taught(0) == LAYERS
    coarse = replace(PHASE, trains=("coarse",))
    assert Batches(painted, debug(), coarse, sets, first=0, seed=4).taught(0) == ()


def test_batches_gather_in_order(painted: Path, sets: dict) -> None:
    batches = Batches(painted, debug(), PHASE, sets, first=0, seed=4)
    one, other = batches[0], batches[1]
    both = gather([one, other])
    assert both.numbers == (0, 1)
    assert torch.equal(both.sample.target[1:], other.sample.target)
    assert torch.equal(both.whole[2].image[:1], one.whole[2].image)


def test_a_real_complete_part_is_whole_and_looks_like_a_left_one(painted: Path, sets: dict) -> None:
    records = Records(painted)
    pairs = Pairs(records, ["00000", "00001"], debug(), length=1, seed=0, disturb=False)
    only_right = {part: places if part == "right_leg" else [] for part, places in sets.items()}
    only_left = {part: places if part == "left_leg" else [] for part, places in sets.items()}
    assert only_right["right_leg"]
    right = draw_whole_part(pairs, only_right, "leg", np.random.default_rng(1))
    left = draw_whole_part(pairs, only_left, "leg", np.random.default_rng(1))
    size = debug().leg_size
    assert right.image.shape == right.source.shape == (1, 3, size, size)
    silhouettes = [(part.image.abs().sum(1) > 0).float() for part in (left, right)]
    overlap = (silhouettes[0] * silhouettes[1]).sum() / (silhouettes[0] + silhouettes[1]).clamp(max=1).sum()
    mirrored = silhouettes[1].flip(-1)
    crossed = (silhouettes[0] * mirrored).sum() / (silhouettes[0] + mirrored).clamp(max=1).sum()
    assert overlap > 0.8
    assert overlap > crossed


def test_without_complete_parts_training_is_refused(painted: Path) -> None:
    pairs = Pairs(Records(painted), ["00000"], debug(), length=1, seed=0)
    with pytest.raises(ValueError, match=r"no picture of .* shows a whole arm"):
        draw_whole_part(pairs, {part: [] for part in LAYERS}, "arm", np.random.default_rng(0))


def test_a_window_lies_on_the_mask_and_depends_on_its_own_sample() -> None:
    mask = torch.zeros(2, 1, 64, 64)
    mask[:, :, 40:44, 50:52] = 1
    picture = torch.arange(64.0 * 64).view(1, 1, 64, 64).expand(2, 1, 64, 64)

    def rngs() -> list[np.random.Generator]:
        return [stream(0, number, 2, 1) for number in (7, 8)]

    both = cut_windows([picture, mask], mask, 16, rngs())
    assert both[0].shape == (2, 1, 16, 16)
    assert bool((both[1].sum((1, 2, 3)) > 0).all())
    alone = cut_windows([picture[1:]], mask[1:], 16, rngs()[1:])
    assert torch.equal(alone[0], both[0][1:])
    nothing = cut_windows([picture], torch.zeros_like(mask), 16, rngs())
    assert float(nothing[0][0, 0, 0, 0]) == 24 * 64 + 24
    assert torch.equal(cut_windows([picture], mask, 0, rngs())[0], picture)


def test_what_the_fusion_is_told_is_cut_to_one_window(painted: Path) -> None:
    pairs = Pairs(Records(painted), ["00000", "00001"], debug(), length=2**40, seed=0)
    samples = [pairs[number] for number in (3, 4)]
    both, size = collate(samples), debug().canvas
    place = torch.arange(float(size * size)).view(1, 1, size, size)
    told, warp = both.conditions, both.conditions.warp
    assert warp is not None
    assert told.maps.parsing.shape == (2, 7, size, size)
    marked = replace(both, conditions=replace(told, source=told.source * 0 + place), target=both.target * 0 + place)
    pasted = warp.filled * 0 + place

    def rngs() -> list[np.random.Generator]:
        return [stream(0, number, 2, 1) for number in (3, 4)]

    cut, base, target, mask = cut_scene(marked, pasted, 32, rngs())
    assert torch.equal(cut.source, base)
    assert torch.equal(cut.source, target)
    corners = [divmod(int(one[0, 0, 0]), size) for one in base]
    assert len(set(corners)) == 2
    maps, warped = cut.maps, cut.warp
    assert warped is not None
    for whole, found in (
        (both.mask, mask), (told.maps.parsing, maps.parsing), (told.maps.depth, maps.depth),
        (told.maps.heatmaps, maps.heatmaps), (warp.image, warped.image), (warp.visible, warped.visible),
        (warp.filled, warped.filled),
    ):  # fmt: skip
        for number, (y, x) in enumerate(corners):
            assert torch.equal(found[number], whole[number, :, y : y + 32, x : x + 32])
    assert cut.parts is told.parts
    assert cut_scene(both, pasted, 0, rngs())[2] is both.target


def test_a_model_without_warps_is_cut_without_them(painted: Path) -> None:
    pairs = Pairs(Records(painted), ["00000"], debug(), length=2**40, seed=0)
    bare = replace(pairs[0], conditions=replace(pairs[0].conditions, warp=None))
    cut, *_ = cut_scene(bare, bare.target, 32, [stream(0, 0, 2, 1)])
    assert cut.warp is None
    assert cut.source.shape == (1, 3, 32, 32)
