"""Damaged files of every format break no promise; and the harness that says so notices every one that is broken."""

from __future__ import annotations

import ctypes
import os
import pickle
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import Limits, try_file
from hostile import hostile
from valid import FORMATS, NAMES, Format, write_all

from fuzz import FOUND, slug, try_one

SLOW_TO_WRITE = ("SMPL's file", "GLB of the body")
HERE = tuple(name for name in NAMES if name not in SLOW_TO_WRITE)
SHORT = Limits(seconds=0.5, memory_mb=200)
KEPT = sorted(path for path in FOUND.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    with warnings.catch_warnings(action="ignore"):
        return write_all(tmp_path_factory.mktemp("valid"), HERE)


@pytest.mark.parametrize(
    "format", [format for format in FORMATS if format.name in HERE], ids=lambda one: slug(one.name)
)
def test_damaged_files_are_read_or_refused_in_one_line(format: Format, written: dict[str, Path]) -> None:
    tried = try_one(format, written[format.name], 0, 1)
    assert not tried.outcome.is_wrong, tried


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_that_once_broke_a_promise_breaks_none(kept: Path, written: dict[str, Path], tmp_path: Path) -> None:
    format = next(one for one in FORMATS if slug(one.name) == kept.parent.name)
    name = kept.name.partition("-")[2]
    source = written.get(format.name, Path(name))  # what is slow to write is a file of its own
    if format.name in written:
        shutil.copytree(source.parent, tmp_path, dirs_exist_ok=True)
    for place in [*tmp_path.rglob(name)] or [tmp_path / name]:
        place.write_bytes(kept.read_bytes())
    outcome = try_file(format.read, tmp_path / source.name, room=tmp_path)
    assert not outcome.is_wrong, outcome


def unpickles(path: Path) -> Any:
    return pickle.loads(path.read_bytes())


def writes_beside(path: Path) -> None:
    path.with_suffix(".tmp").write_text("half")


def writes_in_place(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def asks_the_net(path: Path) -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=0.1)


def starts_a_program(path: Path) -> None:
    subprocess.run(["true"], check=True)


def leaves_a_child(path: Path) -> None:
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)


def raises_something_else(path: Path) -> None:
    raise KeyError("poses")


def says_two_lines(path: Path) -> None:
    raise ValueError("it is damaged:\nat byte 3")


def warns_in_two_lines(path: Path) -> None:
    warnings.warn("odd\nvery odd", stacklevel=1)


def says_nothing(path: Path) -> None:
    raise ValueError


def never_ends(path: Path) -> None:
    while True:
        pass


def grows(path: Path) -> None:
    np.ones(300 << 17)


def crashes(path: Path) -> None:
    ctypes.string_at(0)


def gives_up(path: Path) -> None:
    os._exit(3)


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (unpickles, "call"), (writes_beside, "call"), (writes_in_place, "call"), (asks_the_net, "call"),
        (starts_a_program, "call"), (leaves_a_child, "call"), (raises_something_else, "traceback"),
        (says_two_lines, "lines"), (warns_in_two_lines, "lines"), (says_nothing, "lines"), (never_ends, "time"),
        (grows, "memory"), (crashes, "crash"), (gives_up, "crash"),
    ],
)  # fmt: skip
def test_a_reader_that_breaks_a_promise_is_noticed(read: Callable[[Path], Any], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"poses": np.zeros(3)}))
    outcome = try_file(read, path, room=tmp_path, limits=SHORT)
    assert outcome.kind == kind, outcome


@pytest.mark.parametrize(
    ("read", "kind"), [(writes_beside, "left behind"), (writes_in_place, "changed"), (leaves_a_child, "left behind")]
)
def test_what_a_command_does_to_the_folder_it_reads_from_is_noticed(
    read: Callable[[Path], Any], kind: str, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a")
    assert try_file(read, tmp_path / "a.txt", room=tmp_path, writes=True).kind == kind


def test_hostile_files_would_make_the_marker_if_they_were_unpickled(tmp_path: Path) -> None:
    """Else their not making it would show nothing."""
    rng, made = np.random.default_rng(0), 0
    for number in range(40):
        marker = tmp_path / f"marker{number}"
        data = hostile(marker, rng)
        if data[:2] not in (b"PK", b"\x93N"):
            (tmp_path / "a.pkl").write_bytes(data)
            outcome = try_file(unpickles, tmp_path / "a.pkl", room=tmp_path / "none", writes=True)
            assert marker.exists(), outcome
            made += 1
    assert made > 5
