"""Motion <-> motion file: a JSON of poses one after the other (docs/pose-format.md); or a folder of pose files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.motion.json_file import FrameLines, parse_motion
from layerpose.motion.pose_file import check_names, mapping, numbers, pose_to_record, read_pose, record_to_pose
from layerpose.motion.timing import FASTEST, SLOWEST, poses_to_motion
from layerpose.runtime.cache import writing
from layerpose.types import Body, Motion, Pose

FORMAT = 1
"""Version of the format, under the key `layerpose_motion`."""
KEYS = ("layerpose_motion", "fps", "frames")
FRAME_KEYS = ("rotations", "pelvis", "ankles")
POSE_FOLDER_FPS = 30.0
"""Rate of a folder of pose files, which says nothing about it."""


def write_motion(motion: Motion, path: str | os.PathLike[str]) -> None:
    """Write poses, places and rate."""
    frames = []
    for frame in range(motion.num_frames):
        record: dict[str, Any] = {"rotations": pose_to_record(Pose(rotations=motion.rotations[frame]))}
        record["pelvis"] = _rounded(motion.path[frame])
        if motion.ankles is not None:
            record["ankles"] = [_rounded(ankle) for ankle in motion.ankles[frame]]
        frames.append(record)
    with writing(Path(path)) as temporary:
        lines = ",\n".join(json.dumps(record) for record in frames)
        temporary.write_text(
            f'{{"layerpose_motion": {FORMAT}, "fps": {motion.fps:.6g}, "frames": [\n{lines}\n]}}\n', encoding="utf-8"
        )


def read_motion(path: str | os.PathLike[str]) -> Motion:
    """Read a motion file, or all pose files of a folder, 2.json before 10.json."""
    path = Path(path)
    if path.is_dir():
        return _read_folder(path)
    script = open_motion(path)
    return script.motion(range(script.num_frames))


def open_motion(path: Path) -> Script:
    """Read what a motion file says but its frames. ValueError if it is none."""
    try:
        record = parse_motion(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}); expected a motion file (docs/pose-format.md)") from error
    try:
        return Script(name=str(path), fps=_check(record), frames=record["frames"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Script:
    """A motion file whose frames have not been looked at."""

    name: str
    fps: float
    frames: Sequence[Any]

    @property
    def num_frames(self) -> int:
        """Frames, counted from 0."""
        return len(self.frames)

    def motion(self, chosen: range) -> Motion:
        """Some frames. ValueError for one that is damaged."""
        try:
            return _to_motion(self.frames, chosen, self.fps)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from error


def _read_folder(folder: Path) -> Motion:
    files = sorted(folder.glob("*.json"), key=_natural)
    if not files:
        raise ValueError(f"{folder} holds no .json files; expected a pose file for each frame, named in their order")
    return poses_to_motion([_pose(read_pose(file)) for file in files], POSE_FOLDER_FPS)


def _natural(file: Path) -> list[tuple[int, str]]:
    """The order of the numbers in the names: 2 comes before 10."""
    pieces = re.findall(r"\d+|\D+", file.stem)
    return [(int(piece[:18]), "") if piece.isdecimal() else (-1, piece) for piece in pieces]


def _check(record: Any) -> float:
    """The rate, if all but the frames is as it should be."""
    if not isinstance(record, dict) or "layerpose_motion" not in record:
        raise ValueError('neither a "layerpose_motion" nor a "layerpose_pose" key: not a motion file')
    if type(record["layerpose_motion"]) is not int or record["layerpose_motion"] != FORMAT:
        raise ValueError(
            f'"layerpose_motion" is {record["layerpose_motion"]!r:.40}; expected the version that is read, {FORMAT}'
        )
    check_names(record, KEYS, "key")
    [fps] = numbers([record.get("fps")], 1, '"fps"', "frames a second")
    if not SLOWEST <= fps <= FASTEST:
        raise ValueError(f'"fps" is {fps:g}; expected {SLOWEST:g} to {FASTEST:g} frames a second')
    frames = record.get("frames")
    if not isinstance(frames, list | FrameLines) or not frames:
        raise ValueError('"frames" holds no frames; expected a list with an object for each')
    return fps


def _to_motion(frames: Sequence[Any], chosen: range, fps: float) -> Motion:
    poses, path, ankles = [], [], []
    for number in chosen:
        try:
            frame = mapping(frames[number], "frame")
            check_names(frame, FRAME_KEYS, "key")
            poses.append(record_to_pose(mapping(frame.get("rotations", {}), "rotations")))
            path.append(numbers(frame.get("pelvis", [0, 0, 0]), 3, '"pelvis"', "leg lengths"))
            if "ankles" in frame:
                ankles.append(_to_ankles(frame["ankles"]))
        except ValueError as error:
            raise ValueError(f"frame {number}: {error}") from error
    if ankles and len(ankles) != len(chosen):
        raise ValueError(f'{len(ankles)} of {len(chosen)} frames have "ankles"; give them in all or in none')
    return Motion(
        rotations=torch.stack([pose.rotations for pose in poses]),
        path=torch.tensor(path),
        ankles=torch.tensor(ankles) if ankles else None,
        fps=fps,
    )


def _to_ankles(value: Any) -> list[list[float]]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f'"ankles" is {value!r:.40}; expected two places, left and right')
    left, right = value
    return [
        numbers(left, 3, "the left ankle", "leg lengths"),
        numbers(right, 3, "the right ankle", "leg lengths"),
    ]


def _pose(read: Pose | Body) -> Pose:
    return read.pose if isinstance(read, Body) else read


def _rounded(place: Float[Tensor, "3"]) -> list[float]:
    return [round(float(x), 6) for x in place]
