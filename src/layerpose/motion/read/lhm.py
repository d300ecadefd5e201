"""LHM's folder of SMPL-X parameters, a .json a frame -> `SmplClip`, in the axes of the camera."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from layerpose.motion.read.amass import smpl_clip
from layerpose.motion.read.numbers import finite
from layerpose.motion.read.smpl_clip import SmplClip

WIDTHS = {"root_pose": 3, "body_pose": 63, "trans": 3}
HANDS = ("lhand_pose", "rhand_pose")
FPS = 30.0
"""LHM plays its motions at this rate."""
LARGEST = 1 << 20
"""Bytes of a frame's file; it has five thousand."""


def is_lhm(path: Path) -> bool:
    """A folder (or a file) of frames as LHM names them."""
    files = _files(path)
    if not files or files[0].stat().st_size > LARGEST:
        return False
    start = files[0].read_bytes()
    return b'"root_pose"' in start and b'"body_pose"' in start


def read_lhm(path: Path) -> SmplClip:
    """Every frame, in the order of the numbers in the names. ValueError if one is damaged."""
    frames = [_read_frame(file) for file in _files(path)]
    pose = np.stack([np.concatenate([frame["root_pose"], frame["body_pose"]]) for frame in frames])
    hands = np.stack([np.concatenate([frame[hand] for hand in HANDS]) for frame in frames])
    return smpl_clip(
        path.name, pose.reshape(len(frames), -1, 3), up="-y", places=np.stack([frame["trans"] for frame in frames]),
        hands=hands.reshape(len(frames), 30, 3), betas=np.stack([frame["betas"] for frame in frames]), fps=FPS,
    )  # fmt: skip


def _files(path: Path) -> list[Path]:
    files = [path] if path.is_file() else path.glob("*.json")
    return sorted(files, key=lambda file: [(len(digits), digits) for digits in re.findall(r"\d+", file.stem)])


def _read_frame(file: Path) -> dict[str, np.ndarray]:
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file} has {file.stat().st_size >> 20} MB; expected one frame of LHM")
    try:
        record = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not JSON ({error!s:.80}); expected a frame of LHM") from error
    if not isinstance(record, dict):
        raise ValueError(f"{file} holds a {type(record).__name__}; expected a frame of LHM")
    found = {name: _numbers(record, name, width, file) for name, width in WIDTHS.items()}
    hands = {name: _numbers(record, name, 45, file) if name in record else np.zeros(45) for name in HANDS}
    return {**found, **hands, "betas": _shape(record, file)}


def _numbers(record: dict[str, Any], name: str, width: int, file: Path) -> np.ndarray:
    if name not in record:
        raise ValueError(f"{file}: {name} is missing; expected {', '.join(WIDTHS)}")
    try:
        array = finite(record[name], f"{file}: {name}").ravel()
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{file}: {name} is not a list of numbers ({error!s:.60})") from error
    if array.size != width:
        raise ValueError(f"{file}: {name} has {array.size} numbers; expected {width}")
    return array


def _shape(record: dict[str, Any], file: Path) -> np.ndarray:
    shape = np.zeros(10)
    given = finite(record.get("betas", []), f"{file}: betas").ravel()[:10] if record.get("betas") else np.zeros(0)
    shape[: len(given)] = given
    return shape
