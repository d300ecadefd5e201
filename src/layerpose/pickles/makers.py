"""What the names in a pickle of arrays stand for here: makers of numpy arrays, dicts and lists that check their input.

numpy's own makers take shapes, kinds of elements and lengths on trust; these do not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from layerpose.pickles.source import Source

NUMBERS = re.compile(r"[?]|[biu][1248]|f[248]|[SU]\d{1,4}|O8?")
"""Kinds of elements that are known, as numpy spells them."""

Maker = Callable[..., Any]


class Inert:
    """Stands in for an object of another library: keeps its state, has no behaviour."""

    state: Any = None


class Kind(Inert):
    """A numpy dtype."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code = code if isinstance(code, str) else ""

    def dtype(self) -> np.dtype:
        """The kind of elements. ValueError if it is none of the plain ones."""
        code, order = self.code, "|"
        if code[:1] in ("<", ">", "|", "="):
            order, code = code[0], code[1:]
        if not NUMBERS.fullmatch(code):
            raise ValueError(f"it holds an array of {self.code[:20]!r}, which are no numbers")
        if isinstance(self.state, tuple) and len(self.state) > 1 and self.state[1] in ("<", ">"):
            order = self.state[1]
        return np.dtype(order + code) if order in "<>" and code != "O" else np.dtype(code)


class JoblibArray(Inert):
    """joblib's note that an array's bytes come next."""

    def read(self, source: Source, load: Callable[[], Any]) -> np.ndarray:
        """The array; `load` reads a pickle that lies in the source."""
        state = self.state
        kind, shape = state["dtype"].dtype(), checked_shape(state["shape"])
        if kind.hasobject:
            return np.asarray(load(), dtype=object).reshape(shape)
        if state.get("numpy_array_alignment_bytes") is not None:
            source.take(source.take(1)[0])
        raw = source.take(math.prod(shape) * kind.itemsize)
        return to_array(raw, kind, shape, fortran=state.get("order") == "F")


def checked_shape(shape: Any) -> tuple[int, ...]:
    """The shape, if it is one."""
    if isinstance(shape, int):
        shape = (shape,)
    if not isinstance(shape, tuple) or len(shape) > 8 or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"the shape of an array is {shape!r:.40}")
    return shape


def to_array(raw: Any, kind: np.dtype, shape: tuple[int, ...], *, fortran: bool) -> np.ndarray:
    """Bytes -> array, if they are as many as the shape needs."""
    if len(raw) != math.prod(shape) * kind.itemsize:
        raise ValueError(f"an array of {shape} has {len(raw)} bytes, not {math.prod(shape) * kind.itemsize}")
    flat = np.frombuffer(raw, dtype=kind)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _new_array(*_: Any) -> np.ndarray:
    return np.zeros(0)


def fill_array(array: np.ndarray, state: Any) -> None:
    """Do what numpy's __setstate__ does, after what that would believe has been checked."""
    shape, kind, fortran, raw = state[-4:]
    shape, kind = checked_shape(shape), kind.dtype()
    raw = raw.encode("latin1") if isinstance(raw, str) else raw
    if kind.hasobject:
        if not isinstance(raw, list) or len(raw) != math.prod(shape):
            raise ValueError(f"an array of {shape} objects has another number of them")
    else:
        to_array(raw, kind, shape, fortran=bool(fortran))
        raw = bytes(raw)
    array.__setstate__((1, shape, kind, bool(fortran), raw))  # pyright: ignore[reportArgumentType]


def _scalar(kind: Kind, raw: Any = b"") -> Any:
    raw = raw.encode("latin1") if isinstance(raw, str) else raw
    return to_array(raw, kind.dtype(), (1,), fortran=False)[0].item()


def _from_buffer(raw: Any, kind: Kind, shape: Any, order: Any) -> np.ndarray:
    return to_array(raw, kind.dtype(), checked_shape(shape), fortran=order == "F")


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"it asks for the encoding {encoding!r:.20}")
    return text.encode("latin1")


def _new_dict(*_: Any) -> dict[Any, Any]:
    return {}


def _new_list(items: Sequence[Any] = ()) -> list[Any]:
    return list(items)


KNOWN: dict[tuple[str, str], Maker] = {
    ("numpy", "ndarray"): _new_array,
    ("numpy", "dtype"): Kind,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): _new_dict,
    ("collections", "defaultdict"): _new_dict,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): JoblibArray,
}
for _core in ("numpy.core", "numpy._core"):
    KNOWN[f"{_core}.multiarray", "_reconstruct"] = _new_array
    KNOWN[f"{_core}.multiarray", "scalar"] = _scalar
    KNOWN[f"{_core}.numeric", "_frombuffer"] = _from_buffer
for _builtins in ("builtins", "__builtin__"):
    KNOWN |= {(_builtins, "list"): _new_list, (_builtins, "dict"): _new_dict, (_builtins, "bytes"): _encode}
