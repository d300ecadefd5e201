"""COCO's person keypoints -> pictures of people: an annotation file, or a list of a detector's results."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerpose.motion.keypoint_layouts import COCO_17
from layerpose.motion.read.keypoint_record import Person, Picture, confident_rows, person_of, size_in

HIDDEN = 0.8
"""Visibility of a point that was marked although something hides it (v = 1)."""
NUM = 3 * len(COCO_17)


def is_coco(record: Any) -> bool:
    """Whether a JSON is one of the two."""
    rows = record.get("annotations") if isinstance(record, dict) else record
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and "keypoints" in rows[0]


def coco_to_pictures(record: Any) -> list[Picture]:
    """The pictures in their order in the file. ValueError for keypoints that are not COCO's 17."""
    whole = isinstance(record, dict)
    found: dict[Any, list[Person]] = {}
    sizes: dict[Any, tuple[float, float] | None] = {}
    for image in (record.get("images") or []) if whole else []:
        if isinstance(image, dict) and type(image.get("id")) in (int, str):
            found[image["id"]] = []
            sizes[image["id"]] = size_in(image, "width", "height")
    for row, annotation in enumerate(record["annotations"] if whole else record):
        if not isinstance(annotation, dict) or type(annotation.get("image_id", 0)) not in (int, str):
            raise ValueError(f"annotation {row} is {annotation!r:.40}; expected an object with image_id and keypoints")
        person = _to_person(annotation, f"annotation {row}", labelled=whole)
        people = found.setdefault(annotation.get("image_id", 0), [])
        if person is not None:
            people.append(person)
    return [Picture(people=tuple(people), canvas=sizes.get(name)) for name, people in found.items()]


def _to_person(annotation: dict[str, Any], subject: str, *, labelled: bool) -> Person | None:
    values = annotation.get("keypoints")
    if not values:
        return None
    rows = confident_rows(values, f"{subject}: keypoints")
    if len(values) != NUM:
        raise ValueError(f"{subject}: keypoints has {len(values)} numbers; expected {NUM}, COCO's 17 points")
    if labelled:
        given = [value or 0 for value in values[2::3]]
        rows[:, 2] *= np.where(np.array(given) == 1, HIDDEN, 1.0)
    return person_of(COCO_17, rows)
