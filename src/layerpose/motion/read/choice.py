"""The animations of a scene file -> the one that is meant."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")
Track = TypeVar("Track")
SHOWN = 12
"""Names that a message lists."""


def choose_take(
    path: Path, takes: Sequence[tuple[str, Key]], tracks: Callable[[Key], Track], name: str | None
) -> Track | None:
    """The tracks of the animation with a name, else of the first that moves the skeleton; None: nothing moves it."""
    if name is not None:
        return _named(takes, tracks, name)
    for label, key in takes:
        if found := tracks(key):
            if len(takes) > 1:
                warnings.warn(
                    f"{path} has {len(takes)} animations ({_list(takes)}); {label[:40]!r} is read, take another with "
                    f"{path.name}#NAME:FRAME", stacklevel=2,
                )  # fmt: skip
            return found
    warnings.warn(f"{path} has no animation of its skeleton: it is read as one pose", stacklevel=2)
    return None


def _named(takes: Sequence[tuple[str, Key]], tracks: Callable[[Key], Track], name: str) -> Track:
    for same in (lambda label: label == name, lambda label: label.rpartition("|")[2].lower() == name.lower()):
        for label, key in takes:
            if same(label):
                if found := tracks(key):
                    return found
                raise ValueError(f"its animation {label[:40]!r} does not move the skeleton; it has: {_list(takes)}")
    raise ValueError(f"it has no animation {name[:40]!r}; it has: {_list(takes) or 'none'}")


def _list(takes: Sequence[tuple[str, Key]]) -> str:
    labels = [label[:40] for label, _ in takes]
    return ", ".join(labels[:SHOWN]) + (" ..." if len(labels) > SHOWN else "")
