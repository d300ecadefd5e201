"""What was typed of people -> who of a photo is meant, and in which pose; who is there is shown on a numbered sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from layerpose.cli.console import busy, say

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from layerpose.estimation.estimate import Estimate
    from layerpose.transfer import PoseTransfer
    from layerpose.types import Body, Pose

Person = Annotated[str | None, tyro.conf.arg(metavar="N|X,Y|largest")]
PersonOrAll = Annotated[str | None, tyro.conf.arg(metavar="N|X,Y|largest|all")]
ALL = "all"
"""Written again in `estimation.finding`, which is too heavy to load for --help; a test compares the two."""
NUMBERED = re.compile(r"([0-9]+)=(.+)")


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who gets which pose."""

    person: str | None
    pose: str
    """For whoever has none of their own."""
    own: dict[int, str]
    """Poses of people by their number."""

    @property
    def is_group(self) -> bool:
        """Whether several people may be moved in one photo."""
        return self.person == ALL or bool(self.own)


def read_cast(photos: Sequence[Path], poses: Sequence[str], person: str | None) -> tuple[tuple[Path, ...], Cast]:
    """The photos, and who gets which pose: ``--pose walk``, or ``--pose 1=walk 2=wave``. ValueError for what is odd.

    Further words after one pose are photos: ``--pose walk photo.jpg``.
    """
    if not poses:
        raise ValueError("--pose: expected a pose, such as walk, or one for each person, such as 1=walk 2=wave")
    if not NUMBERED.fullmatch(poses[0]) or Path(poses[0]).exists():
        return (*photos, *map(Path, poses[1:])), Cast(person=person, pose=poses[0], own={})
    found = [match for word in poses if (match := NUMBERED.fullmatch(word))]
    own = {int(match[1]): match[2] for match in found}
    if len(own) < len(found):
        raise ValueError(f"--pose {' '.join(poses)}: expected one pose for each person, such as 1=walk 2=wave")
    if person not in (None, ALL):
        raise ValueError(f"--person {person} is for one pose; with {poses[0]} leave it out")
    words = [Path(word) for word in poses if not NUMBERED.fullmatch(word)]
    return (*photos, *words), Cast(person=ALL, pose="", own=own)


def check_group(photos: Sequence[Path], out: Path, background: str | None, **given: object) -> None:
    """ValueError for what does not go with several people in one photo."""
    named = [f"--{name}" for name, value in given.items() if value]
    if named:
        raise ValueError(f"{' and '.join(named)}: only for one person; leave it out, or name one with --person")
    if background != "keep":
        raise ValueError("several people are moved within their photo; add --background keep")
    if len(photos) != 1 or photos[0].is_dir() or out.is_dir():
        raise ValueError("several people are moved in one photo at a time; name one photo and one picture")


def choose_poses(
    cast: Cast, people: Sequence[Estimate], resolved: dict[str, Pose | Body]
) -> list[tuple[Estimate, Pose | Body]]:
    """Everybody who is moved, with the pose. ValueError for a number that nobody has."""
    beyond = [number for number in cast.own if not 1 <= number <= len(people)]
    if beyond:
        raise ValueError(f"there is no person {beyond[0]}: the photo shows {len(people)}, counted from left to right")
    wanted = cast.own or {seen.number: cast.pose for seen in people}
    return [(seen, resolved[wanted[seen.number]]) for seen in people if seen.number in wanted]


def find_group(photo: Image, model: PoseTransfer, sheet: Path | None) -> list[Estimate]:
    """Everybody in the photo; on demand they are shown with their numbers."""
    from layerpose.estimation.estimate import estimate_all

    with busy("Finding the people"):
        people = estimate_all(photo, model.config.canvas)
    for seen in people:
        say(f"Person {seen.number}: {seen.quality}")
    if sheet is not None:
        _write_sheet(photo, [seen.landmarks.mask for seen in people], sheet)
    return people


def showing(find: Callable[[Image], Estimate], sheet: Path | None) -> Callable[[Image], Estimate]:
    """The same look at a photo; where it is not clear who is meant, the sheet shows everybody's number."""
    from layerpose.estimation.finding import SeveralPeopleError

    def look(photo: Image) -> Estimate:
        try:
            return find(photo)
        except SeveralPeopleError as error:
            if sheet is None:
                raise
            _write_sheet(photo, [person.mask for person in error.people], sheet)
            raise ValueError(f"{error}; {sheet} shows the numbers") from error

    return look


def _write_sheet(photo: Image, masks: Sequence[np.ndarray], sheet: Path) -> None:
    from layerpose.export.numbered import number_people
    from layerpose.media.pictures import write_png

    write_png(number_people(photo, masks), sheet, comment="A photo with the numbers of the people in it, by layerpose.")
