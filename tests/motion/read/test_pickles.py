"""Strangers' pickles: what is plain data is read, everything else is one line and never runs."""

from __future__ import annotations

import io
import os
import pickle
import time
import zipfile
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from layerpose.motion.read.array_file import read_stored
from layerpose.motion.read.smpl import read_smpl
from layerpose.pickles.reader import unpickle

PLAIN = OrderedDict(
    rows=np.arange(6.0).reshape(2, 3), columns=np.asfortranarray(np.arange(6).reshape(2, 3)), words=["a", b"b", None],
    number=np.float32(3), objects=np.array([{"inside": np.ones(2)}, None], dtype=object), flag=True,
    text=np.array("ab"),
)  # fmt: skip


class Command:
    """Asks whoever unpickles it to run a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


class Attribute:
    """Asks for a function by a name with dots."""

    def __reduce__(self) -> Any:
        return getattr, ("text", "encode")


def torch_zip(path: Path, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", data)
    return path


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_is_what_it_was(protocol: int) -> None:
    found = unpickle(pickle.dumps(PLAIN, protocol), "file")
    for name in ("rows", "columns"):
        assert np.array_equal(found[name], PLAIN[name])
        assert found[name].dtype == PLAIN[name].dtype
    assert (found["words"], found["number"], found["flag"], found["text"][()]) == (["a", b"b", None], 3.0, True, "ab")
    assert np.array_equal(found["objects"][0]["inside"], np.ones(2))
    if protocol > 3:
        assert unpickle(pickle.dumps({"a": {3}, "b": frozenset([4])}, protocol), "file") == {"a": [3], "b": [4]}
    assert unpickle(pickle.dumps(defaultdict(dict, {1: {"a": 2}}), protocol), "file") == {1: {"a": 2}}


def test_tensors_are_what_they_were(tmp_path: Path) -> None:
    whole = torch.arange(24.0).reshape(4, 6)
    held = {"part": whole[1:3, ::2], "turned": whole.T, "whole numbers": torch.arange(3), "none": torch.zeros(0, 3)}
    torch.save(held, tmp_path / "some.pt")
    found = read_stored(tmp_path / "some.pt")
    for name, tensor in held.items():
        assert np.array_equal(found[name], tensor.numpy()), name


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ["pickle", "npy", "npz", "torch", "packed"])
def test_a_command_is_never_run(tmp_path: Path, protocol: int, kind: str) -> None:
    marker = tmp_path / "ran"
    data = pickle.dumps({"poses": np.zeros((1, 72)), "more": [Command(marker)]}, protocol)
    path = tmp_path / f"bad.{kind}"
    if kind == "torch":
        torch_zip(path, data)
    elif kind in ("npy", "npz"):
        file = io.BytesIO()
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
        member = file.getvalue() + data
        path.write_bytes(member)
        if kind == "npz":
            path.unlink()
            with zipfile.ZipFile(path, "w") as opened:
                opened.writestr("poses.npy", member)
    else:
        import zlib

        path.write_bytes(zlib.compress(data) if kind == "packed" else data)
    with pytest.raises(ValueError, match=r"refused: it asks for \w+\.system|holds nothing") as caught:
        read_smpl(path)
    assert "\n" not in str(caught.value)
    assert not marker.exists()


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"
KIND = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f8tR"
OBJECTS = b"cnumpy\ndtype\n(X\x02\x00\x00\x00O8tR"
HUGE = b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pickle.dumps(Attribute()), "asks for builtins.getattr"),
        (b"\x80\x04cos\nsystem\n(X\x02\x00\x00\x00lstR.", "asks for os.system"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.", "asks for os.system"),
        (b"(S'ls'\nios\nsystem\n.", "has no place"),
        (b"\x80\x04\x8c\x02os\x8c\x04a\nb\n\x93.", r"asks for os.a\\nb\\n, which"),
        (b"\x80\x02cnumpy\nload\n(X\x01\x00\x00\x00xtR.", "asks for numpy.load"),
        (b"\x80\x04K\x01r\xff\xff\xff\x7f.", "holds a int"),
        (b"\x80\x04" + b"]" * 20_000 + b"a" * 19_999 + b".", "holds a list"),
        (b"\x80\x04" + b"K\x01" + b"\x85" * 20_000 + b"}q\x00h\x00\x86K\x02s.", "damaged"),
        (b"\x80\x04B\xff\xff\xff\x7fabc.", "damaged"),
        (b"\x80\x05\x96" + b"\xff" * 7 + b"\x00abc.", "damaged"),
        (b"\x80\x04\x95" + b"\xff" * 7 + b"\x00abc.", "damaged"),
        (b"\x80\x03" + ARRAY + b"(K\x01" + HUGE + KIND + b"\x89C\x08abcdefghtb.", "bytes, not"),
        (b"\x80\x03" + ARRAY + b"(K\x01K\x05\x85" + OBJECTS + b"\x89]tb.", "another number of them"),
        (b"\x80\x03cnumpy\ndtype\n(X\x0c\x00\x00\x00(1000000,)f8tR.", "holds a Kind"),
        (b"\x80\x03cscipy.sparse.csc\ncsc_matrix\n)\x81.", "asks for scipy"),
        (b"\x80\x03cchumpy.ch\nCh\n)\x81.", "asks for chumpy"),
        (b"\x80\x02}(K\x01K\x02K\x03u.", "damaged"),
        (b"\x80\x02K\x01K\x02K\x03s.", "damaged"),
        (b"\x80\x02" + KIND + b"(K\x01tR.", "no maker"),
        (b"", "damaged"),
        (b"\x80", "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_plain_data_is_refused_in_a_line(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "hostile.pkl"
    path.write_bytes(data)
    start = time.process_time()
    with pytest.raises(ValueError, match=reason) as caught:
        read_smpl(path)
    assert time.process_time() - start < 2
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_pickle_without_an_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.pickles.reader.MOST_STEPS", 1000)
    (tmp_path / "long.pkl").write_bytes(b"\x80\x04" + b"N0" * 1000 + b"N.")
    with pytest.raises(ValueError, match="more than 1000 instructions"):
        read_smpl(tmp_path / "long.pkl")


def test_bombs_are_not_unpacked(tmp_path: Path) -> None:
    import zlib

    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("poses.npy", bytes(33 << 20))
    (tmp_path / "bomb.pkl").write_bytes(zlib.compress(bytes(33 << 20)))
    for name in ("bomb.npz", "bomb.pkl"):
        with pytest.raises(ValueError, match="unpacks to more than 32 MB"):
            read_smpl(tmp_path / name)


@pytest.mark.parametrize("shape", ["(100000000000, 72)", "(-1, 72)", "(2, 72", "((((((1,),),),),),)", "(True, 72)"])
def test_an_array_that_is_not_there_is_not_made(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(64)
    (tmp_path / "huge.npy").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as file:
        file.writestr("poses.npy", data)
    for name in ("huge.npy", "huge.npz"):
        with pytest.raises(ValueError, match="damaged array"):
            read_smpl(tmp_path / name)
