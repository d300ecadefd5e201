"""Output paths -> checked before the heavy work starts, so that an hour's work is never lost to a typing error."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path


def check_output(path: Path | None, suffix: str, *, inputs: Sequence[Path | None] = ()) -> None:
    """ValueError unless a file with this suffix can be written at `path` without replacing one of the inputs.

    None stands for a file that was not asked for, or not given.
    """
    if path is None:
        return
    if path.suffix.lower() != suffix:
        raise ValueError(f"{path} does not end in {suffix}; this file is written as {suffix[1:].upper()}; rename it")
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder; expected the name of a {suffix} file; add one, like {path / 'out'}{suffix}"
        )
    _check_is_none_of(path, inputs)
    _check_folder(path.parent, path)


def check_output_folder(folder: Path, names: Sequence[str] = (), *, inputs: Sequence[Path | None] = ()) -> None:
    """ValueError unless files with these names can be written into `folder`; it may be new, the one above may not."""
    _check_folder(folder if folder.exists() else folder.parent, folder)
    for name in names:
        _check_is_none_of(folder / name, inputs)


def _check_is_none_of(path: Path, inputs: Sequence[Path | None]) -> None:
    for other in filter(None, inputs):
        if path.resolve() == other.resolve() or (path.exists() and other.exists() and path.samefile(other)):
            raise ValueError(f"{path} is also {other}, which is never overwritten; choose another output")


def _check_folder(folder: Path, wanted: Path) -> None:
    if not folder.exists():
        raise ValueError(f"cannot write {wanted}: the folder {folder} does not exist; create it or choose another")
    if not folder.is_dir():
        raise ValueError(f"cannot write {wanted}: {folder} is a file, not a folder; choose another")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f"cannot write {wanted}: the folder {folder} cannot be written to ({error.strerror}); choose another"
        ) from error
