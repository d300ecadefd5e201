"""Arrays and a description -> glTF 2.0 in one binary file (GLB)."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from layerpose.runtime.cache import writing

MAGIC, VERSION, JSON_CHUNK, BIN_CHUNK = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
COMPONENTS = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
"""Type of a number -> glTF's code for it."""
SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
VERTICES, INDICES = 34962, 34963
"""What a buffer view is for."""


@dataclass(frozen=True, kw_only=True)
class GltfFile:
    """A file in the making: its JSON without buffers, and the bytes of its one buffer."""

    description: dict[str, Any]
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)
    binary: bytearray = field(default_factory=bytearray)

    def add(self, values: np.ndarray, *, target: int | None = None, bounds: bool = False) -> int:
        """Put an array into the buffer; returns its accessor. Matrices are written column by column, as glTF has them.

        `bounds`: with the smallest and the largest value, where the format asks for them.
        """
        values = values.astype(values.dtype.newbyteorder("<"))
        if values.shape[1:] == (4, 4):
            values = values.swapaxes(1, 2)
        accessor = {
            "bufferView": self.add_bytes(values.tobytes(), target=target),
            "componentType": COMPONENTS[values.dtype.str[1:]],
            "count": len(values),
            "type": SHAPES[values.shape[1:]],
        }
        if bounds:
            accessor |= {
                key: np.atleast_1d(ends).tolist() for key, ends in (("min", values.min(0)), ("max", values.max(0)))
            }
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def add_bytes(self, data: bytes, *, target: int | None = None) -> int:
        """Put bytes into the buffer; returns their buffer view."""
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)}
        self.views.append(view if target is None else {**view, "target": target})
        self.binary.extend(data + b"\0" * (-len(data) % 4))
        return len(self.views) - 1

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        described = {
            **self.description,
            "buffers": [{"byteLength": len(self.binary)}],
            "bufferViews": self.views,
            "accessors": self.accessors,
        }
        text = json.dumps(described, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        length = 12 + 8 + len(text) + 8 + len(self.binary)
        with writing(path) as temporary, temporary.open("wb") as file:
            file.write(struct.pack("<III", MAGIC, VERSION, length))
            file.write(struct.pack("<II", len(text), JSON_CHUNK) + text)
            file.write(struct.pack("<II", len(self.binary), BIN_CHUNK) + self.binary)
