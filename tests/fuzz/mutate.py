"""A valid file + a random generator -> the same file damaged: bytes, numbers, keys, or code that must not run."""

from __future__ import annotations

import io
import json
import lzma
import pickle
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from hostile import hostile, splice

from layerpose.pickles.reader import unpickle

Edit = Callable[[bytes, np.random.Generator], bytes]
STRANGE = (
    None, {}, [], "", "x", "\n", True, -1, 0, 3, 10**30, 1e308, float("nan"), float("inf"), [[]], [{"a": 1}],
    {"a": {"b": []}}, [0] * 3000, "9" * 400, 0.5, 2**31, 2**63,
)  # fmt: skip
NUMBERS = (b"-1", b"0", b"1e308", b"nan", b"99999999999", b"-0.0", b"", b"1" * 400, b"0x10", b"1,5", b"1_0")
WORDS = (0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
DEEP = 3000
HEAD = 600
"""Formats keep their counts and sizes at the beginning, where half of the edits are made."""
UNZIPPABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, OSError, EOFError, RuntimeError, struct.error,
)  # fmt: skip
"""What `zipfile` raises for an archive that an earlier edit has damaged."""
KNOWING = 0.75
"""Share of the edits that know the format; others are refused at its first check, as a rule."""


def damage(path: Path, rng: np.random.Generator, marker: Path) -> str:
    """Change one of the files at `path` in place; says how. What is put in would make `marker` if it ran."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    file = files[rng.integers(len(files))]
    data, done = file.read_bytes(), []
    for _ in range(int(rng.choice([1, 1, 1, 1, 2, 3]))):
        knowing = edits_for(data, marker)
        edits = knowing if knowing and rng.random() < KNOWING else BLIND
        edit = edits[rng.integers(len(edits))]
        data = edit(data, rng) or b"\0"
        done.append(edit.__name__)
    file.write_bytes(data)
    return " + ".join(done)


def edits_for(data: bytes, marker: Path) -> list[Edit]:
    """What can be done to such bytes so that what reads them gets past the beginning."""
    if data.lstrip()[:1] in (b"{", b"["):
        return [change_json]
    if data.startswith(b"glTF"):
        return [change_glb]
    if data.startswith(b"\x89PNG"):
        return [change_png]
    if data.startswith((b"PK", b"\x80", b"\x93NUMPY")):

        def run(_: bytes, rng: np.random.Generator) -> bytes:
            return hostile(marker, rng)

        def run_amid(data: bytes, rng: np.random.Generator) -> bytes:
            return splice(data, marker, rng)

        return [run, run_amid, *([change_zip] * 5 if data.startswith(b"PK") else [change_pickle] * 5)]
    return [change_words] if all(byte < 128 for byte in data[:HEAD]) else []


def _at(data: bytes, rng: np.random.Generator) -> int:
    return int(rng.integers(min(len(data), HEAD) if rng.random() < 0.5 else len(data)))


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """End early, or begin late."""
    at = _at(data, rng)
    return data[:at] if rng.random() < 0.8 else data[at:]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bits."""
    changed = bytearray(data)
    for _ in range(int(rng.choice([1, 3, 20]))):
        changed[_at(data, rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def fill(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch of one byte."""
    at, length = _at(data, rng), int(rng.integers(1, 60))
    return data[:at] + bytes([int(rng.choice([0, 32, 48, 255]))]) * length + data[at + length :]


def drop(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch is missing."""
    at = _at(data, rng)
    return data[:at] + data[at + int(rng.integers(1, 200)) :]


def double(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch comes again, up to a hundred times."""
    at, length = _at(data, rng), int(rng.integers(1, 300))
    return data[:at] + data[at : at + length] * int(rng.choice([2, 3, 100])) + data[at + length :]


def swap(data: bytes, rng: np.random.Generator) -> bytes:
    """Two stretches change places."""
    first, second = sorted((_at(data, rng), _at(data, rng)))
    length = int(rng.integers(1, 100))
    a, b = data[first : first + length], data[second : second + length]
    return data[:first] + b + data[first + length : second] + a + data[second + length :]


def insert(data: bytes, rng: np.random.Generator) -> bytes:
    """Random bytes."""
    at = _at(data, rng)
    return data[:at] + rng.bytes(int(rng.integers(1, 40))) + data[at:]


def word(data: bytes, rng: np.random.Generator) -> bytes:
    """A count or a size of 2, 4 or 8 bytes becomes another."""
    size = int(rng.choice([2, 4, 8]))
    at = _at(data, rng) // 4 * 4
    order = "little" if rng.random() < 0.5 else "big"
    value = int(WORDS[rng.integers(len(WORDS))]) % (1 << 8 * size)
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


def number(data: bytes, rng: np.random.Generator) -> bytes:
    """A number that is written out becomes a strange one."""
    found = list(re.finditer(rb"-?\d+(?:\.\d+)?", data[: 1 << 16]))
    if not found:
        return flip(data, rng)
    start, end = found[rng.integers(len(found))].span()
    return data[:start] + NUMBERS[rng.integers(len(NUMBERS))] + data[end:]


BLIND: list[Edit] = [cut, flip, fill, drop, double, swap, insert, word, number]


def places_in(held: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key in a record."""
    pairs = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    for key, value in list(pairs):
        yield held, key
        yield from places_in(value)


def change_json(data: bytes, rng: np.random.Generator) -> bytes:
    """A value goes, comes twice, or is another one."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return flip(data, rng)
    if rng.random() < 0.03:
        return b"[" * DEEP + b"]" * DEEP
    places = list(places_in(record))
    if not places:
        return insert(data, rng)
    into, key = places[rng.integers(min(len(places), 40) if rng.random() < 0.5 else len(places))]
    match rng.integers(4):
        case 0:
            del into[key]
        case 1 if isinstance(into, list):
            into[key:key] = [into[key]] * int(rng.choice([1, 50]))
        case 2:
            other, name = places[rng.integers(len(places))]
            into[key] = json.loads(json.dumps(other[name])) if name in range(len(other)) or name in other else None
        case _:
            into[key] = STRANGE[rng.integers(len(STRANGE))]
    return json.dumps(record).encode()


def change_words(data: bytes, rng: np.random.Generator) -> bytes:
    """Of a text a word or a line is missing, comes twice, or is another one of the text."""
    parts = re.findall(rb"[^\n]*\n?", data)[:-1] if rng.random() < 0.3 else re.findall(rb"\S+|\s+", data)
    at, other = (int(rng.integers(min(len(parts), HEAD) if rng.random() < 0.5 else len(parts))) for _ in range(2))
    match rng.integers(4):
        case 0:
            del parts[at]
        case 1:
            parts[at:at] = [parts[at]] * int(rng.choice([1, 50]))
        case 2:
            parts[at] = parts[other]
        case _:
            parts[at] = NUMBERS[rng.integers(len(NUMBERS))]
    return b"".join(parts)


def change_glb(data: bytes, rng: np.random.Generator) -> bytes:
    """Its JSON is another, or its buffer; the sizes are right."""
    length = int.from_bytes(data[12:16], "little")
    text, rest = data[20 : 20 + length], data[20 + length :]
    if rng.random() < 0.2:
        rest = rest[:8] + flip(rest[8:] or b"\0", rng)
    else:
        text = change_json(text, rng)
        text += b" " * (-len(text) % 4)
    body = len(text).to_bytes(4, "little") + data[16:20] + text + rest
    return data[:8] + (12 + len(body)).to_bytes(4, "little") + body


def change_png(data: bytes, rng: np.random.Generator) -> bytes:
    """A chunk is another, missing or there twice; the checksums are right."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += size + 12
    if not chunks:
        return flip(data, rng)
    row = int(rng.integers(len(chunks)))
    name, content = chunks[row]
    match rng.integers(4):
        case 0:
            del chunks[row]
        case 1:
            chunks.insert(row, chunks[row])
        case _:
            chunks[row] = name, (flip, word, cut, fill)[rng.integers(4)](content or b"\0", rng)
    packed = (len(c).to_bytes(4, "big") + n + c + zlib.crc32(n + c).to_bytes(4, "big") for n, c in chunks)
    return data[:8] + b"".join(packed)


def change_pickle(data: bytes, rng: np.random.Generator) -> bytes:
    """A value of the object is another; what is no pickle of plain data is damaged otherwise."""
    try:
        held = [unpickle(data, "file")]
    except ValueError:
        return word(data, rng)
    places = list(places_in(held))
    into, key = places[rng.integers(len(places))]
    if isinstance(into, dict) and rng.random() < 0.3:
        del into[key]
    else:
        into[key] = STRANGE[rng.integers(len(STRANGE))] if rng.random() < 0.5 else np.load(io.BytesIO(_array(rng)))
    return pickle.dumps(held[0] if held else None, int(rng.integers(2, 6)))


def change_zip(data: bytes, rng: np.random.Generator) -> bytes:
    """A member is damaged, missing, there twice, or called otherwise; the archive is whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = {name: file.read(name) for name in file.namelist()}
    except UNZIPPABLE:
        return flip(data, rng)
    if not members:
        return insert(data, rng)
    names = sorted(members)
    chosen = names[rng.integers(len(names))]
    match rng.integers(4):
        case 0:
            del members[chosen]
        case 1:
            members[names[rng.integers(len(names))] + ".npy"] = members.pop(chosen)
        case 2:
            members[chosen] = _array(rng)
        case _:
            edit = (cut, flip, fill, drop, word)[rng.integers(5)]
            members[chosen] = edit(members[chosen] or b"\0", rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def _array(rng: np.random.Generator) -> bytes:
    """An array that nobody expects."""
    arrays = (
        np.zeros(0), np.zeros((0, 72)), np.full((9, 72), np.nan), np.array("text"), np.zeros(()), np.full((9, 3), 1e30),
        np.zeros((2, 2), complex), np.arange(9)[::-1], np.zeros((3, 0)), np.array([b"x"]), np.ones((4, 4), bool),
    )  # fmt: skip
    out = io.BytesIO()
    np.save(out, arrays[rng.integers(len(arrays))], allow_pickle=False)
    return out.getvalue()
