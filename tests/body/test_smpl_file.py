"""SMPL files as they are published, and files that are none."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from layerpose.body.smpl_file import read_smpl

Arrays = dict[str, Any]


@pytest.fixture
def arrays(smpl_file: Path) -> Arrays:
    with np.load(smpl_file) as stored:
        return dict(stored)


@pytest.fixture
def chumpy(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A package of chumpy's names, as it is when SMPL's own pickles are written; gone when they are read."""

    class Ch:
        def __init__(self, **state: Any) -> None:
            self.__dict__.update(state)

    class Select(Ch):
        pass

    for name, kind in (("chumpy.ch", Ch), ("chumpy.reordering", Select)):
        kind.__module__, kind.__qualname__ = name, kind.__name__
        module = types.ModuleType(name)
        setattr(module, kind.__name__, kind)
        monkeypatch.setitem(sys.modules, name, module)
    package = types.ModuleType("chumpy")
    monkeypatch.setitem(sys.modules, "chumpy", package)
    package.Ch, package.Select = Ch, Select  # pyright: ignore[reportAttributeAccessIssue]
    return package


@pytest.mark.parametrize(
    ("matrix", "protocol"), [(scipy.sparse.csc_matrix, 0), (scipy.sparse.csr_matrix, 2), (scipy.sparse.coo_matrix, 5)]
)
def test_a_pickle_of_chumpy_and_scipy_holds_the_same_arrays(
    smpl_file: Path, arrays: Arrays, chumpy: types.ModuleType, tmp_path: Path, matrix: Any, protocol: int
) -> None:
    shapes = arrays["shapedirs"]
    published = {
        **arrays,
        "J_regressor": matrix(arrays["J_regressor"]),
        "v_template": chumpy.Ch(x=arrays["v_template"], _dirty_vars=set()),
        "shapedirs": chumpy.Select(
            a=chumpy.Ch(x=shapes), idxs=np.arange(shapes.size), preferred_shape=shapes.shape, _itr=None
        ),
    }
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(published, protocol=protocol))
    ours, theirs = read_smpl(path), read_smpl(smpl_file)
    for name in ("v_template", "shapedirs", "J_regressor", "weights", "f", "kintree_table"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


def test_of_three_hundred_shape_numbers_the_first_ten_are_taken(arrays: Arrays, tmp_path: Path) -> None:
    many = np.concatenate([arrays["shapedirs"], np.ones((len(arrays["v_template"]), 3, 290))], axis=2)
    np.savez(tmp_path / "many.npz", **{**arrays, "shapedirs": many.astype(np.float32)})
    assert np.allclose(read_smpl(tmp_path / "many.npz").shapedirs, arrays["shapedirs"], atol=1e-6)


class Runs:
    """An object whose pickle calls a function when it is read."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("disguised", [False, True])
def test_a_pickle_that_runs_code_is_refused_and_the_code_not_run(
    arrays: Arrays, tmp_path: Path, disguised: bool
) -> None:
    mark, path = tmp_path / "it ran", tmp_path / "evil.pkl"
    trap = Runs(exec, f"open({str(mark)!r}, 'w').close()")
    path.write_bytes(pickle.dumps({**arrays, "extra": trap} if disguised else trap, protocol=2))
    with pytest.raises(ValueError, match=r"refused: it asks for \w+\.exec"):
        read_smpl(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["os.system", "posix.system", "subprocess.Popen", "numpy.testing._private.utils.runstring",
             "numpy.f2py.diagnose.run_command", "numpy.load", "scipy.sparse._csc.os", "chumpy.ch.os"],
)  # fmt: skip
def test_the_reader_knows_no_name_that_an_smpl_file_does_not_need(tmp_path: Path, name: str) -> None:
    module, _, function = name.rpartition(".")
    path = tmp_path / "evil.pkl"
    path.write_bytes(f"c{module}\n{function}\n(S'true'\ntR.".encode())
    with pytest.raises(ValueError, match="refused: it asks for"):
        read_smpl(path)


def test_a_dotted_name_does_not_lead_past_the_list(tmp_path: Path) -> None:
    path = tmp_path / "evil.pkl"
    path.write_bytes(b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.")
    with pytest.raises(ValueError, match=r"refused: it asks for numpy\.ndarray\.tofile"):
        read_smpl(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"weights": np.zeros((6890, 52)), "kintree_table": np.zeros((2, 52), dtype=np.int64)}, "has 52 joints"),
        ({"v_template": np.zeros((10, 3))}, "10 vertices"),
        ({"J_regressor": np.zeros((24, 5))}, "J_regressor is"),
        ({"v_template": np.zeros(())}, "0 vertices"),
        ({"weights": np.zeros(())}, "joints; SMPL has 24"),
        ({"f": np.zeros((0, 3), dtype=np.int64)}, "triangles"),
        ({"shapedirs": np.zeros((5, 3))}, "shapedirs is"),
        ({"f": np.array([[0, 1, 10**6]])}, "triangles"),
        ({"weights": None}, "lacks weights"),
        ({"posedirs": "none"}, "numbers expected"),
        ({"kintree_table": np.array([range(24), range(24)])}, "parents first"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(
    arrays: Arrays, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, **{name: value for name, value in (arrays | change).items() if value is not None})
    with pytest.raises(ValueError, match=reason):
        read_smpl(path)


def test_numbers_that_are_not_finite_are_refused(arrays: Arrays, tmp_path: Path) -> None:
    arrays["v_template"][3, 1] = np.nan
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match="v_template holds numbers that are not finite"):
        read_smpl(tmp_path / "bad.npz")


@pytest.mark.parametrize("name", ["bad.pkl", "bad.npz"])
@pytest.mark.parametrize("content", [b"", b"Dear diary", b"\x80\x02}q\x00"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        read_smpl(tmp_path / name)
