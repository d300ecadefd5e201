"""A drawn person -> an annotation in COCO's format: keypoints, box, outline, parts, and joints in space.

A keypoint is visible (2) or hidden by the body itself (1): the surface that the viewer sees at its place is farther in
front of it than the joint lies under its own skin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from layerpose.body.skeleton import BONES, KEYPOINTS
from layerpose.maps.render import DrawnBody, render_maps

NAMES = KEYPOINTS[:17]
UNDER_SKIN_M = {
    "nose": 0.04, "eye": 0.05, "ear": 0.06, "shoulder": 0.12, "elbow": 0.08, "wrist": 0.06, "hip": 0.17, "knee": 0.10,
    "ankle": 0.09,
}  # fmt: skip
"""How deep a keypoint lies under the surface that is seen at its place, at most, where nothing is in front of it."""
FINE = 4
"""A pixel's share by which an outline may run inside the pixels' edges."""
VISIBLE, HIDDEN, OUTSIDE = 2, 1, 0
SMALLEST_PX = 4.0
"""Area of an outline's piece; smaller ones are left out."""
CATEGORY: dict[str, Any] = {
    "id": 1, "name": "person", "supercategory": "person", "keypoints": list(NAMES),
    "skeleton": [
        [NAMES.index(start) + 1, NAMES.index(end) + 1] for start, end, _ in BONES if start in NAMES and end in NAMES
    ],
}  # fmt: skip


def annotate(drawn: DrawnBody, mask: Bool[np.ndarray, "s s"]) -> dict[str, Any]:
    """The annotation of the one person of a picture; `mask` is where the picture shows it, clothes and hair too."""
    flags = see_keypoints(drawn)
    points = drawn.keypoints[:17].cpu().double().numpy()
    pixels = np.column_stack([points[:, :2] * drawn.size, flags])
    pixels[flags == OUTSIDE] = 0
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return {
        "category_id": CATEGORY["id"],
        "iscrowd": 0,
        "area": int(mask.sum()),
        "bbox": [left, top, width, height],
        "segmentation": outline(mask),
        "keypoints": _rounded(pixels, 2),
        "num_keypoints": int((flags > 0).sum()),
        "keypoints_3d": _rounded(np.column_stack([_metres(points, drawn), points[:, 2]]), 4),
    }


def see_keypoints(drawn: DrawnBody) -> Int[np.ndarray, "17"]:
    """COCO's flag for each keypoint."""
    depth = render_maps(drawn).depth[0, 0].cpu().numpy()
    body = (drawn.nearest.part >= 0).cpu().numpy()
    flags = np.zeros(len(NAMES), dtype=np.int64)
    for row, (name, (x, y, z)) in enumerate(zip(NAMES, drawn.keypoints[:17].cpu().tolist(), strict=True)):
        if not (0 <= x < 1 and 0 <= y < 1):
            continue
        pixel = int(y * drawn.size), int(x * drawn.size)
        under = UNDER_SKIN_M[name.rpartition("_")[2]]
        flags[row] = HIDDEN if body[pixel] and z - depth[pixel] > under else VISIBLE
    return flags


def find_parts(drawn: DrawnBody, mask: Bool[np.ndarray, "s s"]) -> UInt8[np.ndarray, "s s"]:
    """The number of the class in each pixel of the person; hair and wide clothes go with the part beside them."""
    parsing = render_maps(drawn).parsing[0].argmax(0).cpu().numpy().astype(np.uint8)
    known = parsing > 0
    if not known.any():
        return np.zeros_like(parsing)
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.asarray(nearest, dtype=np.int64)
    number_of = np.zeros(int(nearest.max()) + 1, dtype=np.uint8)
    number_of[nearest[known]] = parsing[known]
    return np.where(mask, number_of[nearest], 0).astype(np.uint8)


def outline(mask: Bool[np.ndarray, "s s"]) -> list[list[float]]:
    """Polygons around the pieces of a mask, along the pixels' edges; holes are not taken out."""
    fine = mask.astype(np.uint8).repeat(FINE, 0).repeat(FINE, 1)
    contours, _ = cv2.findContours(fine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [one for one in contours if len(one) > 2 and cv2.contourArea(one) >= SMALLEST_PX * FINE**2]
    return [((contour.reshape(-1) + 0.5) / FINE).tolist() for contour in large]


def join(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Records of pictures (`image` and `annotation`) -> one data set, numbered from 1."""
    images, annotations = [], []
    for number, record in enumerate(records, start=1):
        images.append({"id": number, **record["image"]})
        annotations.append({"id": number, "image_id": number, **record["annotation"]})
    info = {"description": "People of photos in other poses, drawn by layerpose. No photographs."}
    return {"info": info, "images": images, "annotations": annotations, "categories": [CATEGORY]}


def _metres(points: Float[np.ndarray, "17 3"], drawn: DrawnBody) -> Float[np.ndarray, "17 2"]:
    """To the right and down, from the middle of the hips."""
    hips = points[[NAMES.index("left_hip"), NAMES.index("right_hip")], :2].mean(0)
    return (points[:, :2] - hips) / drawn.scale


def _rounded(rows: Float[np.ndarray, "n 3"], digits: int) -> list[float]:
    return [round(value, digits) for value in rows.ravel().tolist()]
