"""Files of named arrays: read as they were written, or refused in a line."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from layerpose.runtime import arrays
from layerpose.runtime.arrays import read_arrays


def packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def array(value: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, value)
    return out.getvalue()


def deflated_wrongly() -> bytes:
    """The archive's list is whole; what it leads to is no deflated stream."""
    data = bytearray(packed({"a.npy": array(np.arange(3000) % 7)}))
    data[40:80] = b"\xff" * 40
    return bytes(data)


def header_that_goes_on() -> bytes:
    """A bracket that nobody closes: NumPy's tokenizer asks for more."""
    return packed({"a.npy": array(np.zeros(3)).replace(b"(3,)", b"(3(,")})


def larger_than_memory() -> bytes:
    return packed({"a.npy": array(np.zeros(3)).replace(b"(3,), }          ", b"(99999999999,), }")})


def test_arrays_come_back_and_only_those_asked_for(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=np.arange(6).reshape(2, 3), two=np.float32(0.5))
    whole = read_arrays(tmp_path / "a.npz")
    assert list(whole) == ["one", "two"]
    assert whole["one"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert list(read_arrays(tmp_path / "a.npz", ("two", "three"))) == ["two"]


@pytest.mark.parametrize(
    "make",
    [
        deflated_wrongly,
        header_that_goes_on,
        larger_than_memory,
        lambda: packed({"a.npy": array(np.zeros(3))[:-9]}),
        lambda: packed({"a.npy": array(np.array([{}], dtype=object))}),
        lambda: array(np.zeros(3)),
        lambda: packed({"a.npy": array(np.zeros(3))})[:-30],
        lambda: b"",
    ],
)
def test_what_is_damaged_or_would_have_to_be_unpickled_is_refused_in_a_line(make: Callable[[], bytes]) -> None:
    with pytest.raises(ValueError, match=r"^no arrays, or damaged: .") as refused:
        read_arrays(io.BytesIO(make()))
    assert len(str(refused.value).splitlines()) == 1


def test_a_small_file_may_not_swell_beyond_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "LARGEST", 8 << 20)
    with pytest.raises(ValueError, match="more than 8 MB"):
        read_arrays(io.BytesIO(packed({"a.npy": array(np.zeros(3 << 20))})))


def test_a_file_that_is_not_there_is_no_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "a.npz")
