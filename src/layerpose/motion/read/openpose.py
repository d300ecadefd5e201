"""OpenPose's JSON, and DWPose's of ComfyUI -> pictures of people: {"people": [...]}, or a list of these."""

from __future__ import annotations

from typing import Any

from layerpose.motion.keypoint_layouts import BODY_25, COCO_17, COCO_18
from layerpose.motion.read.keypoint_record import (
    NUM_FACE,
    NUM_HAND,
    Person,
    Picture,
    Rows,
    confident_rows,
    person_of,
    size_in,
)

LAYOUTS = {3 * len(names): names for names in (BODY_25, COCO_18, COCO_17)}
BODY = "pose_keypoints_2d"


def is_openpose(record: Any) -> bool:
    """Whether a JSON is one picture of this kind."""
    return isinstance(record, dict) and ("people" in record or BODY in record)


def openpose_to_picture(record: dict[str, Any]) -> Picture:
    """One picture. ValueError for what is not as OpenPose writes it."""
    people = [record] if BODY in record else record["people"]
    if people is None:
        people = []
    if not isinstance(people, list):
        raise ValueError(f'"people" is {people!r:.40}; expected a list of people')
    found = [_to_person(person, f"people[{row}]") for row, person in enumerate(people) if person is not None]
    return Picture(
        people=tuple(person for person in found if person is not None),
        canvas=size_in(record, "canvas_width", "canvas_height"),
    )


def _to_person(record: Any, subject: str) -> Person | None:
    if not isinstance(record, dict):
        raise ValueError(f"{subject} is {record!r:.40}; expected an object with {BODY!r}")
    body = record.get(BODY)
    if not body:
        return None
    rows = confident_rows(body, f"{subject}: {BODY}")
    if 3 * len(rows) not in LAYOUTS:
        raise ValueError(
            f"{subject}: {BODY} has {len(body)} numbers; expected 75 (BODY_25), 54 (COCO-18) or 51 (COCO): "
            "x, y, confidence of each point"
        )
    hands = tuple(_part(record, f"hand_{side}_keypoints_2d", NUM_HAND, subject) for side in ("left", "right"))
    face = _part(record, "face_keypoints_2d", NUM_FACE, subject)
    return person_of(LAYOUTS[3 * len(rows)], rows, (hands[0], hands[1]), face, track=_track(record))


def _part(record: dict[str, Any], key: str, least: int, subject: str) -> Rows | None:
    """A hand or the face; None where it is not there, whole."""
    if not record.get(key):
        return None
    rows = confident_rows(record[key], f"{subject}: {key}")
    return rows if len(rows) >= least else None


def _track(record: dict[str, Any]) -> str | None:
    """OpenPose gives [-1] where it does not follow people."""
    number = record.get("person_id")
    [number] = number if isinstance(number, list) and len(number) == 1 else [number]
    return str(number) if type(number) is int and number >= 0 else None
