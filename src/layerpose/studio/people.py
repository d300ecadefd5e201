"""Photos -> people: who is in them is worked out once and kept in memory for a few; the photos are kept on disk.

After a restart everything about a person is worked out again from the photo that was kept, under the same name.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from layerpose.estimation.canvas import Canvas
from layerpose.estimation.estimate import Estimate, estimate, read_source
from layerpose.estimation.mend import Mending, mend
from layerpose.media.photos.files import explaining
from layerpose.runtime.cache import private_folder, write_json
from layerpose.studio.hearing import clean_name, heard, read_named
from layerpose.studio.keeping import NAME, Store, name_of, open_store
from layerpose.studio.recent import Recent
from layerpose.studio.refusing import UnknownError

AT_ONCE = 3
"""People who stay in memory; each takes up to 0.3 GB."""
MOST_BYTES = 2 << 30
"""Of all photos on disk; beyond it those go that nobody asked for since the start, the longest unused first. A page has
its photos too, and sends one again that is gone."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is kept of a person, from which all else follows."""

    photo: str
    """The photo's name in its store."""
    name: str
    """Of the file, as its owner calls it."""
    landmarks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Mended by hand: places in pixels of the photo."""
    mask: str | None = None
    """Painted by hand: the picture's name in its store."""
    square: tuple[int, int, int] | None = None
    """Left, top and side of the canvas on which the mask was painted, in pixels of the photo."""
    person: str | None = None
    """Who is meant, if that is not clear: a number from left to right, or a box."""

    @property
    def is_mended(self) -> bool:
        """Whether more was said by hand than who is meant."""
        return bool(self.landmarks) or self.mask is not None or "," in (self.person or "")

    @property
    def id(self) -> str:
        """The person's."""
        if not self.is_mended and self.person is None:
            return self.photo
        told = [self.landmarks, self.mask, *filter(None, [self.person])]
        return name_of(self.photo.encode(), json.dumps(told, sort_keys=True).encode())


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody in a photo."""

    id: str
    card: Card
    photo: Image.Image
    """Upright, as large as the person was looked for in it."""
    seen: Estimate
    doubts: tuple[str, ...]
    """What may be wrong with the photo or the fit, each in one line."""


class People:
    """Everybody whose photo was sent."""

    def __init__(self, folder: Path, canvas: int, *, most_bytes: int = MOST_BYTES) -> None:
        self.canvas, self.most_bytes = canvas, most_bytes
        self._asked: set[str] = set()
        self.cards = private_folder(folder / "people")
        self.photos: Store = open_store(folder / "photos", "photo")
        self.masks: Store = open_store(folder / "masks", "mask")
        self._recent: Recent[str, Person] = Recent(AT_ONCE)
        # One thread: nobody is looked for twice at once, and its memory is used again.
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="people")

    def keep(self, content: bytes, name: str) -> str:
        """Keep a photo without a look at it; its person's id."""
        photo = self.photos.keep(content)
        self._asked.add(photo)
        self._write(photo, Card(photo=photo, name=clean_name(name, "photo")))
        self._tidy()
        return photo

    def welcome(self, content: bytes, name: str, person: str | None = None) -> Person:
        """Find the person of a photo, and keep it. ValueError says what is wrong with the photo, which is not kept."""
        return self.restore(content, Card(photo=name_of(content), name=clean_name(name, "photo"), person=person))

    def restore(self, content: bytes, card: Card) -> Person:
        """The same of a photo for which more is known already."""
        known = self.photos.has(card.photo)
        self.photos.keep(content)
        try:
            found = self._look(card.id, self.card(card.id) if self.has(card.id) else card)
        except ValueError:
            if not known:
                self.photos.drop(card.photo)
            raise
        self._write(card.id, card)
        self._tidy()
        return found

    def mend(self, person: str, landmarks: Mapping[str, tuple[float, float]], mask: bytes | None) -> Person:
        """Another person: the same photo with this put right by hand. ValueError if nobody can be fitted to it."""
        card = self.card(person)
        square = None if mask is None else self._look(person, card).seen.canvas
        return self.put_right(card, landmarks, mask, square)

    def put_right(
        self, card: Card, landmarks: Mapping[str, tuple[float, float]], mask: bytes | None, square: Canvas | None
    ) -> Person:
        """The same for a card; `square` is where the mask lies."""
        card = replace(card, landmarks={**card.landmarks, **landmarks})
        if mask is not None and square is not None:
            card = replace(card, mask=self.keep_mask(mask), square=(square.left, square.top, square.side))
        found = self._look(card.id, card)
        self._write(card.id, card)
        return found

    def keep_mask(self, mask: bytes) -> str:
        """Keep a painted mask; its name. ValueError if it is none."""
        return self.masks.keep(_checked(mask, self.canvas))

    def card(self, person: str) -> Card:
        """What is kept of somebody. UnknownError if nobody is known by this id."""
        if not self.has(person):
            raise UnknownError(f"nobody is known as {person[:24]!r} here; send the photo again")
        try:
            record: dict[str, Any] = json.loads(self._path(person).read_text(encoding="utf-8"))
            landmarks = {name: (float(x), float(y)) for name, (x, y) in record.pop("landmarks").items()}
            left, top, side = map(int, record.pop("square", None) or (0, 0, 0))
            return Card(landmarks=landmarks, square=(left, top, side) if side else None, **record)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UnknownError(f"what was kept of {person} is damaged; send the photo again") from error

    def uses(self, photo: str) -> bool:
        """Whether somebody was found in a photo."""
        return any(f'"{photo}"' in path.read_text(encoding="utf-8") for path in self.cards.glob("*.json"))

    def has(self, person: str) -> bool:
        """Whether somebody is known by this id."""
        return NAME.fullmatch(person) is not None and self._path(person).exists()

    def get(self, person: str) -> Person:
        """Who is known by this id. UnknownError if nobody is."""
        return self._look(person, self.card(person))

    def _look(self, person: str, card: Card) -> Person:
        if card.photo not in self._asked and self.photos.has(card.photo):
            self._asked.add(card.photo)
            self.photos.use(card.photo)
        return self._recent.find(person) or self._hand.submit(self._look_anew, person, card).result()

    def _look_anew(self, person: str, card: Card) -> Person:
        return self._recent.recall(person, lambda: self._find(person, card))  # others may have asked in between

    def _find(self, person: str, card: Card) -> Person:
        photo, _ = read_named(self.photos.find(card.photo), card.name, read_source)
        mending = self._mending(card)
        seen, doubts = heard(
            lambda: (
                estimate(photo, self.canvas, person=card.person)
                if mending is None
                else mend(photo, mending, self.canvas)
            )
        )
        return Person(id=person, card=card, photo=photo, seen=seen, doubts=doubts)

    def _mending(self, card: Card) -> Mending | None:
        if not card.is_mended:
            return None
        mask, canvas = None, None
        if card.mask is not None:
            with Image.open(self.masks.find(card.mask)) as picture:
                mask = np.asarray(picture, dtype=np.float64) / 255
        if card.square is not None:
            left, top, side = card.square
            canvas = Canvas(left=left, top=top, side=side, size=self.canvas)
        return Mending(landmarks=card.landmarks, mask=mask, canvas=canvas, person=card.person)

    def _path(self, person: str) -> Path:
        return self.cards / f"{person}.json"

    def _tidy(self) -> None:
        """Forget photos that nobody wants any more, and who is in them."""
        if not (gone := self.photos.tidy(self.most_bytes, self._asked)):
            return
        for path in self.cards.glob("*.json"):
            try:
                card = self.card(path.stem)
            except UnknownError:
                continue
            if card.photo in gone:
                path.unlink(missing_ok=True)
                self.masks.drop(card.mask or "")

    def _write(self, person: str, card: Card) -> None:
        if not self._path(person).exists():
            write_json(self._path(person), vars(card))


def _checked(mask: bytes, canvas: int) -> bytes:
    """A painted mask as it is kept: grey, as large as the canvas. ValueError if it is no such picture."""
    with explaining("the mask"), Image.open(io.BytesIO(mask), formats=("PNG",)) as picture:
        if picture.size != (canvas, canvas):
            raise ValueError(f"the mask has {picture.width} x {picture.height} pixels; expected {canvas} x {canvas}")
        grey = picture.convert("L")
    content = io.BytesIO()
    grey.save(content, format="PNG")
    return content.getvalue()
