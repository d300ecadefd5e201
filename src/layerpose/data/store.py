"""Where a data set's files lie, a folder for each person or tar shards of many -> bytes by person and file name.

Shards are in the WebDataset layout: one sample for each person, named ``00042``, with the files ``00042.person.json``,
``00042.poses.npz``, ``00042.000.png`` ... side by side.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from layerpose.runtime.cache import writing

PEOPLE = "people"


class FolderStore:
    """``DATA/people/00042/000.png``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def people(self) -> list[str]:
        """Names of the people that are complete, in order."""
        return sorted(folder.name for folder in (self.path / PEOPLE).iterdir() if not folder.name.startswith("."))

    def files(self, person: str) -> list[str]:
        """Names of a person's files, in order."""
        return sorted(file.name for file in (self.path / PEOPLE / person).iterdir())

    def read(self, person: str, name: str) -> bytes:
        """One file. OSError if it is not there."""
        return (self.path / PEOPLE / person / name).read_bytes()

    def place(self, person: str, name: str) -> str:
        """Where that file lies, for messages."""
        return str(self.path / PEOPLE / person / name)


class TarStore:
    """``DATA/00000.tar`` ...: every file is read at its place in the tar, nothing is unpacked."""

    def __init__(self, path: Path, shards: list[Path]) -> None:
        self.path = path
        self._index: dict[str, dict[str, tuple[Path, int, int]]] = {}
        for shard in shards:
            try:
                with tarfile.open(shard) as tar:
                    for member in tar:
                        person, _, name = member.name.partition(".")
                        self._index.setdefault(person, {})[name] = (shard, member.offset_data, member.size)
            except tarfile.TarError as error:
                raise ValueError(f"{shard} is no whole tar file ({error}); copy it again") from error

    def people(self) -> list[str]:
        """Names of the people that are complete, in order."""
        return sorted(self._index)

    def files(self, person: str) -> list[str]:
        """Names of a person's files, in order."""
        return sorted(self._index[person])

    def read(self, person: str, name: str) -> bytes:
        """One file. OSError if it is not there."""
        if name not in self._index[person]:
            raise FileNotFoundError(self.place(person, name))
        shard, start, size = self._index[person][name]
        with shard.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def place(self, person: str, name: str) -> str:
        """Where that file lies, for messages."""
        return f"{self.path}: {person}.{name}"


Store = FolderStore | TarStore


def open_store(path: Path) -> Store:
    """The folder or the shards at `path`."""
    shards = sorted(path.glob("*.tar"))
    if shards:
        return TarStore(path, shards)
    if (path / PEOPLE).is_dir():
        return FolderStore(path)
    raise ValueError(
        f"{path} holds no people: found neither a folder {PEOPLE!r} nor .tar files; make the data set again"
    )


def pack(store: Store, out: Path, people_per_shard: int) -> Iterator[Path]:
    """Write every person into shards below `out`; the same people give the same bytes. Yields each shard when done."""
    names = store.people()
    for number, first in enumerate(range(0, len(names), people_per_shard)):
        shard = out / f"{number:05d}.tar"
        with writing(shard) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar:
            for person in names[first : first + people_per_shard]:
                for name in store.files(person):
                    content = store.read(person, name)
                    member = tarfile.TarInfo(f"{person}.{name}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        yield shard
