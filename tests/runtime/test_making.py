"""What a folder is made from -> a note in it, which the next command has to agree with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from layerpose.runtime.making import check_making, keep_making

MAKING: dict[str, Any] = {"motion": "walk", "size": 256, "seeds": (0, 1)}


@pytest.fixture
def note(tmp_path: Path) -> Path:
    note = tmp_path / "data" / "job.json"
    assert not check_making(note, MAKING)
    keep_making(note, MAKING, holds="data set")
    return note


def test_the_same_goes_on_and_the_note_stays(note: Path) -> None:
    before = note.stat().st_mtime_ns
    keep_making(note, MAKING, holds="data set")
    assert check_making(note, MAKING)
    assert note.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("making", "said"),
    [
        ({**MAKING, "size": 512}, "begun with size 256, not 512"),
        ({"motion": "walk", "size": 256}, r"begun with seeds \[0, 1\], not None"),
        ({**MAKING, "person": "2"}, "begun with person None, not '2'"),
    ],
)
def test_something_else_is_refused(note: Path, making: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        keep_making(note, making)


@pytest.mark.parametrize("content", [b"{", b"[1, 2]", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_note_is_refused(note: Path, content: bytes) -> None:
    note.write_bytes(content)
    with pytest.raises(ValueError, match=r"job\.json is damaged"):
        keep_making(note, MAKING)


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match="not empty and holds no data set"):
        keep_making(tmp_path / "job.json", MAKING, holds="data set")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
