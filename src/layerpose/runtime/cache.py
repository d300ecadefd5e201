"""Where layerpose keeps what it makes once, and how a file is written so that a crash never leaves half of it."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


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


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its name when the block ends well and is removed when it does not."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Of several processes that want to make the same file or folder, the others wait here until the first is done."""
    with FileLock(path.with_name(f".{path.name}.lock")):
        yield


@contextmanager
def writing_folder(folder: Path) -> Iterator[Path]:
    """The same for a folder: an older one is replaced once the new one is whole."""
    part = folder.with_name(f".{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    try:
        yield part
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
