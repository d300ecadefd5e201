"""MediaPipe's 33 landmarks as JSON -> pictures of people: there is no standard, so what people dump is read.

A pose is a list of 33 objects (x, y, z, visibility) or of 33 rows; it stands alone, in a list of frames, or under the
names that MediaPipe's own results have, there with a pose for each person and with the landmarks in metres.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from layerpose.estimation.fit_points import SeenPoints
from layerpose.estimation.landmarks import NUM_LANDMARKS
from layerpose.motion.read.keypoint_record import LARGEST, LEAST_CONFIDENCE, NORMALISED, Person, Picture, size_in

IMAGE_KEYS = ("pose_landmarks", "poseLandmarks", "landmarks", "keypoints")
WORLD_KEYS = ("pose_world_landmarks", "poseWorldLandmarks", "worldLandmarks", "world_landmarks", "keypoints3D")
FRAMES_KEYS = ("frames", "results")
LIKELY = (0.25, 4.0)
"""Height of a picture as a share of its width."""
SIZE_KEYS = (("width", "height"), ("image_width", "image_height"), ("imageWidth", "imageHeight"))
FIELDS = ("x", "y", "z", "visibility")


def is_mediapipe(record: Any) -> bool:
    """Whether a JSON holds such poses, in whatever way."""
    return _is_pose(record) or any(_is_frame(frame) for frame in _frames(record)[:1])


def mediapipe_to_pictures(record: Any) -> list[Picture]:
    """The frames. ValueError for one that holds something else."""
    if _is_pose(record):
        return [_to_picture(record, None, "the pose")]
    size = _size(record) if isinstance(record, dict) else None
    return [_to_picture(frame, size, f"frame {row}") for row, frame in enumerate(_frames(record))]


def _frames(record: Any) -> list[Any]:
    if isinstance(record, dict):
        inside = next((record[key] for key in FRAMES_KEYS if isinstance(record.get(key), list)), None)
        return [record] if inside is None else inside
    return record if isinstance(record, list) else []


def _is_frame(frame: Any) -> bool:
    return _is_pose(frame) or (isinstance(frame, dict) and any(_poses(frame.get(key)) for key in IMAGE_KEYS))


def _is_pose(value: Any) -> bool:
    """A list of 33 objects with x and y, or of 33 rows of numbers."""
    if not isinstance(value, list) or len(value) != NUM_LANDMARKS:
        return False
    if all(isinstance(point, dict) and "x" in point and "y" in point for point in value):
        return True
    return all(isinstance(point, list) and 2 <= len(point) <= 5 and _are_numbers(point) for point in value)


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _poses(value: Any) -> list[Any]:
    """One pose, a list of people's, or the `landmark` of a protobuf; [] for anything else."""
    if isinstance(value, dict):
        value = value.get("landmark")
    if _is_pose(value):
        return [value]
    return value if isinstance(value, list) and value and all(_is_pose(pose) for pose in value) else []


def _to_picture(frame: Any, size: tuple[float, float] | None, subject: str) -> Picture:
    if frame is None or frame in ([], {}):
        return Picture(people=(), canvas=size)
    if _is_pose(frame):
        poses, worlds = [frame], []
    elif isinstance(frame, dict):
        size = _size(frame) or size
        poses = next((found for key in IMAGE_KEYS if (found := _poses(frame.get(key)))), [])
        worlds = next((found for key in WORLD_KEYS if (found := _poses(frame.get(key)))), [])
    else:
        raise ValueError(f"{subject} is {frame!r:.40}; expected a pose of {NUM_LANDMARKS} points with x and y")
    if not poses and not (isinstance(frame, dict) and any(frame.get(key) in (None, [], {}) for key in IMAGE_KEYS)):
        raise ValueError(f"{subject} holds no pose of {NUM_LANDMARKS} points with x and y")
    tables = [_table(pose, subject) for pose in poses]
    if len(worlds) != len(poses):
        return Picture(people=_people(tables, [_in_space(table, size) for table in tables]), canvas=size)
    spaces = [_table(pose, f"{subject}: world landmarks") for pose in worlds]
    if size is None and tables:
        size = (1.0, _aspect(tables[0], spaces[0]))
    return Picture(people=_people(tables, [space[:, :3] for space in spaces]), canvas=size)


def _people(tables: list[Float[np.ndarray, "33 4"]], spaces: list[Float[np.ndarray, "33 3"]]) -> tuple[Person, ...]:
    found = []
    for table, space in zip(tables, spaces, strict=True):
        seen = np.isfinite(table[:, :2]).all(1) & (table[:, 3] >= LEAST_CONFIDENCE)
        if seen.any():
            known = bool(np.isfinite(space).all() and space[:, 2].any())
            visible = SeenPoints(
                points=np.where(seen[:, None], table[:, :2], 0.0),
                visibility=np.where(seen, table[:, 3].clip(0, 1), 0.0),
                world=space if known else None,
            )
            found.append(Person(seen=visible))
    return tuple(found)


def _in_space(table: Float[np.ndarray, "33 4"], size: tuple[float, float] | None) -> Float[np.ndarray, "33 3"]:
    """The depth that comes with points in the picture is in the unit of their x."""
    width, height = size or (1.0, 1.0)
    normalised = np.nanmax(np.abs(table[:, :2]), initial=0) <= NORMALISED
    return table[:, :3] * ([1, height / width, 1] if normalised else [1, 1, 1])


def _aspect(table: Float[np.ndarray, "33 4"], space: Float[np.ndarray, "33 4"]) -> float:
    """Height of the picture as a share of its width: by that much less the points are spread down than in space."""
    clear = np.isfinite(table).all(1) & np.isfinite(space).all(1)
    across, down = (_slope(space[clear, axis], table[clear, axis]) for axis in (0, 1))
    return float(np.clip(across / down, *LIKELY)) if min(across, down) > 0 else 1.0


def _slope(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]) -> float:
    spread = float(((x - x.mean()) ** 2).sum())
    return float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread > 0 else 0.0


def _table(pose: list[Any], subject: str) -> Float[np.ndarray, "33 4"]:
    """x, y, z, visibility; a point without visibility is seen, a number that is not given is not finite."""
    rows = []
    for point in pose:
        values = [point.get(field) for field in FIELDS] if isinstance(point, dict) else [*point, None, None][:4]
        if values[3] is None and isinstance(point, dict):
            values[3] = point.get("score", point.get("presence"))
        if not _are_numbers([value for value in values if value is not None]):
            raise ValueError(f"{subject}: a point is {point!r:.40}; expected numbers x, y, z, visibility")
        x, y, z, sure = (np.nan if value is None or abs(value) > LARGEST else float(value) for value in values)
        rows.append((x, y, z, 1.0 if np.isnan(sure) else sure))
    return np.array(rows)


def _size(record: dict[str, Any]) -> tuple[float, float] | None:
    return next((size for keys in SIZE_KEYS if (size := size_in(record, *keys))), None)
