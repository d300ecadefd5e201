"""The user's licensed SMPL file (.npz or .pkl) -> plain arrays; a pickle is read by a reader that runs no code.

The published .pkl files are pickles of numpy arrays, scipy matrices and chumpy arrays. The reader knows the names of
these few and of nothing else; matrices and chumpy arrays become inert records from which the numbers are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from layerpose.pickles.makers import KNOWN, Inert, Maker
from layerpose.pickles.reader import PlainReader, unpickle
from layerpose.runtime.arrays import read_arrays

NUM_JOINTS = 24
NUM_VERTICES = 6890
"""Vertices of SMPL; keypoints are found by their numbers, so a file must have at least these."""
NUM_BETAS = 10
NO_PARENT = 2**32 - 1
REGISTER = "register at https://smpl.is.tue.mpg.de, download the model and pass the file, as in --smpl SMPL_NEUTRAL.pkl"


@dataclass(frozen=True, kw_only=True)
class SmplArrays:
    """What an SMPL file holds, under the names that it has there."""

    v_template: Float[np.ndarray, "v 3"]
    shapedirs: Float[np.ndarray, "v 3 10"]
    posedirs: Float[np.ndarray, "v 3 207"]
    J_regressor: Float[np.ndarray, "24 v"]
    weights: Float[np.ndarray, "v 24"]
    kintree_table: Int[np.ndarray, "2 24"]
    f: Int[np.ndarray, "f 3"]


class _InertMatrix(Inert):
    """A scipy.sparse matrix."""


class _InertChumpy(Inert):
    """A chumpy array, or a selection from one."""


def _reconstruct(maker: type[Inert], *_: Any) -> Inert:
    return maker()


def _nothing(*_: Any) -> None:
    """A set or a plain object; none says anything about the body."""


_KNOWN: dict[tuple[str, str], Maker] = {
    **KNOWN,
    ("chumpy.ch", "Ch"): _InertChumpy,
    ("chumpy.reordering", "Select"): _InertChumpy,
}
for _python in (("__builtin__", "copy_reg"), ("builtins", "copyreg")):
    _KNOWN |= {(_python[0], "object"): _nothing, (_python[0], "set"): _nothing}
    _KNOWN[_python[1], "_reconstructor"] = _reconstruct
for _kind in ("csc", "csr", "coo"):
    _KNOWN |= {(f"scipy.sparse.{prefix}{_kind}", f"{_kind}_matrix"): _InertMatrix for prefix in ("", "_")}


def read_smpl(path: Path) -> SmplArrays:
    """Read and check an SMPL file. ValueError says what is wrong with it."""
    if not path.is_file():
        raise ValueError(f"there is no SMPL file {path}; {REGISTER}")
    record = _read_npz(path) if path.suffix.lower() == ".npz" else _read_pickle(path)
    missing = [name for name in SmplArrays.__dataclass_fields__ if name not in record]
    if missing:
        raise ValueError(f"{path} is no SMPL file: it lacks {', '.join(missing)}; {REGISTER}")
    try:
        arrays = {name: _to_array(record[name]) for name in SmplArrays.__dataclass_fields__}
    except (TypeError, KeyError, IndexError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is a damaged SMPL file ({error}); download it again") from error
    _check(arrays, path)
    arrays["shapedirs"] = arrays["shapedirs"][:, :, :NUM_BETAS]
    whole = {name: arrays.pop(name).astype(np.int64) for name in ("kintree_table", "f")}
    return SmplArrays(**{name: value.astype(np.float64) for name, value in arrays.items()}, **whole)


def _read_npz(path: Path) -> dict[str, Any]:
    try:
        return dict(read_arrays(path, SmplArrays.__dataclass_fields__))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is no .npz of plain arrays ({error}); pass the .pkl as it was downloaded") from error


def _read_pickle(path: Path) -> dict[Any, Any]:
    record = unpickle(path.read_bytes(), str(path), lambda source: PlainReader(source, _KNOWN))
    if not isinstance(record, dict):
        raise ValueError(f"{path} is no SMPL file: it holds a {type(record).__name__}, not named arrays; {REGISTER}")
    return record


def _to_array(value: Any) -> np.ndarray:
    if isinstance(value, _InertMatrix):
        return _matrix_to_array(value.state)
    if isinstance(value, _InertChumpy):
        state = value.state
        if "x" in state:
            return _to_array(state["x"])
        picked = _to_array(state["a"]).ravel()[np.asarray(state["idxs"]).ravel()]
        return picked.reshape(tuple(state["preferred_shape"]))
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"an array of numbers expected, {array.dtype} found")
    return array


def _matrix_to_array(state: dict[str, Any]) -> np.ndarray:
    import scipy.sparse

    shape = tuple(state.get("_shape", state.get("shape", ())))
    if "indptr" not in state:
        places = state["coords"] if "coords" in state else (state["row"], state["col"])
        return scipy.sparse.coo_matrix((state["data"], places), shape=shape).toarray()
    columns = len(state["indptr"]) == shape[1] + 1
    maker = scipy.sparse.csc_matrix if columns else scipy.sparse.csr_matrix
    return maker((state["data"], state["indices"], state["indptr"]), shape=shape).toarray()


def _check(arrays: dict[str, np.ndarray], path: Path) -> None:
    *_, joints = (0, *arrays["weights"].shape)
    vertices, *_ = (*arrays["v_template"].shape, 0)
    if joints != NUM_JOINTS or arrays["kintree_table"].shape != (2, NUM_JOINTS):
        found = max(joints, *arrays["kintree_table"].shape[-1:], 0)
        raise ValueError(
            f"{path} has {found} joints; SMPL has {NUM_JOINTS} (SMPL-H has 52, SMPL-X 55); pass an SMPL file"
        )
    if vertices < NUM_VERTICES:
        raise ValueError(f"{path} has {vertices} vertices; SMPL has {NUM_VERTICES}; pass an SMPL file")
    wanted = {
        "v_template": (vertices, 3), "posedirs": (vertices, 3, 9 * (NUM_JOINTS - 1)),
        "J_regressor": (NUM_JOINTS, vertices), "weights": (vertices, NUM_JOINTS),
    }  # fmt: skip
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{path}: {name} is {arrays[name].shape}; expected {shape}; pass an SMPL file")
    shapes, faces = arrays["shapedirs"], arrays["f"]
    if shapes.ndim != 3 or shapes.shape[:2] != (vertices, 3) or shapes.shape[2] < NUM_BETAS:
        raise ValueError(f"{path}: shapedirs is {shapes.shape}; expected {(vertices, 3, NUM_BETAS)} or more")
    if faces.ndim != 2 or faces.shape[1] != 3 or not len(faces) or faces.min() < 0 or faces.max() >= vertices:
        raise ValueError(f"{path}: its triangles (f) name vertices that it does not have; download it again")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{path}: {name} holds numbers that are not finite; download it again")
    parents = arrays["kintree_table"][0].astype(np.int64)[1:]
    if (parents < 0).any() or (parents >= np.arange(1, NUM_JOINTS)).any():
        raise ValueError(f"{path}: its joints are not in order, parents first; pass an SMPL file")
