"""Take -> OpenPose's JSON: 25 points of the body and 21 of each hand, in pixels; a file for each frame."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from jaxtyping import Float

from layerpose.motion.write.keypoints import Keypoints, find_keypoints
from layerpose.motion.write.take import Take
from layerpose.runtime.cache import writing, writing_folder

SUFFIX = "_keypoints.json"
"""How OpenPose's own files end."""
DIGITS = 3


def write_openpose(take: Take, path: Path) -> None:
    """Write the file of a still."""
    _write(find_keypoints(take), 0, path)


def write_openpose_folder(take: Take, folder: Path) -> None:
    """Write a file for each frame, named as OpenPose names those of a video."""
    found = find_keypoints(take)
    with writing_folder(folder) as part:
        for frame in range(take.motion.num_frames):
            _write(found, frame, part / f"{folder.name}_{frame:012d}{SUFFIX}")


def _write(found: Keypoints, frame: int, path: Path) -> None:
    person = {
        "person_id": [-1],
        "pose_keypoints_2d": _flat(found.body[frame]),
        "face_keypoints_2d": [],
        "hand_left_keypoints_2d": _flat(found.left_hand[frame]),
        "hand_right_keypoints_2d": _flat(found.right_hand[frame]),
        "pose_keypoints_3d": [],
        "face_keypoints_3d": [],
        "hand_left_keypoints_3d": [],
        "hand_right_keypoints_3d": [],
    }
    record = {"version": 1.3, "canvas_width": found.width, "canvas_height": found.height, "people": [person]}
    with writing(path) as temporary:
        temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")


def _flat(points: Float[np.ndarray, "k 2"]) -> list[float]:
    """x, y and a confidence of 1 for every point."""
    return np.column_stack([points, np.ones(len(points))]).round(DIGITS).ravel().tolist()
