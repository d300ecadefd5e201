"""Where layerpose keeps what it makes once, and how a file is written so that a crash never leaves half of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from layerpose.runtime.locks import alone_in, drop_unheld, hold

UNFINISHED = "unfinished-"
LEFT = re.compile(rf"\..+\.{UNFINISHED}\w{{8}}(\.\w+)?")
PRIVATE = 0o700
_tidied: set[tuple[int, str]] = set()


def cache_dir() -> Path:
    """The user's cache: $LAYERPOSE_CACHE, else $XDG_CACHE_HOME/layerpose, else ~/.cache/layerpose; made if missing."""
    chosen = os.environ.get("LAYERPOSE_CACHE")
    path = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "layerpose"
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        fallback = Path(tempfile.gettempdir()) / "layerpose-cache"
        fallback.mkdir(parents=True, exist_ok=True)
        warnings.warn(f"cannot write to the cache {path} ({error}); using {fallback}", stacklevel=2)
        return fallback


def private_folder(folder: Path) -> Path:
    """The folder, made if missing, its owner's alone: what is in it is of a photo."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    folder.chmod(PRIVATE)
    return folder


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its name when the block ends well and is removed when it does not.

    What killed processes have left in the folder goes when a process first writes there.
    """
    _tidy(path.parent)
    handle, temporary = _begin(path)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        if handle is not None:
            os.close(handle)


def write_json(path: Path, record: Any, *, indent: int | None = None) -> None:
    """Write plain data, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=indent) + "\n", encoding="utf-8")


def _begin(path: Path) -> tuple[int | None, Path]:
    """A new file that is held while it is written, so that nobody takes it for one that was left."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{UNFINISHED}", suffix=path.suffix)
        if os.name == "nt":  # an open file cannot be renamed there
            os.close(handle)
            return None, Path(name)
        hold(handle, wait=True)
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)


def is_left(path: Path) -> bool:
    """Whether a name is that of a temporary file of `writing`, ``.a.png.unfinished-k3j2h1g0.png``."""
    return LEFT.fullmatch(path.name) is not None


def is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing but what killed processes have left."""
    return all(is_left(path) for path in folder.iterdir())


def _tidy(folder: Path) -> None:
    """Remove what nobody writes any more; once in every process and folder."""
    if (key := (os.getpid(), str(folder))) in _tidied:
        return
    _tidied.add(key)
    try:
        left = [path for path in folder.iterdir() if is_left(path)]
    except OSError:  # what cannot be listed may still be written to
        return
    for path in left:
        with suppress(OSError):
            drop_unheld(path)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Of several processes that want to make the same file or folder, the others wait here until the first is done."""
    with FileLock(path.with_name(f".{path.name}.lock")):
        yield


@contextmanager
def writing_folder(folder: Path) -> Iterator[Path]:
    """The same for a folder: an older one is replaced once the new one is whole. Others who write it wait."""
    part, old = (folder.with_name(f".{folder.name}.{end}") for end in ("part", "old"))
    with alone_in(part, wait=True):
        if old.exists() and not folder.exists():  # a process was killed between the two names
            old.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
        clear(part)
        try:
            yield part
            _put(part, folder, old)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def _put(part: Path, folder: Path, old: Path) -> None:
    """Give a folder its name; the one that has it keeps it where that fails."""
    if folder.exists():
        folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def clear(folder: Path) -> None:
    """Remove all that is in a folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
