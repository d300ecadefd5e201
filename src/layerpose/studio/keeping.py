"""Bytes <-> a private folder, by their content: the same bytes have the same name, and what is kept stays whole."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from layerpose.runtime.cache import private_folder, writing
from layerpose.studio.refusing import UnknownError

NAME = re.compile(r"[0-9a-f]{24}")
DIGITS = 24


@dataclass(frozen=True, kw_only=True)
class Store:
    """A folder of one kind of thing."""

    folder: Path
    kind: str
    """For messages: ``photo``, ``pose file`` ..."""

    def keep(self, content: bytes, suffix: str = "") -> str:
        """Keep the bytes; what was kept before is not written again."""
        name = name_of(content)
        path = self.folder / f"{name}{suffix}"
        if path.exists():
            os.utime(path)
            return name
        with writing(path) as temporary:
            temporary.write_bytes(content)
        return name

    def find(self, name: str) -> Path:
        """The file of what is called so. UnknownError if there is none."""
        found = next(self.folder.glob(f"{name}*"), None) if NAME.fullmatch(name) else None
        if found is None:
            raise UnknownError(f"there is no {self.kind} {name[:DIGITS]!r} here; send it again")
        return found

    def load(self, name: str) -> bytes:
        """The bytes that are called so."""
        return self.find(name).read_bytes()

    def drop(self, name: str) -> None:
        """Forget what is called so, if it is there."""
        for path in self.folder.glob(f"{name}*") if NAME.fullmatch(name) else ():
            path.unlink(missing_ok=True)

    def tidy(self, most_bytes: int, spared: Container[str]) -> list[str]:
        """Forget what was longest not wanted, beyond so many bytes, but nothing that is spared; its names."""
        files = [(path, path.stat()) for path in self.folder.iterdir() if NAME.fullmatch(path.stem)]
        over, gone = sum(told.st_size for _, told in files) - most_bytes, []
        for path, told in sorted(files, key=lambda file: file[1].st_mtime):
            if over > 0 and path.stem not in spared:
                path.unlink(missing_ok=True)
                over -= told.st_size
                gone.append(path.stem)
        return gone

    def use(self, name: str) -> None:
        """Note that it is still wanted."""
        os.utime(self.find(name))

    def has(self, name: str) -> bool:
        """Whether something is called so."""
        return NAME.fullmatch(name) is not None and next(self.folder.glob(f"{name}*"), None) is not None


def open_store(folder: Path, kind: str) -> Store:
    """A folder that nobody but its owner can read; made if missing."""
    return Store(folder=private_folder(folder), kind=kind)


def name_of(*parts: bytes) -> str:
    """A name that tells contents apart."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:DIGITS]
