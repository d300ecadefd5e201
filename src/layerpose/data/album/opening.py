"""A data set + one of its people -> that person's frames in two albums: those to learn from, those held back.

What a model was made personal with stays in its folder, as an album that it looks things up in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from layerpose.data.records import DESCRIPTION, Records
from layerpose.data.store import PEOPLE
from layerpose.runtime.cache import writing_folder

EVERY = 5
"""One frame in so many is held back."""
LEAST_FRAMES = 2 * EVERY
"""Two must be held back, for a pair."""
FOLDER, CHOSEN = "album", "album.json"
"""Where a model's folder keeps its album, and which frames are in it."""


class Album(Records):
    """One person's frames, some or all of them."""

    def __init__(self, path: Path, person: str, chosen: Sequence[str] = ()) -> None:
        super().__init__(path)
        self.owner, self.chosen = person, list(chosen)

    def __reduce__(self) -> tuple[type[Album], tuple[Path, str, list[str]]]:
        """Sent to another process as its place: what was read already is read again there."""
        return Album, (self.path, self.owner, self.chosen)

    def frames(self, person: str) -> list[str]:
        """The chosen frames, in order."""
        return self.chosen if self.chosen and person == self.owner else super().frames(person)


def open_albums(path: Path, person: str | None) -> tuple[Album, Album]:
    """What to learn from, and every fifth frame, held back. ValueError if there are too few, or nobody was named."""
    records = Records(path)
    if person is None and len(records.people) != 1:
        found = ", ".join(records.people[:5]) + (" ..." if len(records.people) > 5 else "")
        raise ValueError(f"{path} holds {len(records.people)} people ({found}); name one with --person")
    chosen = person or records.people[0]
    if chosen not in records.people:
        raise ValueError(f"{path} has no person {chosen!r}; it has {', '.join(records.people[:5])} ...")
    frames = records.frames(chosen)
    if len(frames) < LEAST_FRAMES:
        raise ValueError(
            f"{path} has {len(frames)} frames of person {chosen}; expected {LEAST_FRAMES} or more, better 30 to 60;"
            " use a longer clip in which the person moves"
        )
    held = frames[EVERY // 2 :: EVERY]
    return Album(path, chosen, [frame for frame in frames if frame not in held]), Album(path, chosen, held)


def keep_album(album: Album, model: Path) -> None:
    """Copy the album into a model's folder, whole or not at all."""
    person, store = album.owner, album.store
    with writing_folder(model / FOLDER) as part:
        home = part / PEOPLE / person
        home.mkdir(parents=True)
        for name in ("person.json", "poses.npz", *(f"{frame}.png" for frame in album.frames(person))):
            (home / name).write_bytes(store.read(person, name))
        (part / DESCRIPTION).write_text(json.dumps(album.info) + "\n", encoding="utf-8")
        (part / CHOSEN).write_text(json.dumps({"person": person, "frames": album.frames(person)}), encoding="utf-8")


def find_album(model: Path) -> Album | None:
    """The album in a model's folder, if it has one. ValueError if it is damaged."""
    if not (model / FOLDER).is_dir():
        return None
    file = model / FOLDER / CHOSEN
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return Album(model / FOLDER, stored["person"], stored["frames"])
    except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file} is missing or damaged ({error}); personalize the model again") from error
