"""What a folder's files are made from -> a note beside them: who goes on in the folder has to want the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from layerpose.runtime.cache import is_empty, write_json


def keep_making(note: Path, making: Mapping[str, Any], *, holds: str | None = None) -> None:
    """Check what is made (`check_making`), and note it where it is not noted yet; the folder is made if missing."""
    if not check_making(note, making, holds=holds):
        note.parent.mkdir(parents=True, exist_ok=True)
        write_json(note, making, indent=1)


def check_making(note: Path, making: Mapping[str, Any], *, holds: str | None = None) -> bool:
    """Whether there is a note. ValueError if it is damaged or of something else.

    Where a folder without one has to be empty, `holds` says what it is for: ``report``.
    """
    folder = note.parent
    if not note.is_file():
        if holds is not None:
            check_new(folder, holds)
        return False
    wanted, there = json.loads(json.dumps(making)), _read(note)
    for name in there | wanted:
        if there.get(name) != wanted.get(name):
            raise ValueError(
                f"{folder} was begun with {name} {there.get(name)!r:.60}, not {wanted.get(name)!r:.60};"
                " use the same again, or a new folder"
            )
    return True


def check_new(folder: Path, holds: str = "") -> None:
    """ValueError unless a folder is empty or not there; `holds` says what else it could hold."""
    if folder.is_dir() and not is_empty(folder):
        raise ValueError(f"{folder} is not empty{holds and f' and holds no {holds}'}; choose a new folder")


def _read(note: Path) -> dict[str, Any]:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"expected names and values, found {found!r:.40}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{note} is damaged ({error}); choose a new folder") from error
    return found
