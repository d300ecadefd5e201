"""Files of 2D keypoints -> `KeypointClip`: the body is fitted to the points as to those that are found in a photo.

Read are OpenPose's and DWPose's JSON, MediaPipe's landmarks, COCO's person keypoints and the coloured skeleton of
ControlNet: one file, or a folder with a file for each frame.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from layerpose.estimation.fit_points import PointFit, fit_points
from layerpose.motion.clip import check_frame, check_range
from layerpose.motion.json_file import parse_json
from layerpose.motion.read.coco import coco_to_pictures, is_coco
from layerpose.motion.read.framing import framed
from layerpose.motion.read.keypoint_record import Picture, Track, follow, in_pixels, main_track
from layerpose.motion.read.mediapipe import is_mediapipe, mediapipe_to_pictures
from layerpose.motion.read.openpose import is_openpose, openpose_to_picture
from layerpose.motion.read.over_time import fits_to_motion
from layerpose.motion.read.skeleton_picture import PICTURES, is_skeleton_picture, read_skeleton
from layerpose.types import Body, Motion

EXPECTED = (
    "keypoints of a person: OpenPose's or DWPose's JSON, MediaPipe's 33 points, COCO's annotations, "
    "a skeleton picture, or a folder of these"
)
LARGEST_FILE = 100_000_000
"""Bytes of a JSON that is read."""
HEAD_BYTES = 64
PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8", b"BM", b"RIFF")
"""First bytes of PNG, JPEG, BMP and WebP."""
BLANK = b" \t\r\n\xef\xbb\xbf"
"""What may stand before a JSON begins."""
MOST_FRAMES = 200_000
SHAPE_FRAMES = 5
"""So many frames, spread over those asked for, tell the shape."""
MISSED = 0.05
"""Points that are missed by more than this share of the stature are no ordinary person's; it is said."""


@dataclass(frozen=True, kw_only=True)
class KeypointClip:
    """One person's points in each frame in which it is seen."""

    name: str
    num_frames: int
    track: Track
    canvas: tuple[float, float] | None
    """Width and height of the picture, where the file says so."""
    fps: float | None = None

    def pose(self, frame: int) -> Body:
        """The body in a frame, placed as in the picture. ValueError if the person is not seen there."""
        check_frame(self, frame)
        if frame not in self.track:
            raise ValueError(f"{self.name}: the person is not seen in frame {frame}, only in {_some(list(self.track))}")
        fit = self._fit(frame)
        if fit.reprojection > MISSED:
            warnings.warn(
                f"{self.name}: the body misses the points by {fit.reprojection:.0%} of the stature; they are not those "
                "of an ordinary body",
                stacklevel=2,
            )
        return framed(fit.body, self.canvas)

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """The frames from `first` up to, but not including, `end`: one shape for all, smoothed over time."""
        rate = self.fps or fps
        if rate is None:
            raise ValueError(f"{self.name} says no frames a second; expected --fps RATE, such as --fps 30")
        frames = check_range(self, first, end)
        seen = [frame for frame in frames if frame in self.track]
        if not seen:
            raise ValueError(f"{self.name}: the person is in none of the frames {first} to {frames.stop - 1}")
        spread = sorted({seen[row] for row in np.linspace(0, len(seen) - 1, SHAPE_FRAMES).round().astype(int)})
        shapes = [fit.body.phenotype.double().numpy() for frame in spread if (fit := self._try(frame)) is not None]
        if not shapes:
            self._fit(seen[0])
        phenotype = np.median(shapes, axis=0)
        fits: dict[int, PointFit] = {}
        before = None
        for frame in seen:
            fit = self._try(frame, phenotype, before)
            if fit is not None:
                fits[frame], before = fit, fit.parameters
        return fits_to_motion(self.name, fits, frames, rate)

    def _try(
        self, frame: int, phenotype: Float[np.ndarray, "6"] | None = None, before: Float[np.ndarray, "63"] | None = None
    ) -> PointFit | None:
        """The fit, or None where no body has the frame's points."""
        try:
            return fit_points(self.track[frame].seen, phenotype, before)
        except ValueError:
            return None

    def _fit(self, frame: int) -> PointFit:
        try:
            return fit_points(self.track[frame].seen)
        except ValueError as error:
            raise ValueError(f"{self.name}, frame {frame}: {error}") from error


def read_keypoints(path: str | os.PathLike[str], person: str | None = None) -> KeypointClip:
    """Open a file or a folder. Without a person it is the one who is seen longest, of several the largest."""
    path = Path(path)
    pictures, were_shares = in_pixels(_read_pictures(path))
    if were_shares and not any(picture.canvas for picture in pictures):
        warnings.warn(
            f"{path.name} gives points as shares of a picture whose size it does not say; it is taken for square",
            stacklevel=2,
        )
    tracks = follow(pictures)
    if not tracks:
        raise ValueError(f"{path} holds no person's points in any of {len(pictures)} frames")
    number = _choose(path.name, tracks, person)
    canvas = next((picture.canvas for picture in pictures if picture.canvas), None)
    return KeypointClip(name=path.name, num_frames=len(pictures), track=tracks[number], canvas=canvas)


def holds_keypoints(record: Any) -> bool:
    """Whether what a JSON holds is one of the kinds that are read here."""
    first = next((frame for frame in record if frame), None) if isinstance(record, list) else record
    return is_openpose(first) or is_coco(record) or is_mediapipe(record)


def is_keypoints(path: Path) -> bool:
    """Whether a file or a folder is one of them, by its content: a photo and other JSON are not."""
    if path.is_dir():
        return is_keypoint_folder(path)
    if _is_picture(path):
        return is_skeleton_picture(path)
    with open(path, "rb") as file:
        start = file.read(HEAD_BYTES).lstrip(BLANK)
    if not start.startswith((b"{", b"[")) or path.stat().st_size > LARGEST_FILE:
        return False
    try:
        return holds_keypoints(_parse(path))
    except ValueError:
        return False


def _is_picture(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(HEAD_BYTES).startswith(PICTURE_STARTS)


def is_keypoint_folder(folder: Path) -> bool:
    """Whether a folder has frames as files: the first one decides."""
    files = _frames_of(folder)
    if not files:
        return False
    if files[0].suffix.lower() in PICTURES:
        return is_skeleton_picture(files[0])
    try:
        return holds_keypoints(_parse(files[0]))
    except ValueError:
        return False


def _read_pictures(path: Path) -> list[Picture]:
    if path.is_dir():
        files = _frames_of(path)
        if not files:
            raise ValueError(f"{path} holds neither .json files nor pictures; expected {EXPECTED}")
        if len(files) > MOST_FRAMES:
            raise ValueError(f"{path} holds {len(files)} frames; at most {MOST_FRAMES} are read")
        return [picture for file in files for picture in _read_file(file, alone=False)]
    return _read_file(path, alone=True)


def _read_file(path: Path, *, alone: bool) -> list[Picture]:
    if _is_picture(path):
        return [read_skeleton(path)]
    record = _parse(path)
    try:
        pictures = _to_pictures(record)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not alone and len(pictures) != 1:
        raise ValueError(f"{path} holds {len(pictures)} frames; expected one in each file of a folder")
    return pictures


def _to_pictures(record: Any) -> list[Picture]:
    if is_coco(record):
        return coco_to_pictures(record)
    if is_openpose(record):
        return [openpose_to_picture(record)]
    if is_mediapipe(record):
        return mediapipe_to_pictures(record)
    if isinstance(record, list) and holds_keypoints(record):
        if len(record) > MOST_FRAMES:
            raise ValueError(f"it holds {len(record)} frames; at most {MOST_FRAMES} are read")
        return [_to_frame(frame, row) for row, frame in enumerate(record)]
    raise ValueError(f"this JSON holds no points that are known; expected {EXPECTED}")


def _to_frame(frame: Any, row: int) -> Picture:
    if not frame:
        return Picture(people=())
    if not is_openpose(frame):
        raise ValueError(f'frame {row} is {frame!r:.40}; expected an object with "people"')
    try:
        return openpose_to_picture(frame)
    except ValueError as error:
        raise ValueError(f"frame {row}: {error}") from error


def _parse(path: Path) -> Any:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(f"{path} has {size:,} bytes; at most {LARGEST_FILE:,} are read; cut it into pieces")
    try:
        return parse_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}); expected {EXPECTED}") from error


def _frames_of(folder: Path) -> list[Path]:
    """The files of a folder in the order of the numbers in their names: 2 comes before 10."""
    files = [file for file in folder.iterdir() if file.is_file() and not file.name.startswith(".")]
    kinds = [[file for file in files if file.suffix.lower() in kind] for kind in ((".json",), PICTURES)]
    return sorted(next((kind for kind in kinds if kind), []), key=_natural)


def _natural(file: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", file.name)]


def _choose(name: str, tracks: Sequence[Track], person: str | None) -> int:
    if person is None:
        number = main_track(tracks)
        if len(tracks) > 1:
            warnings.warn(
                f"{name} shows {len(tracks)} people; person {number} is taken, who is seen longest and largest; "
                f"{name}#PERSON:FRAME chooses another",
                stacklevel=3,
            )
        return number
    if not person.isdecimal() or int(person) >= len(tracks):
        raise ValueError(f"{name} has no person {person!r}; expected a number from 0 to {len(tracks) - 1}")
    return int(person)


def _some(frames: Sequence[int]) -> str:
    return f"{frames[0]}" if len(frames) == 1 else f"{len(frames)} frames from {min(frames)} to {max(frames)}"
