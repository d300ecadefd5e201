"""What a user named, videos and folders of photos -> numbered people, each with its split; and their pictures."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layerpose.media.photos.files import SUFFIXES, photos_in, warn_of_others
from layerpose.media.pictures import read_photo
from layerpose.media.videos.moving import is_animation
from layerpose.media.videos.reading import Look, read_looks
from layerpose.runtime.cache import writing

FILE = "sources.csv"
COLUMNS = ["person", "source"]
SPLIT_RULE = "by person: of every 20, number 9 is val, 19 is test, the others train"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One person's pictures: a video, or a folder of photos."""

    path: Path
    number: int

    @property
    def person(self) -> str:
        """The person's name in the data set."""
        return f"{self.number:05d}"

    @property
    def split(self) -> str:
        """Nine of ten people train."""
        return {9: "val", 19: "test"}.get(self.number % 20, "train")

    @property
    def is_video(self) -> bool:
        """Whether the pictures follow each other in time."""
        return not self.path.is_dir()

    def looks(self) -> Iterator[Look]:
        """The pictures in order. Photos that cannot be read are warned about and left out."""
        if self.is_video:
            yield from read_looks(self.path)
            return
        for number, photo in enumerate(photos_in(self.path)):
            try:
                yield Look(index=number, time=float(number), pixels=np.array(read_photo(photo)))
            except ValueError as error:
                warnings.warn(f"left out: {error}", stacklevel=2)

    def name(self, time: float) -> str:
        """Where a picture is from: ``jump.mp4@1.250`` or ``garden/IMG_7.jpg``."""
        if self.is_video:
            return f"{self.path.name}@{time:.3f}"
        return f"{self.path.name}/{photos_in(self.path)[int(time)].name}"


def check_sources(paths: Sequence[Path]) -> None:
    """ValueError unless every path is a video that opens, or a folder with two photos or more."""
    for path in paths:
        if not path.exists():
            raise ValueError(f"there is no {path}; expected a video, or a folder with the photos of one person")
        if path.is_dir():
            warn_of_others(path)
            if (found := len(photos_in(path))) < 2:
                kinds = ", ".join(SUFFIXES)
                raise ValueError(f"{path} holds {found} photos; expected two or more of one person ({kinds})")
        elif path.suffix.lower() in SUFFIXES and not is_animation(path):
            raise ValueError(f"{path} is a single photo; expected a video, or a folder with the photos of one person")
        else:
            next(read_looks(path), None)


def number_sources(out: Path, paths: Sequence[Path]) -> list[Source]:
    """Everybody of the data set, by number: those whom ``sources.csv`` knows, and then those who are named anew."""
    file = out / FILE
    known = read_numbers(file) if file.is_file() else {}
    for path in paths:
        known.setdefault(str(path.resolve()), len(known))
    with writing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([COLUMNS, *((f"{number:05d}", path) for path, number in known.items())])
    return [Source(path=Path(path), number=number) for path, number in known.items()]


def read_numbers(file: Path) -> dict[str, int]:
    """Source -> number. ValueError if the file was damaged."""
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    if not rows or rows[0] != COLUMNS or not all(len(row) == 2 and row[0].isdecimal() for row in rows[1:]):
        raise ValueError(f"{file} is damaged; expected the columns {', '.join(COLUMNS)}; make the data set anew")
    return {path: int(number) for number, path in rows[1:]}
