"""Work on a user's file -> its result and the warnings that it gave, for the one who waits for it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TypeVar

from layerpose.runtime.saying import one_line

Found = TypeVar("Found")
LONGEST_NAME = 80
_alone = RLock()
"""Python keeps what becomes of warnings for the whole process, so files are read one at a time."""


def heard(work: Callable[[], Found]) -> tuple[Found, tuple[str, ...]]:
    """The result, and each warning as one line."""
    with _alone, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = work()
        return found, tuple(dict.fromkeys(one_line(warning.message) for warning in caught))


def read_named(path: Path, name: str, read: Callable[[Path], Found]) -> tuple[Found, tuple[str, ...]]:
    """The same for a kept file: messages call it by the name that its owner gave it."""
    with called(path, name):
        found, said = heard(lambda: read(path))
    return found, tuple(line.replace(str(path), name) for line in said)


@contextmanager
def called(path: Path, name: str) -> Iterator[None]:
    """Messages call a file by a name, and do not tell where it lies."""
    try:
        yield
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), name)) from error


def clean_name(name: str, otherwise: str) -> str:
    """What a file is called by its owner: shown, and never used as a path."""
    shown = "".join(letter for letter in name if letter.isprintable()).strip()
    return shown[:LONGEST_NAME] or otherwise
