from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from layerpose.data.augment import Shot, flip, move
from layerpose.data.complete import complete_parts, visible_shares
from layerpose.data.pairs import Pairs, view_difference
from layerpose.data.records import Records
from layerpose.maps.render import draw_body, render_maps
from layerpose.presets import debug
from layerpose.types import MIRRORED_CLASSES


def tensors(record) -> list[torch.Tensor]:
    if isinstance(record, torch.Tensor):
        return [record]
    if isinstance(record, tuple):
        return [t for item in record for t in tensors(item)]
    return [t for f in fields(record) for t in tensors(getattr(record, f.name))] if is_dataclass(record) else []


def test_no_pixel_of_the_target_picture_reaches_the_conditions(data: Path, tmp_path: Path) -> None:
    import shutil

    copied = Path(shutil.copytree(data, tmp_path / "data"))
    samples = []
    for colour in (None, 37):
        if colour is not None:
            file = copied / "people" / "00000" / "002.png"
            noise = np.random.default_rng(colour).integers(0, 255, (128, 128, 4), dtype=np.uint8)
            assert cv2.imwrite(str(file), noise)
        pairs = Pairs(Records(copied), ["00000"], debug(), length=1, seed=0, disturb=False)
        samples.append(pairs.make("00000", "000", "002", np.random.default_rng(1)))
    assert not torch.equal(samples[0].target, samples[1].target)
    before, after = (tensors(sample.conditions) for sample in samples)
    assert len(before) > 20
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_same_index_gives_the_same_pair_and_far_apart_frames_are_preferred(data: Path) -> None:
    pairs = Pairs(Records(data), ["00000"], debug(), length=4, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(tensors(pairs[1]), tensors(pairs[1]), strict=True))
    chances = pairs._chances("00000")
    assert (np.diag(chances) == 0).all()
    assert chances.sum() == pytest.approx(1)


def test_people_without_frames_are_refused(data: Path) -> None:
    with pytest.raises(ValueError, match="has no people"):
        Pairs(Records(data), [], debug(), length=1, seed=0)


def test_flipping_swaps_left_and_right_and_fits_the_flipped_picture(data: Path) -> None:
    shot = Shot(**dict(zip(("image", "mask", "body"), Records(data).load("00000", "001"), strict=True)))
    flipped = flip(shot)
    assert torch.equal(flipped.image, shot.image.flip(-1))
    ours = render_maps(draw_body(flipped.body, 128)).parsing
    theirs = render_maps(draw_body(shot.body, 128)).parsing[:, list(MIRRORED_CLASSES)].flip(-1)
    assert (ours == theirs).all(1).float().mean() > 0.995


def test_a_moved_body_still_fits_its_picture_and_nobody_is_cut(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.data.augment.MOVED_SHARE", 0.5)
    records, moved = Records(data), 0
    for seed in range(12):
        shot = Shot(**dict(zip(("image", "mask", "body"), records.load("00001", "000"), strict=True)))
        other = move(shot, np.random.default_rng(seed))
        moved += other is not shot
        overlaps = []
        for one in (shot, other):
            drawn, solid = draw_body(one.body, 128).nearest.part >= 0, one.mask[0, 0] > 0.5
            overlaps.append(float((drawn & solid).sum() / (drawn | solid).sum()))
        assert overlaps[1] == pytest.approx(overlaps[0], abs=0.03)
        edge = torch.cat([other.mask[0, 0, 0], other.mask[0, 0, -1], other.mask[0, 0, :, 0], other.mask[0, 0, :, -1]])
        assert edge.max() < 0.5
    assert 0 < moved < 12


def test_a_part_is_complete_only_where_nothing_hides_it(data: Path) -> None:
    records = Records(data)
    found = complete_parts(records, records.people)
    for part, pictures in found.items():
        for person in records.people:
            for frame in records.frames(person):
                share = visible_shares(draw_body(records.body(person, frame), 128))[part]
                assert ((person, frame) in pictures) == (share >= 0.98)


def test_a_view_differs_from_itself_by_nothing(data: Path) -> None:
    records = Records(data)
    assert view_difference(records, "00000", "001", "001") == 0
    turn = view_difference(records, "00000", "000", "001")
    assert turn == pytest.approx(view_difference(records, "00000", "001", "000"))
    assert 0 < turn <= 180
