"""DeepFashion's lists for pose transfer: pairs of photos, and 18 joints a photo.

``fasion-resize-pairs-train.csv`` has the columns ``from,to``; ``fasion-resize-annotation-train.csv`` has
``name:keypoints_y:keypoints_x``, JSON lists in which -1 stands for a joint that was not found. The misspelling is the
original's; copies of it spell otherwise.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

SPELLINGS = ("fasion-resize", "fashion-resize", "fasion", "fashion")
JOINTS = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "left_eye", "right_eye",
    "left_ear", "right_ear",
)  # fmt: skip
"""The order of an annotation."""
Joints = dict[str, tuple[float, float]]
"""Joint -> place in the photo of 176 x 256, in pixels; only those that were found."""


def find_list(folder: Path, kind: str, split: str) -> Path:
    """The list of ``pairs`` or the ``annotation`` of ``train`` or ``test``. ValueError if there is none."""
    names = [f"{spelling}-{kind}-{split}.csv" for spelling in SPELLINGS]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise ValueError(
            f"{folder} has no {names[0]}; expected DeepFashion in the layout of pose transfer: the lists of pairs and "
            "annotations, and the photos in train and test"
        )
    return found


def read_pairs(file: Path) -> tuple[tuple[str, str], ...]:
    """Names of source and target photos."""
    rows = _rows(file, ("from", "to"), ",")
    if not rows:
        raise ValueError(f"{file} names no pairs; copy it again")
    return tuple((row["from"], row["to"]) for row in rows)


def read_annotation(file: Path) -> dict[str, Joints]:
    """Name of a photo -> its joints."""
    found = {}
    for number, row in enumerate(_rows(file, ("name", "keypoints_y", "keypoints_x"), ":"), start=2):
        try:
            columns, lines = json.loads(row["keypoints_x"]), json.loads(row["keypoints_y"])
            places = zip(JOINTS, columns, lines, strict=True)
            found[row["name"]] = {joint: (float(x), float(y)) for joint, x, y in places if x >= 0 and y >= 0}
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{file}, line {number}: expected two lists of {len(JOINTS)} numbers; copy it again"
            ) from error
    return found


def _rows(file: Path, columns: tuple[str, ...], delimiter: str) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        table = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
        head, rows = table.fieldnames or (), list(table)
    if not set(columns) <= set(head) or any(row[name] is None for row in rows for name in columns):
        raise ValueError(f"{file} is no such list; expected the columns {delimiter.join(columns)} in every line")
    return rows
