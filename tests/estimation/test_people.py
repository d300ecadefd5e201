"""Of several people in a photo the right one is read, and nobody is taken in silence."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import as_file, files

import cv2
import numpy as np
import pytest
from PIL import Image

from layerpose.cli import people as typed
from layerpose.cli.people import ALL, read_cast
from layerpose.estimation import finding
from layerpose.estimation.estimate import Estimate, estimate, estimate_all, read_source
from layerpose.estimation.finding import SeveralPeopleError
from layerpose.scene.filling import fill_place

SIZE = 256
LEFT, RIGHT, STEP = 260, 640, 30
"""Where the two stand in the photo, and by how much the right one stands nearer, in pixels."""


@pytest.fixture(scope="module")
def pair() -> Image.Image:
    """The example person twice before a wall: mirrored and in other colours at the right, and nearer."""
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        one = read_source(example).convert("RGB")
    seen = estimate(one, SIZE)
    affine = seen.canvas.canvas_to_photo
    affine[:, 2] += affine[:, :2] @ [0.5, 0.5] - 0.5
    alpha = cv2.warpAffine(seen.photo.mask[0, 0].numpy(), affine, one.size)
    rows, columns = np.nonzero(alpha > 0.1)
    box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    figure, cover = np.array(one)[box], alpha[box][..., None]
    down, across = np.mgrid[:1000, :900]
    wall = np.stack([150 + 40 * np.sin(across / 40), 140 + down / 20, 160 + 30 * np.cos(down / 50)], axis=-1)
    for middle, low, pixels, mask in (
        (LEFT, 940, figure, cover), (RIGHT, 940 + STEP, figure[:, ::-1, [1, 2, 0]], cover[:, ::-1]),
    ):  # fmt: skip
        left, top = middle - pixels.shape[1] // 2, low - len(pixels)
        place = wall[top : top + len(pixels), left : left + pixels.shape[1]]
        place += mask * (pixels - place)
    return Image.fromarray(wall.round().astype(np.uint8))


@pytest.fixture(scope="module")
def both(pair: Image.Image) -> list[Estimate]:
    return estimate_all(pair, SIZE)


def test_people_are_numbered_from_left_to_right_and_stand_on_their_floors(both: list[Estimate]):
    assert [seen.number for seen in both] == [1, 2]
    middles = [seen.canvas.left + seen.canvas.side / 2 for seen in both]
    assert middles == pytest.approx([LEFT, RIGHT], abs=25)
    assert [[other.number for other in seen.others] for seen in both] == [[2], [1]]
    floors = both[1].others[0].floor, both[0].others[0].floor
    assert floors[1] - floors[0] == pytest.approx(STEP, abs=12)


@pytest.mark.parametrize(("person", "number"), [("2", 2), (f"{LEFT},500", 1)])
def test_whoever_is_named_is_taken(both: list[Estimate], person: str, number: int):
    assert finding.choose([seen.landmarks for seen in both], person) + 1 == number


def test_the_largest_is_read_alone(pair: Image.Image, both: list[Estimate]):
    sizes = [float(np.ptp(seen.landmarks.image[:, :2], axis=0).max()) for seen in both]
    found = finding.find_person(np.array(pair), "largest")
    assert found.number == 1 + int(np.argmax(sizes))
    np.testing.assert_allclose(found.person.image, both[found.number - 1].landmarks.image)
    assert len(found.others) == 1


def test_two_people_are_refused_until_one_is_named(pair: Image.Image):
    with pytest.raises(
        SeveralPeopleError, match="2 people were found in the photo, 1 to 2 from left to right"
    ) as refusal:
        estimate(pair, SIZE)
    assert len(refusal.value.people) == 2


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ("3", "there is no person 3: 2 were found"), ("0", "there is no person 0"), ("5,5", "nobody is at 5,5"),
        ("nan,1", "outside of the photo"), ("-1,4", "outside of the photo"), ("tallest", "expected a number, a place"),
    ],
)  # fmt: skip
def test_nobody_else_is_taken_for_whom_one_names(both: list[Estimate], person: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        finding.choose([seen.landmarks for seen in both], person)


def test_the_place_of_one_is_filled_with_nothing_of_the_other(pair: Image.Image, both: list[Estimate]):
    one, other = both[0], both[0].others[0]
    cover = fill_place(pair, one).cover
    own = np.maximum(one.canvas.cut(one.landmarks.mask, outside=0), one.photo.mask[0, 0].numpy())
    theirs = (one.canvas.cut(other.cover, outside=0) > 127) & (own < 0.1)
    assert theirs.sum() > 1000
    assert not cover[theirs].any()
    assert (cover[one.photo.mask[0, 0].numpy() > 0.9] == 1).mean() > 0.99, "but for pixels that both claim"
    gone = fill_place(pair, one, going={2})
    assert gone.cover.sum() >= cover.sum()


def test_several_poses_are_told_by_number():
    photo = typed.Path("a.jpg")
    photos, cast = read_cast([photo], ["1=walk", "2=wave"], None)
    assert (photos, cast.own, cast.is_group) == ((photo,), {1: "walk", 2: "wave"}, True)
    photos, cast = read_cast([], ["walk", "a.jpg"], "2")
    assert (photos, cast.pose, cast.is_group, cast.person) == ((photo,), "walk", False, "2")
    assert read_cast([], ["1=walk", "3=sit", "a.jpg"], ALL)[0] == (photo,)
    for poses, person in ((["1=walk", "1=wave"], None), (["1=walk"], "2"), ([], None)):
        with pytest.raises(ValueError, match=r"--(pose|person)"):
            read_cast([photo], poses, person)


def test_what_is_written_twice_is_the_same():
    assert typed.ALL == finding.ALL


def test_whoever_shares_a_fifth_of_the_mask_with_one_who_is_known_is_the_same_again(both: list[Estimate]):
    first, second = (one.landmarks for one in both)
    assert finding._is_somebody_else(second, first.mask)
    bed = np.where(first.mask > 0.5, first.mask, 0)
    bed[-100:] = 1  # what stands beside the person, and the person once more
    shared = ((bed > 0.5) & (first.mask > 0.5)).sum() / (bed > 0.5).sum()
    assert shared > finding.SHARED
    assert not finding._is_somebody_else(replace(first, mask=bed), first.mask)


def test_a_second_square_that_shows_nobody_is_no_second_person(pair: Image.Image, monkeypatch: pytest.MonkeyPatch):
    pixels = np.array(pair)[:, : pair.width // 2]
    first = finding.detect_people(pixels)[0]
    corner = replace(first, keypoints=first.keypoints - first.keypoints[0] + 20)
    monkeypatch.setattr(finding, "detect_people", lambda photo: [first, corner])
    found = finding.find_landmarks(pixels)
    assert np.linalg.norm(found.region.centre - first.region.centre) < 0.2 * first.region.side
