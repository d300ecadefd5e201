"""Several photos of one person make one view: the best seen wins at every point of the body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from layerpose.maps.correspondence import warp_part, warp_person
from layerpose.maps.crops import part_box
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import mesh
from layerpose.maps.source import SQUARELY, SourceView, best_photo, join_views, one_sided, view_source
from layerpose.presets import debug
from layerpose.stages.conditions import prepare
from layerpose.types import Warp

Painted = Callable[[float], tuple]


def see(person: tuple) -> SourceView:
    drawn, posed, image, mask = person
    return view_source(image, parse_source(drawn, mask), drawn, posed)


@pytest.fixture(scope="module")
def front(painted: Painted) -> SourceView:
    return see(painted(0.0))


@pytest.fixture(scope="module")
def back(painted: Painted) -> SourceView:
    return see(painted(np.pi))


def carry(view: SourceView, target: tuple) -> Warp:
    return warp_person(view, target[0])


def test_what_one_photo_hides_another_one_shows(painted: Painted, front: SourceView, back: SourceView) -> None:
    target = painted(2.2)
    *_, wanted, mask = target
    alone, together = carry(front, target), carry(join_views(front, [back]), target)
    inside = mask > 0.5
    shown = [float((warp.visible[inside] > 0.5).float().mean()) for warp in (alone, together)]
    assert shown[1] > 1.5 * shown[0], shown
    error = [(warp.filled - wanted).abs().mean(1, keepdim=True)[inside].mean() for warp in (alone, together)]
    assert error[1] < 0.6 * error[0], error
    assert ((together.image - wanted).abs().amax(1, keepdim=True)[inside & (together.visible > 0.5)]).median() < 0.05


def test_the_first_photo_is_preferred_where_both_show_a_point_alike(painted: Painted, front: SourceView) -> None:
    grey = replace(front, image=torch.zeros_like(front.image))
    target = painted(0.3)
    alone, together = carry(front, target), carry(join_views(front, [grey]), target)
    assert torch.equal(alone.image, together.image)
    assert not torch.equal(alone.image, carry(join_views(grey, [front]), target).image)


def test_a_part_is_cut_from_the_photo_that_shows_most_of_it(painted: Painted, front: SourceView) -> None:
    left, right = see(painted(-np.pi / 2)), see(painted(np.pi / 2))
    chosen = {part: best_photo(join_views(front, [left, right]), part) for part in ("left_leg", "right_leg", "head")}
    assert chosen["head"].quality.max() == front.quality.max() * 1.5, "the first, as the head looks at the viewer"
    other = join_views(left, [right])
    assert best_photo(other, "left_arm") is not best_photo(other, "right_arm")


def test_one_sided_takes_nothing_from_the_other_half(painted: Painted) -> None:
    view, mirror = see(painted(np.pi / 2)), mesh(torch.device("cpu")).mirror
    alone = one_sided(view)
    hidden = ((view.quality == 0) & (view.quality[mirror] >= SQUARELY * view.drawn.scale)).numpy()
    lent = [(one.lenders[hidden] == one.lenders[mirror[hidden]]).all(1).float().mean() for one in (view, alone)]
    assert hidden.sum() > 1000
    assert lent[0] == 1
    assert lent[1] < 0.05
    target = painted(-np.pi / 2)
    both, left = carry(view, target), carry(alone, target)
    assert torch.equal(both.image, left.image), "what the photo shows stays"
    unseen = (target[3][:, 0] > 0.5) & (both.visible[:, 0] == 0)
    assert (both.filled != left.filled).any(1)[unseen].float().mean() > 0.5


def test_one_photo_alone_is_what_it_was(front: SourceView) -> None:
    assert join_views(front, []) is front
    assert front.all == (front,)


def test_the_stages_are_told_of_all_photos(painted: Painted, front: SourceView, back: SourceView) -> None:
    drawn, *_ = painted(np.pi)
    config = replace(debug(), canvas=256)
    told = [prepare(view, drawn, config) for view in (front, join_views(front, [back]))]
    assert torch.equal(told[0].source, told[1].source), "stage 1 sees the first photo"
    for alone, together in zip(told[0].parts, told[1].parts, strict=True):
        assert alone.warp is not None
        assert together.warp is not None
        assert together.warp.visible.sum() > alone.warp.visible.sum()


def test_a_part_alone_is_looked_up_in_all_photos(painted: Painted, front: SourceView, back: SourceView) -> None:
    drawn, *_ = painted(np.pi)
    box = part_box(drawn, "torso")
    alone, together = (warp_part(view, drawn, "torso", box, 64) for view in (front, join_views(front, [back])))
    assert together.visible.mean() > 2 * alone.visible.mean()


def test_a_hands_edge_before_the_trunk_is_not_the_trunks(painted: Painted) -> None:
    drawn, posed, image, mask = painted(0.0)
    parsing = parse_source(drawn, mask)
    rows, columns = np.nonzero(view_source(image, parsing, drawn, posed).shown.numpy() == 2)
    row, column = int(np.median(rows)), int(np.median(columns))
    hand = (slice(row, row + 6), slice(column, column + 6))
    around = (slice(row - 2, row + 8), slice(column - 2, column + 8))
    covered = parsing.clone()
    covered[0, :, *hand] = torch.eye(7)[3][:, None, None]

    shown = view_source(image, covered, drawn, posed).shown

    assert (shown[around] == 0).all()
    assert int((shown == 2).sum()) > 0.9 * len(rows)
