"""A folder in which one command works, with all that it may touch -> what is in it, and what has changed.

``ROOM/in`` holds what the command reads, ``ROOM/out`` what it writes, ``ROOM/cache`` its cache; ``home``, ``tmp`` and
``beside`` are surroundings in which nothing may stay. Every run of a job is made in the same place, so that a path
that is written down is the same too.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

IN, OUT, CACHE, HOME, TMP, BESIDE = "in", "out", "cache", "home", "tmp", "beside"
SURROUNDINGS = (IN, HOME, TMP, BESIDE)
Contents = dict[str, str]
"""Path below a folder -> a hash of the bytes; of a folder nothing."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """The folder, and what is copied into it before every run."""

    path: Path
    inputs: Path
    cache: Path

    def reset(self) -> None:
        """As before the first run; ``in`` is copied again only where it has changed."""
        if contents(self.path / IN) != contents(self.inputs):
            shutil.rmtree(self.path / IN, ignore_errors=True)
            shutil.copytree(self.inputs, self.path / IN)
        for name in (OUT, CACHE, HOME, TMP, BESIDE):
            shutil.rmtree(self.path / name, ignore_errors=True)
        shutil.copytree(self.cache, self.path / CACHE)
        for name in (OUT, HOME, TMP, BESIDE):
            (self.path / name).mkdir(parents=True)
        (self.path / BESIDE / "theirs.txt").write_text("somebody's own\n", encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What a command is told of this room."""
        return {
            "HOME": str(self.path / HOME), "TMPDIR": str(self.path / TMP), "LAYERPOSE_CACHE": str(self.path / CACHE),
        }  # fmt: skip

    @property
    def out(self) -> Path:
        """Where the command writes."""
        return self.path / OUT

    def made(self) -> Contents:
        """What the command has written."""
        return contents(self.out)

    def around(self) -> Contents:
        """What it was not to touch."""
        found = {f"{name}/{key}": value for name in SURROUNDINGS for key, value in contents(self.path / name).items()}
        strange = {path.name for path in self.path.iterdir()} - {IN, OUT, CACHE, HOME, TMP, BESIDE}
        return found | dict.fromkeys(strange, "new")

    def unfinished(self) -> list[str]:
        """Temporary files in the cache; locks are none, another process may hold them."""
        return [name for name in contents(self.path / CACHE) if is_temporary(name)]


def is_temporary(name: str) -> bool:
    """Files under a hidden name that has not been taken off."""
    base = name.rpartition("/")[2]
    return base.startswith(".") and not base.endswith(".lock")


def contents(folder: Path) -> Contents:
    """Every file with a hash of its bytes, every folder with nothing."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def differences(before: Contents, after: Contents, timeless: tuple[str, ...] = ()) -> list[str]:
    """What is new, gone or other; of files whose bytes hold a time (`timeless`) only whether they are there."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            found.append(f"{name} is missing")
        elif name not in before:
            found.append(f"{name} is left")
        elif before[name] != after[name] and not any(fnmatch(name, pattern) for pattern in timeless):
            found.append(f"{name} differs")
    return found
