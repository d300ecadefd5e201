"""Files that are cut, flipped or hold something else: a pose or one line, never anything else, quickly."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from layerpose.motion.read.array_file import read_stored
from layerpose.motion.read.smpl import read_smpl, to_clip

VARIANTS = int(os.environ.get("LAYERPOSE_DAMAGED", "3"))
"""Damaged variants of each layout and kind; a thousand take a quarter of an hour."""
STRANGE: tuple[Any, ...] = (
    None, {}, [], "", "words", b"bytes", -1, 10**30, float("nan"), float("inf"), np.zeros(0), np.zeros((0, 72)),
    np.zeros((3, 0)), np.full((9, 72), np.nan), np.full((9, 3), 1e30), np.full((9, 72), 5000.0), np.zeros((1, 3)),
    np.zeros((9, 71)), np.zeros(()), np.array("text"), np.array([None, {}], dtype=object),
    np.zeros((2, 22, 3, 4), complex), np.arange(9)[::-1], np.array([0, 1 << 40]), [[[[[[[[[[]]]]]]]]]],
    [{"a": 1}, {}], {"a": {"b": {}}}, True,
    [1, [2, 3]], np.zeros((9, 24, 3, 3)), np.zeros((100_000, 1), np.float16),
)  # fmt: skip
"""What may be found where an array is expected."""


def outcome(read: Callable[[], Any]) -> str:
    """What comes of reading and using a file."""
    start = time.process_time()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            clip = read()
            clip.pose(0)
            clip.motion(0, min(clip.num_frames, 3), fps=30)
            line = "read"
        except ValueError as error:
            line = str(error)
    said_lines = [str(one.message) for one in said]
    assert all("\n" not in one and len(one) < 600 for one in [line, *said_lines]), (line, said_lines)
    assert time.process_time() - start < 2
    return line


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Cut, overwrite, insert or repeat some bytes."""
    changed, at = bytearray(data), int(rng.integers(len(data)))
    match rng.integers(5):
        case 0:
            return bytes(changed[:at])
        case 1:
            for place in rng.integers(len(data), size=rng.integers(1, 20)):
                changed[place] = rng.integers(256)
        case 2:
            changed[at : at + 40] = bytes([int(rng.choice([0, 255]))]) * 40
        case 3:
            changed[at:at] = rng.bytes(int(rng.integers(1, 30)))
        case _:
            head = int(rng.integers(1, min(len(data), 400)))
            changed[rng.integers(head)] = rng.integers(256)
    return bytes(changed)


def places_in(held: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Every container and key in a record."""
    pairs = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    for key, value in list(pairs):
        yield held, key
        if depth < 3:
            yield from places_in(value, depth + 1)


def test_flipped_bytes_make_a_line(layout: str, write: Callable[..., Any], tmp_path: Path) -> None:
    rng, written = np.random.default_rng(len(layout)), write(layout, tmp_path)
    file = next(iter(sorted(written.path.iterdir()))) if written.path.is_dir() else written.path
    whole = file.read_bytes()
    for _ in range(VARIANTS):
        file.write_bytes(flip(whole, rng))
        outcome(lambda: read_smpl(written.path))


def test_another_value_makes_a_line(layout: str, write: Callable[..., Any], tmp_path: Path) -> None:
    rng, written = np.random.default_rng(len(layout)), write(layout, tmp_path)
    for _ in range(VARIANTS):
        if written.path.is_dir():
            file = rng.choice(sorted(written.path.iterdir()))
            held = json.loads(file.read_text())
            held[rng.choice(list(held))] = (None, {}, [], "a", 1e400, [[1, [2]]])[rng.integers(6)]
            file.write_text(json.dumps(held))
            outcome(lambda: read_smpl(written.path))
            continue
        held = read_stored(written.path)
        held = held if isinstance(held, dict | list) else [held]
        into, key = list(places_in(held))[rng.integers(len(list(places_in(held))))]
        if isinstance(into, dict) and rng.random() < 0.3:
            del into[key]
        else:
            into[key] = STRANGE[rng.integers(len(STRANGE))]
        outcome(partial(to_clip, held if isinstance(held, dict) else held[0], "file", None))
