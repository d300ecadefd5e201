"""Photo -> everybody in it, each as a box and four keypoints: MediaPipe's pose detector, run through LiteRT.

Keypoint 0 is the middle of the hips, 1 a point whose distance from it tells the person's size and rotation.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from scipy.special import expit

from layerpose.estimation.detectors import place_anchors, run_detector
from layerpose.estimation.landmarks import CERTAIN, Region, region_between

DETECTOR_SIZE = 224
STRIDES = ((8, 2), (16, 2), (32, 6))
"""Grid stride of the detector's anchors and how many sit in each cell."""
OVERLAPPING = 0.3
"""Detections whose boxes overlap by more (IoU) are one person."""
CLOSER = (0.5, 0.25)
"""Sides of the parts in which people are looked for who are too far away, as shares of the photo's."""
AROUND, AROUND_PX = (0.75, 0.5), 1024
"""The same for further people, in a photo of at most so many pixels."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One person seen by the detector: box (left, top, right, bottom) and four keypoints in pixels of the photo."""

    score: float
    box: Float[np.ndarray, "4"]
    keypoints: Float[np.ndarray, "4 2"]

    @property
    def region(self) -> Region:
        """The upright square around the person."""
        return region_between(self.keypoints[0], self.keypoints[1])


def detect_people(photo: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
    """Everybody whom the detector is sure of, the largest first."""
    height, width = photo.shape[:2]
    side = max(height, width)
    scale = DETECTOR_SIZE / side
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:DETECTOR_SIZE, :DETECTOR_SIZE]
    offset = np.array([(DETECTOR_SIZE - small.shape[1]) // 2, (DETECTOR_SIZE - small.shape[0]) // 2])
    boxed = np.zeros((DETECTOR_SIZE, DETECTOR_SIZE, 3), dtype=np.uint8)
    boxed[offset[1] : offset[1] + small.shape[0], offset[0] : offset[0] + small.shape[1]] = small
    boxes, logits = run_detector("pose_detection", boxed.astype(np.float32) / 127.5 - 1)[:2]
    scores = expit(logits.ravel())
    points = boxes.reshape(-1, 6, 2).astype(np.float64)
    points[:, [0, 2, 3, 4, 5]] += place_anchors(DETECTOR_SIZE, STRIDES)[:, None]
    sure = scores > CERTAIN
    detections = _merge((points[sure] - [[offset]]) / scale, scores[sure], points[sure][:, 1] / scale)
    return sorted(detections, key=lambda person: -person.region.side)


def look_closer(photo: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
    """Whom the detector sees in overlapping parts of a photo in which it sees nobody: people far away."""
    for share in CLOSER:
        found = _look_in_parts(photo, share)
        if found:
            return drop_doubles(found)
    return []


def look_around(photo: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
    """Whom the detector sees in overlapping parts of any photo: of a group it sees at once only some."""
    zoom = min(AROUND_PX / max(photo.shape[:2]), 1.0)
    small = cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA) if zoom < 1 else photo
    found = [person for share in AROUND for person in _look_in_parts(small.astype(np.uint8), share)]
    return drop_doubles([_enlarged(person, 1 / zoom) for person in found])


def _look_in_parts(photo: UInt8[np.ndarray, "h w 3"], share: float) -> list[Detection]:
    """Whoever is seen in any square of that share of the photo's longer side; half of it is the next one's, too."""
    height, width = photo.shape[:2]
    side = round(max(height, width) * share)
    if side < DETECTOR_SIZE:
        return []
    found = []
    for top in range(0, max(height - side // 2, 1), side // 2):
        for left in range(0, max(width - side // 2, 1), side // 2):
            part = photo[top : top + side, left : left + side]
            found += [_moved(person, (left, top)) for person in detect_people(part)]
    return found


def _moved(person: Detection, by: tuple[int, int]) -> Detection:
    return Detection(score=person.score, box=person.box + np.tile(by, 2), keypoints=person.keypoints + by)


def _enlarged(person: Detection, zoom: float) -> Detection:
    return Detection(score=person.score, box=person.box * zoom, keypoints=person.keypoints * zoom)


def drop_doubles(people: list[Detection]) -> list[Detection]:
    """Of detections of one person in several parts the surest; the largest person first."""
    kept: list[Detection] = []
    for person in sorted(people, key=lambda person: -person.score):
        if all(overlap(person.box, other.box) <= OVERLAPPING for other in kept):
            kept.append(person)
    return sorted(kept, key=lambda person: -person.region.side)


def _merge(
    points: Float[np.ndarray, "n 6 2"], scores: Float[np.ndarray, "n"], extents: Float[np.ndarray, "n 2"]
) -> list[Detection]:
    """Detections that overlap become one, weighted by their scores."""
    boxes = np.concatenate([points[:, 0] - extents / 2, points[:, 0] + extents / 2], axis=1)
    left = list(np.argsort(-scores))
    merged = []
    while left:
        group = [i for i in left if overlap(boxes[left[0]], boxes[i]) > OVERLAPPING]
        left = [i for i in left if i not in group]
        weights = scores[group] / scores[group].sum()
        keypoints = np.einsum("n,nka->ka", weights, points[group][:, 2:])
        merged.append(Detection(score=float(scores[group[0]]), box=weights @ boxes[group], keypoints=keypoints))
    return merged


def overlap(a: Float[np.ndarray, "4"], b: Float[np.ndarray, "4"]) -> float:
    """Intersection over union of two boxes."""
    shared = np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None))
    return float(shared / max(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared, 1e-9))
