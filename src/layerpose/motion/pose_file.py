"""Body <-> pose file: a small JSON that a person can read and edit (docs/pose-format.md)."""

from __future__ import annotations

import difflib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.json_file import parse_json
from layerpose.runtime.cache import writing
from layerpose.types import PHENOTYPES, Body, Camera, Pose

FORMAT = 1
"""Version of the format, under the key `layerpose_pose`."""
KEYS = ("layerpose_pose", "phenotype", "camera", "rotations")
SMALLEST_ANGLE = 1e-6
"""Rotations smaller than this (radians) are left out of the file."""
LARGEST_ANGLE = 100.0
"""Nobody turns so many radians: these are degrees."""
NEAREST_M = 1.0
"""A camera nearer to the pelvis than this would stand within the arms' reach."""
LARGEST = 1e6
"""A number of this size or more is a mistake."""
LONGEST_NAME = 40
"""Letters of an unknown name that are compared with the known ones and repeated."""


def write_pose(body: Body, path: str | os.PathLike[str]) -> None:
    """Write a body's shape, camera and pose."""
    with writing(Path(path)) as temporary:
        temporary.write_text(json.dumps(body_to_record(body), indent=2) + "\n", encoding="utf-8")


def body_to_record(body: Body) -> dict[str, Any]:
    """What a pose file says of a body, ready for JSON."""
    return {
        "layerpose_pose": FORMAT,
        "phenotype": {name: round(float(x), 6) for name, x in zip(PHENOTYPES, body.phenotype, strict=True)},
        "camera": _camera_to_record(body.camera),
        "rotations": pose_to_record(body.pose),
    }


def read_pose(path: str | os.PathLike[str]) -> Pose | Body:
    """Read a pose file: a `Body` if it has a phenotype and a camera, else a `Pose`."""
    path = Path(path)
    try:
        record = parse_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}); expected a pose file as `layerpose fit` writes") from error
    try:
        return record_to_body(record)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def record_to_body(record: Any) -> Pose | Body:
    """What a pose file's JSON says: a `Body` if it has a phenotype and a camera, else a `Pose`."""
    if not isinstance(record, dict) or "layerpose_pose" not in record:
        raise ValueError('no "layerpose_pose" key: not a pose file; write one with `layerpose fit PHOTO -o pose.json`')
    if type(record["layerpose_pose"]) is not int or record["layerpose_pose"] != FORMAT:
        raise ValueError(
            f'"layerpose_pose" is {record["layerpose_pose"]!r:.40}; expected the version that is read, {FORMAT}'
        )
    check_names(record, KEYS, "key")
    pose = record_to_pose(mapping(record.get("rotations", {}), "rotations"))
    if "phenotype" not in record and "camera" not in record:
        return pose
    if "phenotype" not in record or "camera" not in record:
        raise ValueError('expected both "phenotype" and "camera" (a body), or neither (a pose); add or remove one')
    return Body(phenotype=_to_phenotype(record["phenotype"]), pose=pose, camera=_to_camera(record["camera"]))


def pose_to_record(pose: Pose) -> dict[str, list[float]]:
    """A rotation vector for every bone that is turned."""
    vectors = Rotation.from_matrix(pose.rotations.double().numpy()).as_rotvec()
    return {
        name: [round(float(x), 6) for x in vector]
        for name, vector in zip(body_model().bone_names, vectors, strict=True)
        if np.linalg.norm(vector) > SMALLEST_ANGLE
    }


def record_to_pose(vectors: dict[str, Any]) -> Pose:
    """Rotation vectors by bone -> Pose. ValueError for a bone that is not known or what is no vector."""
    names = body_model().bone_names
    check_names(vectors, names, "joint")
    rows = np.zeros((len(names), 3))
    for name, vector in vectors.items():
        rows[names.index(name)] = numbers(vector, 3, f"the rotation of {name!r}", "a rotation vector in radians")
        if (angle := np.linalg.norm(rows[names.index(name)])) >= LARGEST_ANGLE:
            raise ValueError(
                f"the rotation of {name!r} is {angle:.0f} radians; expected less than {LARGEST_ANGLE:g}: are these "
                f"degrees? A radian has 57.3"
            )
    return Pose(rotations=torch.from_numpy(Rotation.from_rotvec(rows).as_matrix().astype(np.float32)))


def _to_phenotype(record: Any) -> torch.Tensor:
    record = mapping(record, "phenotype")
    check_names(record, PHENOTYPES, "phenotype")
    values = []
    for name in PHENOTYPES:
        [value] = numbers([record.get(name, 0.5)], 1, f"phenotype {name!r}", "a number in 0..1")
        if not 0 <= value <= 1:
            raise ValueError(f"phenotype {name!r} is {value}; expected a number in 0..1")
        values.append(value)
    return torch.tensor(values, dtype=torch.float32)


def _camera_to_record(camera: Camera) -> dict[str, Any]:
    record = {"scale": camera.scale, "translation": list(camera.translation)}
    return record if math.isinf(camera.distance_m) else {**record, "distance_m": camera.distance_m}


def _to_camera(record: Any) -> Camera:
    record = mapping(record, "camera")
    check_names(record, ("scale", "translation", "distance_m"), "camera key")
    if not {"scale", "translation"} <= record.keys():
        raise ValueError(f'"camera" has only {sorted(record)}; expected "scale" and "translation"')
    [scale] = numbers([record["scale"]], 1, "the camera's scale", "canvas units a metre")
    if scale <= 0:
        raise ValueError(f"the camera's scale is {scale}; expected a positive number (canvas units a metre)")
    x, y = numbers(record["translation"], 2, "the camera's translation", "canvas units")
    distance_m = math.inf
    if "distance_m" in record:
        [distance_m] = numbers([record["distance_m"]], 1, "the camera's distance_m", "metres")
        if distance_m < NEAREST_M:
            raise ValueError(f"the camera's distance_m is {distance_m}; expected {NEAREST_M} metres or more")
    return Camera(scale=scale, translation=(x, y), distance_m=distance_m)


def mapping(value: Any, name: str) -> dict[str, Any]:
    """The value, if it is a JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f'"{name}" is {value!r:.40}; expected an object of names and values')
    return value


def numbers(value: Any, count: int, subject: str, meaning: str) -> list[float]:
    """The value, if it is a list of so many finite numbers."""
    good = isinstance(value, list) and len(value) == count
    if not good or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in value):
        raise ValueError(f"{subject} is {value!r:.60}; expected {count} numbers ({meaning})")
    numbers = [float(x) if abs(x) < LARGEST else math.inf for x in value]
    if not all(math.isfinite(x) for x in numbers):
        raise ValueError(f"{subject} is {value!r:.60}; expected finite numbers ({meaning})")
    return numbers


def check_names(record: dict[str, Any], known: tuple[str, ...] | list[str], kind: str) -> None:
    """ValueError with the nearest known name for the first key that is not known."""
    for name in record:
        if name not in known:
            raise ValueError(f"unknown {kind} {name[:LONGEST_NAME]!r}; {_suggestion(name[:LONGEST_NAME], known)}")


def _suggestion(name: str, known: tuple[str, ...] | list[str]) -> str:
    lowered = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.4)
    return f"did you mean {lowered[near[0]]!r}?" if near else f"known: {', '.join(list(known)[:8])} ..."
