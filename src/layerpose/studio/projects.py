"""The page's own state and the photos in it <-> a file, NAME.layerpose, that another studio opens.

It is a zip: project.json holds the state and the people's ids; people/N/ their photo and what was mended by hand.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layerpose.motion.pose_file import mapping, numbers
from layerpose.motion.read.zip_file import zip_members
from layerpose.studio.hearing import called, clean_name
from layerpose.studio.keeping import name_of
from layerpose.studio.people import Card, People, Person

SUFFIX = ".layerpose"
FORMAT = 1
"""Version of the file, under the key `layerpose_project`."""
PROJECT, PHOTO, CARD, MASK = "project.json", "photo", "person.json", "mask.png"
MOST_PEOPLE, LONGEST_MEANT = 16, 80


def pack_project(project: dict[str, Any], ids: Sequence[str], people: People) -> bytes:
    """The file. UnknownError for somebody who is not known here."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        record = {"layerpose_project": FORMAT, "project": project, "people": list(ids)}
        packed.writestr(PROJECT, json.dumps(record))
        for number, person in enumerate(ids):
            card = people.card(person)
            packed.writestr(f"people/{number}/{PHOTO}", people.photos.load(card.photo))
            told = {"name": card.name, "landmarks": card.landmarks, "square": card.square, "person": card.person}
            packed.writestr(f"people/{number}/{CARD}", json.dumps(told))
            if card.mask is not None:
                packed.writestr(f"people/{number}/{MASK}", people.masks.load(card.mask))
    return content.getvalue()


def open_project(content: bytes, people: People) -> tuple[dict[str, Any], list[Person]]:
    """State and people, who are kept from now on. ValueError for a file that is none, is damaged, or swells."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"project{SUFFIX}"
        path.write_bytes(content)
        with called(path, "the file"):
            members = dict(zip_members(path))
    record = _json(members, PROJECT)
    if record.get("layerpose_project") != FORMAT or not isinstance(record.get("project"), dict):
        raise ValueError(f"the file is no project of layerpose studio (version {FORMAT}); open one that it saved")
    ids = record.get("people")
    if not isinstance(ids, list) or len(ids) > MOST_PEOPLE:
        raise ValueError(f"the project's people are {ids!r:.60}; expected a list of at most {MOST_PEOPLE}")
    return record["project"], [_welcome(members, number, people) for number in range(len(ids))]


def _welcome(members: dict[str, bytes], number: int, people: People) -> Person:
    photo, told = members.get(f"people/{number}/{PHOTO}"), _json(members, f"people/{number}/{CARD}")
    if photo is None:
        raise ValueError(f"the project has lost the photo of person {number + 1}; save it again where it was made")
    meant, mask = told.get("person"), members.get(f"people/{number}/{MASK}")
    square = None if told.get("square") is None else numbers(told["square"], 3, "the square", "pixels of the photo")
    card = Card(
        photo=name_of(photo), name=clean_name(str(told.get("name", "")), "photo"),
        landmarks=_places(told.get("landmarks") or {}), mask=None if mask is None else people.keep_mask(mask),
        square=None if square is None else (int(square[0]), int(square[1]), int(square[2])),
        person=None if meant is None else str(meant)[:LONGEST_MEANT],
    )  # fmt: skip
    return people.restore(photo, card)


def _places(record: Any) -> dict[str, tuple[float, float]]:
    places = {}
    for name, place in mapping(record, "landmarks").items():
        x, y = numbers(place, 2, f"the landmark {name[:40]!r}", "pixels of the photo")
        places[name] = (x, y)
    return places


def _json(members: dict[str, bytes], name: str) -> dict[str, Any]:
    try:
        found = json.loads(members[name])
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"the file is no project of layerpose studio: its {name} cannot be read") from error
    if not isinstance(found, dict):
        raise ValueError(f"the file is no project of layerpose studio: its {name} is {found!r:.40}")
    return found
