"""A file or folder -> this process's alone for a while: held by the system, so that nobody holds it who has ended.

Windows locks neither an open file that is to be renamed nor a folder; there nothing is held.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_held: set[int] = set()


def hold(handle: int, *, wait: bool = False) -> bool:
    """Take what is open for this process; whether it could be had. True where nothing can be held."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def drop_unheld(path: Path) -> None:
    """Remove a file that nobody holds; where nobody can know, it stays."""
    if fcntl is None:
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()  # while it is held: who has just made it sees that it is gone
    finally:
        os.close(handle)


@contextmanager
def alone_in(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """The folder, made if missing, is this process's until the block ends. ValueError if it is another one's."""
    handle = _open_held(folder, wait)
    _held.add(handle)
    try:
        yield
    finally:
        _held.discard(handle)
        if handle >= 0:
            os.close(handle)


def _open_held(folder: Path, wait: bool) -> int:
    """The folder, open and held; made and opened again if it was renamed or removed meanwhile."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY) if fcntl is not None else -1
        except (FileExistsError, FileNotFoundError):  # it was there, and was not a moment later; or it is a file
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                raise
            continue
        if handle < 0:
            return handle
        if not hold(handle, wait=wait):
            os.close(handle)
            raise ValueError(f"another layerpose is at work in {folder}; wait until it has ended, or choose another")
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                return handle
        os.close(handle)


def _let_go() -> None:
    """A fork holds nothing: a folder is free as soon as the process that took it has ended."""
    for handle in _held:
        os.close(handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
