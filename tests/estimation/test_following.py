"""One person is followed: chosen for size and place, kept when a larger one enters, lost with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files

import numpy as np
import pytest
from PIL import Image, ImageOps

from layerpose.estimation.landmarks import hips
from layerpose.estimation.sightings import Sighting, watch_person
from layerpose.media.videos.reading import Look

WIDTH, HEIGHT = 480, 320


@pytest.fixture(scope="module")
def person() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as example, Image.open(example) as picture:
        return picture.convert("RGB").resize((240, 240))


def stage(person: Image.Image, places: list[tuple[Image.Image, int]]) -> np.ndarray:
    """A frame with pictures of people put to it, from the left edge, standing on its lower edge."""
    frame = Image.new("RGB", (WIDTH, HEIGHT), person.getpixel((2, 2)))
    for picture, left in places:
        frame.paste(picture, (left, HEIGHT - picture.height))
    return np.array(frame)


def watch(frames: list[np.ndarray]) -> list[Sighting]:
    looks: Iterator[Look] = (Look(index=k, time=k / 5, pixels=pixels) for k, pixels in enumerate(frames))
    return list(watch_person(looks))


def test_a_second_larger_person_who_enters_does_not_take_over(person: Image.Image) -> None:
    other = ImageOps.mirror(person.resize((320, 320)).point(lambda value: value // 3))
    frames = [stage(person, [(person, 10 + k)]) for k in range(6)]
    frames += [stage(person, [(other, left), (person, 16)]) for left in (400, 320, 240, 200)]
    found = watch(frames)
    assert not any(sighting.problem for sighting in found)
    places = np.array([hips(sighting.landmarks.image)[0] for sighting in found if sighting.landmarks is not None])
    assert np.abs(np.diff(places)).max() < 20


def test_the_larger_of_two_is_chosen(person: Image.Image) -> None:
    small = person.resize((130, 130))
    found = watch([stage(person, [(small, 10), (person, 200)]) for _ in range(2)])
    assert found[0].landmarks is not None
    assert hips(found[0].landmarks.image)[0] == pytest.approx(320, abs=30)


def test_who_has_gone_is_not_replaced_by_somebody_elsewhere(person: Image.Image) -> None:
    found = watch([stage(person, [(person, 0)])] * 6 + [stage(person, [(person, 240)])] * 2)
    assert [bool(sighting.problem) for sighting in found] == [False] * 6 + [True] * 2
    assert "lost" in found[-1].problem
