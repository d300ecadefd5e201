"""The networks that find bodies and faces, as they are bundled: MediaPipe's (Apache-2.0), the largest one packed.

A packed network is its file without the weights of its large convolutions, which have ten bits each
(`runtime.packing`); put together again it is a TensorFlow Lite file like the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np
from safetensors.numpy import load

from layerpose.runtime.packing import STEPS, pack_finely, unpack_finely

FOLDER = files("layerpose") / "weights" / "landmarks"
REST, BITS = "rest", ".bits"
"""What of a packed file is not packed; all other arrays are called by their place in the file."""
LEAST_BYTES = 60_000
"""Smaller weights stay as they are, and so do those of convolutions that see more than one pixel: all feel it."""


def read_network(name: str) -> bytes:
    """A network as a TensorFlow Lite file."""
    whole, packed = FOLDER / f"{name}.tflite", FOLDER / f"{name}.safetensors"
    return whole.read_bytes() if whole.is_file() else unpack_network(load(packed.read_bytes()))


def pack_network(whole: bytes) -> dict[str, np.ndarray]:
    """A TensorFlow Lite file whose weights have 16 bits -> arrays to keep; `unpack_network` makes it again."""
    schema: Any = import_module("ai_edge_litert.schema_py_generated")
    model, bytes_of = schema.Model.GetRootAs(whole, 0), np.frombuffer(whole, np.uint8)
    graph, stored, rest, done = model.Subgraphs(0), {}, [], 0
    tensors = {graph.Tensors(n).Buffer(): graph.Tensors(n) for n in range(graph.TensorsLength())}
    places = {}
    for number, tensor in tensors.items():
        buffer = model.Buffers(number)
        if buffer.DataLength() >= LEAST_BYTES and tensor.Type() == schema.TensorType.FLOAT16:
            places[_place(buffer.DataAsNumpy(), bytes_of)] = tuple(tensor.ShapeAsNumpy().tolist())
    for place, shape in sorted(places.items()):
        if len(shape) == 4 and shape[1:3] == (1, 1):
            weights = np.frombuffer(whole, np.float16, int(np.prod(shape)), place)
            packed = pack_finely(weights.reshape(shape[0], -1))
            stored |= dict(zip((str(place), f"{place}{STEPS}", f"{place}{BITS}"), packed, strict=True))
            rest.append(bytes_of[done:place])
            done = place + weights.nbytes
    return {**stored, REST: np.concatenate([*rest, bytes_of[done:]])}


def unpack_network(stored: Mapping[str, np.ndarray]) -> bytes:
    """The file."""
    rest, pieces, done, taken = stored[REST], [], 0, 0
    for place in sorted(int(name) for name in stored if name.isdigit()):
        parts = (stored[f"{place}{part}"] for part in ("", STEPS, BITS))
        weights = unpack_finely(*parts).astype(np.float16)
        pieces += [rest[taken : taken + place - done].tobytes(), weights.tobytes()]
        taken, done = taken + place - done, place + weights.nbytes
    return b"".join([*pieces, rest[taken:].tobytes()])


def _place(part: np.ndarray, whole: np.ndarray) -> int:
    """Where a view into a file begins."""
    return part.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
