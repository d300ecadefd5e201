"""The bytes of an FBX file, binary or text -> its tree of nodes; long arrays stay packed until they are asked for."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MAGIC = b"Kaydara FBX Binary  \x00"
HEADER_BYTES = 27
WIDE_FROM = 7500
"""From this version on a node's sizes have 64 bits."""
OLDEST = 7000
"""Before this version objects have no numbers and movement is kept in another way."""
DEEPEST = 64
MOST_NODES = 400_000
MOST_BYTES = 512 * 2**20
MOST_NUMBERS = 40_000_000
"""Numbers of one array."""
LEAST_PACKED = 1040
"""Zlib makes no array smaller than this part of it."""
LEFT_OUT = frozenset(
    ("Definitions", "Documents", "Geometry", "Implementation", "Material", "Texture", "Thumbnail", "Video")
)
"""Nodes that say nothing about a skeleton and are passed over whole."""
SCALARS = {"Y": "<h", "C": "<?", "B": "<?", "I": "<i", "F": "<f", "D": "<d", "L": "<q"}
ARRAYS = {"f": "<f4", "d": "<f8", "l": "<i8", "i": "<i4", "b": "|u1", "c": "|u1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """An array as it lies in the file."""

    kind: str
    """Its type as numpy spells it."""
    count: int
    zipped: bool
    data: memoryview

    def unpack(self) -> np.ndarray:
        """The numbers. ValueError if there are fewer or more than the file says."""
        size = self.count * np.dtype(self.kind).itemsize
        if self.count > MOST_NUMBERS or size > len(self.data) * (LEAST_PACKED if self.zipped else 1):
            raise ValueError(f"an array of {len(self.data)} bytes says that it holds {self.count} numbers")
        data = bytes(self.data)
        if self.zipped:
            try:
                data = zlib.decompressobj().decompress(data, size + 1)
            except zlib.error as error:
                raise ValueError(f"an array cannot be unpacked ({error})") from error
        if len(data) != size:
            raise ValueError(f"an array of {self.count} numbers does not have {size} bytes")
        return np.frombuffer(data, dtype=self.kind)


Value = int | float | bool | str | bytes | Packed


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A named node with values and nodes below it."""

    name: str
    values: tuple[Value, ...] = ()
    below: list[Node] = field(default_factory=list)

    def child(self, name: str) -> Node | None:
        """The first node of that name below this one."""
        return next(self.children(name), None)

    def children(self, name: str) -> Iterator[Node]:
        """All nodes of that name below this one."""
        return (node for node in self.below if node.name == name)

    def array(self, name: str) -> np.ndarray:
        """The numbers of the array of that name below this node; none where there is none."""
        found = self.child(name)
        if found is None or not found.values:
            return np.zeros(0)
        if isinstance(found.values[0], Packed):
            return found.values[0].unpack()
        return np.array([x for x in found.values if isinstance(x, int | float)], dtype=np.float64)

    def number(self, name: str, default: int) -> int:
        """The whole number of that name below this node."""
        found = self.child(name)
        value = found.values[0] if found and found.values else default
        return value if isinstance(value, int) else default


def read_nodes(path: Path) -> Node:
    """The file's root. ValueError says what is wrong."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(
            f"it has {path.stat().st_size >> 20} MiB; expected at most {MOST_BYTES >> 20}: export no textures"
        )
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        from layerpose.motion.read.fbx_text import parse_text

        return parse_text(data)
    if len(data) < HEADER_BYTES:
        raise ValueError("it is a damaged FBX file: it ends in its header")
    version = struct.unpack_from("<I", data, HEADER_BYTES - 4)[0]
    check_version(version)
    try:
        return Node(name="", below=_Records(data, wide=version >= WIDE_FROM).read(HEADER_BYTES, len(data), 0)[0])
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"it is a damaged FBX file: {error}") from error


def check_version(version: int) -> None:
    """ValueError for a version whose layout is another one."""
    if version < OLDEST:
        raise ValueError(
            f"it is FBX {version / 1000:.1f}; expected 7.0 or later: export it as FBX 2011 or later, or as BVH or GLB"
        )


class _Records:
    """Binary nodes one after the other: a size, values, the nodes below."""

    def __init__(self, data: bytes, *, wide: bool) -> None:
        self.data, self.view = data, memoryview(data)
        self.head = struct.Struct("<QQQB" if wide else "<IIIB")
        self.left = MOST_NODES

    def read(self, at: int, stop: int, depth: int) -> tuple[list[Node], int]:
        """The nodes between two places, up to an empty one, and where they end."""
        if depth > DEEPEST:
            raise ValueError(f"it is a damaged FBX file: its nodes lie more than {DEEPEST} deep")
        nodes: list[Node] = []
        while at + self.head.size <= stop:
            end, count, size, length = self.head.unpack_from(self.data, at)
            start = at + self.head.size + length
            if end == 0:
                return nodes, start
            if not start + size <= end <= stop:
                raise ValueError(f"it is a damaged FBX file: the node at byte {at} does not end within the file")
            self.left -= 1
            if self.left < 0:
                raise ValueError(f"it has more than {MOST_NODES} nodes; export the skeleton without meshes")
            name = self.data[at + self.head.size : start].decode("utf-8", errors="replace")
            if name not in LEFT_OUT:
                below = self.read(start + size, end, depth + 1)[0] if start + size < end else []
                nodes.append(Node(name=name, values=self._values(start, start + size, count), below=below))
            at = end
        return nodes, at

    def _values(self, at: int, stop: int, count: int) -> tuple[Value, ...]:
        values: list[Value] = []
        for _ in range(count):
            kind = chr(self.data[at])
            at += 1
            if kind in SCALARS:
                values.append(struct.unpack_from(SCALARS[kind], self.data, at)[0])
                at += struct.calcsize(SCALARS[kind])
            elif kind in "SR":
                length = struct.unpack_from("<I", self.data, at)[0]
                text = self.data[at + 4 : at + 4 + length]
                values.append(text.decode("utf-8", errors="replace") if kind == "S" else text)
                at += 4 + length
            elif kind in ARRAYS:
                numbers, zipped, length = struct.unpack_from("<III", self.data, at)
                at += 12
                values.append(
                    Packed(kind=ARRAYS[kind], count=numbers, zipped=zipped == 1, data=self.view[at : at + length])
                )
                at += length
            else:
                raise ValueError(f"it is a damaged FBX file: the value at byte {at - 1} has the unknown type {kind!r}")
            if at > stop:
                raise ValueError(f"it is a damaged FBX file: the values at byte {stop} do not end where they should")
        return tuple(values)
