"""A glTF file (.gltf, .glb, .vrm, .vrma) -> its JSON and the numbers that its accessors point at."""

from __future__ import annotations

import base64
import binascii
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from layerpose.motion.json_file import parse_json

MAGIC = b"glTF"
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
MOST_BYTES = 512 * 2**20
MOST_JSON_BYTES = 32 * 2**20
MOST_NUMBERS = 150_000_000
"""20 minutes of 120 frames a second of 65 joints, all turned, scaled and moved, are 94 million."""
MOST_EMPTY = 1_000_000
"""Numbers of an accessor without data: all zeros."""
MOST_PARTS = 100
"""Parts of a .glb that are looked at; the first two are those that are wanted."""
KINDS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
"""componentType -> numpy's name for it."""
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
COMPRESSED = ("EXT_meshopt_compression", "KHR_meshopt_compression")


class Document:
    """A file's JSON and its buffers, which are read when they are asked for."""

    def __init__(self, path: Path, record: dict[str, Any], binary: bytes) -> None:
        """`binary` is the second part of a .glb; empty for a .gltf."""
        self.path, self.record, self.binary = path, record, binary
        self.left = MOST_NUMBERS
        self.buffers: dict[int, bytes] = {}
        self.accessors: dict[int, np.ndarray] = {}

    def items(self, name: str) -> list[dict[str, Any]]:
        """A list of objects, empty if the file has none. ValueError if it is something else."""
        found = self.record.get(name, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise ValueError(f"it is a damaged glTF file: {name!r} is {found!r:.40}; expected a list of objects")
        return found

    def item(self, name: str, row: Any) -> dict[str, Any]:
        """The object with a number."""
        found = self.items(name)
        if type(row) is not int or not 0 <= row < len(found):
            raise ValueError(f"it is a damaged glTF file: {row!r:.40} is none of its {len(found)} {name}")
        return found[row]

    def accessor(self, row: Any) -> np.ndarray:
        """The numbers, `count width`, as they lie in the file. ValueError if any is missing or not finite."""
        told = self.item("accessors", row)
        if row not in self.accessors:
            numbers = self._read(told)
            if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
                raise ValueError(f"accessor {row} holds a number that is not finite; repair it or export it again")
            self.accessors[row] = numbers
        return self.accessors[row]

    def _read(self, told: dict[str, Any]) -> np.ndarray:
        count, width, kind = _whole(told, "count"), WIDTHS.get(str(told.get("type")), 0), _kind(told)
        if not width:
            raise ValueError(f"it is a damaged glTF file: an accessor has the type {told.get('type')!r:.20}")
        self.left -= count * width
        if self.left < 0:
            raise ValueError(f"it says that it has more than {MOST_NUMBERS} numbers; export a shorter part of it")
        if "bufferView" in told:
            numbers = self._strided(told["bufferView"], _whole(told, "byteOffset", 0), count, width, kind)
        elif count * width > MOST_EMPTY:
            raise ValueError(f"an accessor of {count} numbers has no data")
        else:
            numbers = np.zeros((count, width), dtype=kind)
        if "sparse" in told:
            numbers = self._sparse(numbers, told["sparse"])
        return numbers if told.get("normalized") is not True else _normalized(numbers)

    def _sparse(self, numbers: np.ndarray, told: Any) -> np.ndarray:
        told = mapping(told, "sparse")
        places, values = mapping(told.get("indices"), "indices"), mapping(told.get("values"), "values")
        count, kind = _whole(told, "count"), _kind(places)
        rows = self._strided(places.get("bufferView"), _whole(places, "byteOffset", 0), count, 1, kind)[:, 0]
        if count and int(rows.max()) >= len(numbers):
            raise ValueError("it is a damaged glTF file: a sparse accessor points behind its end")
        changed = numbers.copy()
        changed[rows] = self._strided(
            values.get("bufferView"), _whole(values, "byteOffset", 0), count, numbers.shape[1], numbers.dtype.str
        )
        return changed

    def _strided(self, view: Any, offset: int, count: int, width: int, kind: str) -> np.ndarray:
        told = self.item("bufferViews", view)
        for name in COMPRESSED:
            if name in mapping(told.get("extensions", {}), "extensions"):
                raise ValueError(f"it is compressed with {name}, which is not read; export it without compression")
        data = self._buffer(told.get("buffer"))
        start, length = _whole(told, "byteOffset", 0), _whole(told, "byteLength")
        item = np.dtype(kind).itemsize
        stride = max(_whole(told, "byteStride", 0), item * width)
        size = stride * (count - 1) + item * width if count else 0
        if start + length > len(data) or offset + size > length:
            raise ValueError("it is a damaged glTF file: an accessor reaches beyond its buffer's end")
        if not count:
            return np.zeros((0, width), dtype=kind)
        return np.ndarray((count, width), dtype=kind, buffer=data, offset=start + offset, strides=(stride, item))

    def _buffer(self, row: Any) -> bytes:
        told = self.item("buffers", row)
        if row not in self.buffers:
            uri = told.get("uri")
            self.buffers[row] = self.binary if uri is None else _fetch(self.path, uri)
        return self.buffers[row]


def read_document(path: Path) -> Document:
    """The file's JSON, checked to be glTF 2. ValueError says what is wrong."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(
            f"it has {path.stat().st_size >> 20} MiB; expected at most {MOST_BYTES >> 20}: export no textures"
        )
    data = path.read_bytes()
    text, binary = _split(data) if data.startswith(MAGIC) else (data, b"")
    if len(text) > MOST_JSON_BYTES:
        raise ValueError(f"its JSON has {len(text) >> 20} MiB; expected at most {MOST_JSON_BYTES >> 20}")
    try:
        record = parse_json(text)
    except ValueError as error:
        raise ValueError(f"it is not a glTF file that can be read: its JSON is damaged ({error})") from error
    if not isinstance(record, dict) or not isinstance(record.get("asset"), dict):
        raise ValueError('it is no glTF file: its JSON has no "asset"')
    if not str(record["asset"].get("version")).startswith("2"):
        raise ValueError(f"it is glTF {record['asset'].get('version')!r:.20}; expected version 2")
    return Document(path, record, binary)


def mapping(value: Any, name: str) -> dict[str, Any]:
    """The value, if it is a JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"it is a damaged glTF file: {name!r} is {value!r:.40}; expected an object")
    return value


def _split(data: bytes) -> tuple[bytes, bytes]:
    """The JSON and the binary part of a .glb."""
    if len(data) < 20:
        raise ValueError("it is a damaged glTF file: it ends in its header")
    version = struct.unpack_from("<I", data, 4)[0]
    if version != 2:
        raise ValueError(f"it is binary glTF {version}; expected version 2")
    parts, at = {}, 12
    for _ in range(MOST_PARTS):
        if at + 8 > len(data):
            break
        length, kind = struct.unpack_from("<II", data, at)
        parts.setdefault(kind, data[at + 8 : at + 8 + length])
        at += 8 + length
    if JSON_CHUNK not in parts:
        raise ValueError("it is a damaged glTF file: it has no JSON part")
    return parts[JSON_CHUNK], parts.get(BINARY_CHUNK, b"")


def _fetch(path: Path, uri: Any) -> bytes:
    """A buffer from a data URI or from a file in the same folder or below it."""
    if not isinstance(uri, str):
        raise ValueError(f"it is a damaged glTF file: a buffer's uri is {uri!r:.40}")
    if uri.startswith("data:"):
        try:
            return base64.b64decode(uri.partition(",")[2], validate=True)
        except binascii.Error as error:
            raise ValueError(f"it is a damaged glTF file: an embedded buffer is not base64 ({error})") from error
    folder = path.resolve().parent
    beside = (folder / unquote(uri)).resolve() if "\0" not in unquote(uri) else folder
    if "://" in uri or not beside.is_relative_to(folder):
        raise ValueError(f"its buffer {uri!r:.60} is not beside it; expected a file in the same folder")
    if not beside.is_file():
        raise ValueError(f"its buffer {uri!r:.60} is missing; keep the .bin beside the .gltf")
    if beside.stat().st_size > MOST_BYTES:
        raise ValueError(f"its buffer {uri!r:.60} has more than {MOST_BYTES >> 20} MiB")
    return beside.read_bytes()


def _kind(told: dict[str, Any]) -> str:
    """Its numbers' type as numpy spells it."""
    kind = told.get("componentType")
    if type(kind) is not int or kind not in KINDS:
        raise ValueError(f"it is a damaged glTF file: 'componentType' is {kind!r:.20}")
    return KINDS[kind]


def _normalized(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers that stand for 0..1 or -1..1."""
    if numbers.dtype.kind == "f":
        return numbers
    return np.maximum(numbers / np.float32(np.iinfo(numbers.dtype).max), np.float32(-1.0))


def _whole(told: dict[str, Any], name: str, default: int = -1) -> int:
    value = told.get(name, default)
    if type(value) is not int or not 0 <= value < 2**40:
        raise ValueError(f"it is a damaged glTF file: {name!r} is {value!r:.40}; expected a whole number from 0")
    return value
