"""Photos that the fit refused -> who may be in them; who is meant, and what was found wrong, is then said by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from layerpose.estimation.canvas import Canvas, canvas_around
from layerpose.estimation.doubts import lighten
from layerpose.estimation.estimate import read_pixels, read_source
from layerpose.estimation.finding import find_everybody, take_apart
from layerpose.estimation.landmarks import Landmarks
from layerpose.estimation.mend import look_for
from layerpose.studio.hearing import clean_name, read_named
from layerpose.studio.people import Card, People, Person
from layerpose.studio.recent import Recent
from layerpose.studio.refusing import UnknownError
from layerpose.studio.telling import png, tell_canvas, tell_places

AT_ONCE = 2
"""Photos whose people stay in memory."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A photo, and everybody whom the networks see in it, however unsure."""

    id: str
    """The photo's name in its store."""
    name: str
    photo: Image.Image
    people: tuple[Landmarks, ...]
    """From left to right."""


class Sights:
    """Photos of which no person has been made yet."""

    def __init__(self, people: People) -> None:
        self.people = people
        self._recent: Recent[str, Sight] = Recent(AT_ONCE)

    def look(self, content: bytes, name: str) -> Sight:
        """Keep a photo and look who is in it. ValueError if it is none."""
        photo, name = self.people.photos.keep(content), clean_name(name, "photo")
        try:
            return self._look(photo, name)
        except ValueError:
            self.forget(photo)
            raise

    def get(self, sight: str) -> Sight:
        """A photo that was sent before. UnknownError if it is not here."""
        if not self.people.photos.has(sight):
            raise UnknownError(f"there is no photo {sight[:24]!r} here; send it again")
        return self._recent.find(sight) or self._look(sight, "photo")

    def mask(self, sight: str, person: str) -> bytes:
        """How much of each pixel of the canvas is this person: a grey PNG."""
        landmarks = self._find(sight, person)
        mask = self._canvas(landmarks).cut(landmarks.mask, outside=0.0)
        return png(Image.fromarray((mask * 255).round().clip(0, 255).astype(np.uint8)))

    def tell_person(self, sight: str, person: str) -> dict[str, Any]:
        """Who is meant by a number or a box, as the page wants it for mending."""
        landmarks = self._find(sight, person)
        return {
            "person": person,
            "landmarks": tell_places(landmarks),
            "canvas": tell_canvas(self._canvas(landmarks)),
        }

    def mend(self, sight: str, person: str, landmarks: Mapping[str, tuple[float, float]], mask: bytes | None) -> Person:
        """The person, with this put right by hand. ValueError if nobody can be fitted to it."""
        card = Card(photo=sight, name=self.get(sight).name, person=person)
        square = None if mask is None else self._canvas(self._find(sight, person))
        return self.people.put_right(card, landmarks, mask, square)

    def forget(self, sight: str) -> None:
        """Drop the photo, unless somebody has been made of it."""
        if not self.people.uses(sight):
            self.people.photos.drop(sight)

    def _look(self, photo: str, name: str) -> Sight:
        picture, _ = read_named(self.people.photos.find(photo), name, read_source)
        picture, pixels = read_pixels(picture)
        found = Sight(id=photo, name=name, photo=picture, people=tuple(find_everybody(lighten(pixels))))
        self._recent.keep(photo, found)
        return found

    def _find(self, sight: str, person: str) -> Landmarks:
        seen = self.get(sight)
        if person.isdecimal() and 1 <= int(person) <= len(seen.people):
            return take_apart(seen.people, int(person) - 1).person
        return look_for(lighten(read_pixels(seen.photo)[1]), person)

    def _canvas(self, landmarks: Landmarks) -> Canvas:
        return canvas_around(landmarks, self.people.canvas)


def tell_sight(sights: Sights, sight: Sight) -> dict[str, Any]:
    """Everybody in a photo; lengths in its pixels."""
    numbers = [str(row + 1) for row in range(len(sight.people))]
    return {
        "id": sight.id,
        "name": sight.name,
        "photo": {"width": sight.photo.width, "height": sight.photo.height},
        "people": [sights.tell_person(sight.id, number) for number in numbers],
    }
