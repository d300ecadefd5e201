"""Photo -> landmarks and person mask: MediaPipe's two pose networks, run through LiteRT.

The detector finds people as four keypoints (0 middle of the hips, 1 a point whose distance from it tells size and
rotation); the landmark network looks at a rotated square around one person and gives 33 landmarks in the picture and in
metres, and a mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from scipy.special import expit

from layerpose.estimation.detector_files import detector_files
from layerpose.estimation.detectors import between_centres, place_anchors, run_detector

DETECTOR_SIZE = 224
STRIDES = ((8, 2), (16, 2), (32, 6))
"""Grid stride of the detector's anchors and how many sit in each cell."""
CROP = 256
ENLARGE = 1.25
NUM_LANDMARKS = 33
ALIGNMENT = (33, 34)
"""Further outputs of the landmark network: the middle of the hips and the rim, as the detector gives them."""
HEATMAP_RADIUS = 3
OVERLAPPING = 0.3
"""Detections whose boxes overlap by more (IoU) are one person."""
CERTAIN = 0.5
SMALLEST = 0.002
"""The least share of the photo that a person must cover."""
BYSTANDER = 0.5
"""A second person smaller than this share of the largest is a bystander and does no harm."""
LOST = 0.35
"""Someone whose hips have moved by more than this share of the size between two frames is somebody else."""
TOUCHING = 0.1
"""How much the boxes of two people may overlap (IoU) until one is in the way of the other."""

CLOSER = (0.5, 0.25)
"""Sides of the parts in which people are looked for who are too far away, as shares of the photo's."""

JOINTS = {
    "nose": 0, "left shoulder": 11, "right shoulder": 12, "left elbow": 13, "right elbow": 14, "left wrist": 15,
    "right wrist": 16, "left hip": 23, "right hip": 24, "left knee": 25, "right knee": 26, "left ankle": 27,
    "right ankle": 28,
}  # fmt: skip
"""Landmarks that must lie in the photo: without them the pose is a guess."""
CUT_TOLERANCE = 0.03
"""How far outside, as a share of the person's size, still counts as in the photo."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """A rotated square in the photo: centre, side and rotation (radians)."""

    centre: Float[np.ndarray, "2"]
    side: float
    rotation: float

    @property
    def crop_to_photo(self) -> Float[np.ndarray, "2 3"]:
        """Affine map from pixels of the crop (0..256) to pixels of the photo."""
        scale = self.side / CROP
        cos, sin = scale * np.cos(self.rotation), scale * np.sin(self.rotation)
        linear = np.array([[cos, -sin], [sin, cos]])
        return np.column_stack([linear, self.centre - linear @ [CROP / 2, CROP / 2]])


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """One person: MediaPipe's 33 landmarks and mask."""

    image: Float[np.ndarray, "33 3"]
    """x and y in pixels of the photo, z in the same unit relative to the hips, smaller is nearer."""
    world: Float[np.ndarray, "33 3"]
    """Metres relative to the hips, in camera axes."""
    visibility: Float[np.ndarray, "33"]
    mask: Float[np.ndarray, "h w"]
    """How surely a pixel belongs to the person, 0..1."""
    score: float
    num_people: int
    region: Region | None = None
    """Where the person fills the square that the network expects: in a video, where to look in the next frame."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One person seen by the detector: box (left, top, right, bottom) and four keypoints in pixels of the photo."""

    score: float
    box: Float[np.ndarray, "4"]
    keypoints: Float[np.ndarray, "4 2"]

    @property
    def region(self) -> Region:
        """The upright square around the person."""
        return _region(self.keypoints[0], self.keypoints[1])


def _region(hips: Float[np.ndarray, "2"], rim: Float[np.ndarray, "2"]) -> Region:
    """The square around a person, from the middle of the hips and the networks' point above or below it."""
    dx, dy = rim - hips
    return Region(
        centre=hips, side=2 * float(np.hypot(dx, dy)) * ENLARGE, rotation=float(np.pi / 2 - np.arctan2(-dy, dx))
    )


def find_landmarks(photo: UInt8[np.ndarray, "h w 3"], *, closer: bool = True) -> Landmarks:
    """The one person of the photo; ValueError if there is nobody, more than one, or only part of one.

    Where nobody is seen, `closer` looks into parts of the photo (up to half a second).
    """
    people = detect_people(photo) or (look_closer(photo) if closer else [])
    if not people:
        raise ValueError(
            "no person was found in the photo, nor in any part of it; use a photo that shows one whole person clearly, "
            "with the face, and not far away"
        )
    large = [person for person in people if person.region.side > BYSTANDER * people[0].region.side]
    if len(large) > 1:
        raise ValueError(f"{len(large)} people were found in the photo; crop it so that it shows only one of them")
    return _look_at(photo, people[0], num_people=len(people))


def follow_person(photo: UInt8[np.ndarray, "h w 3"], before: Float[np.ndarray, "2"] | None) -> Landmarks:
    """Of everybody in a frame the one whose hips were at `before`, or the largest; ValueError if it is not seen whole.

    Others may be in the picture, but not over the person.
    """
    people = detect_people(photo)
    if not people:
        raise ValueError("no person was found")
    person = people[0]
    if before is not None:
        person = min(people, key=lambda other: float(np.linalg.norm(other.region.centre - before)))
        if np.linalg.norm(person.region.centre - before) > LOST * person.region.side:
            raise ValueError("the person was lost: whoever is here is somewhere else")
    if any(_overlap(person.box, other.box) > TOUCHING for other in people if other is not person):
        raise ValueError("another person is before or behind this one")
    return _look_at(photo, person, num_people=len(people))


def hips(landmarks: Float[np.ndarray, "33 d"]) -> Float[np.ndarray, "d"]:
    """The place between the hips, by which a person is followed."""
    return landmarks[[JOINTS["left hip"], JOINTS["right hip"]]].mean(0)


def _look_at(photo: UInt8[np.ndarray, "h w 3"], person: Detection, *, num_people: int) -> Landmarks:
    landmarks = look_in(photo, person.region, num_people=num_people)
    if landmarks.score < CERTAIN or (landmarks.mask > CERTAIN).mean() < SMALLEST:
        raise ValueError(
            f"no person was found for sure (certainty {landmarks.score:.0%}, "
            f"covering {(landmarks.mask > CERTAIN).mean():.1%} of the photo); "
            "use a photo that shows one whole person clearly"
        )
    refuse_cut(landmarks)
    return landmarks


def detect_people(photo: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
    """Everybody whom the detector is sure of, the largest first."""
    height, width = photo.shape[:2]
    side = max(height, width)
    scale = DETECTOR_SIZE / side
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:DETECTOR_SIZE, :DETECTOR_SIZE]
    offset = np.array([(DETECTOR_SIZE - small.shape[1]) // 2, (DETECTOR_SIZE - small.shape[0]) // 2])
    boxed = np.zeros((DETECTOR_SIZE, DETECTOR_SIZE, 3), dtype=np.uint8)
    boxed[offset[1] : offset[1] + small.shape[0], offset[0] : offset[0] + small.shape[1]] = small
    boxes, logits = run_detector(detector_files, "pose_detection", boxed.astype(np.float32) / 127.5 - 1)[:2]
    scores = expit(logits.ravel())
    points = boxes.reshape(-1, 6, 2).astype(np.float64)
    points[:, [0, 2, 3, 4, 5]] += place_anchors(DETECTOR_SIZE, STRIDES)[:, None]
    sure = scores > CERTAIN
    detections = _merge((points[sure] - [[offset]]) / scale, scores[sure], points[sure][:, 1] / scale)
    return sorted(detections, key=lambda person: -person.region.side)


def look_closer(photo: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
    """Whom the detector sees in overlapping parts of a photo in which it sees nobody: people far away."""
    height, width = photo.shape[:2]
    for share in CLOSER:
        side = round(max(height, width) * share)
        if side < DETECTOR_SIZE:
            break
        found = []
        for top in range(0, max(height - side // 2, 1), side // 2):
            for left in range(0, max(width - side // 2, 1), side // 2):
                part = photo[top : top + side, left : left + side]
                found += [_moved(person, np.array([left, top])) for person in detect_people(part)]
        if found:
            return _drop_doubles(found)
    return []


def _moved(person: Detection, by: Int[np.ndarray, "2"]) -> Detection:
    return Detection(score=person.score, box=person.box + np.tile(by, 2), keypoints=person.keypoints + by)


def _drop_doubles(people: list[Detection]) -> list[Detection]:
    """Of detections of one person in several parts the surest; the largest person first."""
    kept: list[Detection] = []
    for person in sorted(people, key=lambda person: -person.score):
        if all(_overlap(person.box, other.box) <= OVERLAPPING for other in kept):
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
        group = [i for i in left if _overlap(boxes[left[0]], boxes[i]) > OVERLAPPING]
        left = [i for i in left if i not in group]
        weights = scores[group] / scores[group].sum()
        keypoints = np.einsum("n,nka->ka", weights, points[group][:, 2:])
        merged.append(Detection(score=float(scores[group[0]]), box=weights @ boxes[group], keypoints=keypoints))
    return merged


def _overlap(a: Float[np.ndarray, "4"], b: Float[np.ndarray, "4"]) -> float:
    shared = np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None))
    return float(shared / max(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared, 1e-9))


def look_in(photo: UInt8[np.ndarray, "h w 3"], region: Region, *, num_people: int = 1) -> Landmarks:
    """The landmarks of whoever is in a region, however unsure."""
    outputs = {
        output[0].size: output[0] for output in run_detector(detector_files, "pose_landmark_full", _crop(photo, region))
    }
    everything = outputs[195].reshape(39, 5).astype(np.float64)
    raw = everything[:NUM_LANDMARKS].copy()
    raw[:, :2] = _refine(raw[:, :2], outputs[64 * 64 * 39].reshape(64, 64, 39)[..., :NUM_LANDMARKS])
    affine = region.crop_to_photo
    image = np.column_stack([raw[:, :2] @ affine[:, :2].T + affine[:, 2], raw[:, 2] * region.side / CROP])
    world = outputs[117].reshape(39, 3)[:NUM_LANDMARKS].astype(np.float64)
    cos, sin = np.cos(region.rotation), np.sin(region.rotation)
    world[:, :2] = world[:, :2] @ np.array([[cos, -sin], [sin, cos]]).T
    mask = expit(outputs[CROP * CROP].reshape(CROP, CROP))
    return Landmarks(
        image=image,
        world=world,
        visibility=expit(raw[:, 3]),
        mask=cv2.warpAffine(mask, between_centres(affine), photo.shape[1::-1], flags=cv2.INTER_LINEAR),
        score=float(outputs[1].ravel()[0]),
        num_people=num_people,
        region=_region(*(everything[list(ALIGNMENT), :2] @ affine[:, :2].T + affine[:, 2])),
    )


def _crop(photo: UInt8[np.ndarray, "h w 3"], region: Region) -> Float[np.ndarray, "256 256 3"]:
    """The rotated square as the network sees it; a much larger photo is averaged down first so that nothing aliases."""
    affine, factor = region.crop_to_photo, region.side / CROP
    if factor > 2:
        size = (max(round(photo.shape[1] * 2 / factor), 1), max(round(photo.shape[0] * 2 / factor), 1))
        shrink = np.array([size[0] / photo.shape[1], size[1] / photo.shape[0]])
        photo, affine = cv2.resize(photo, size, interpolation=cv2.INTER_AREA), affine * shrink[:, None]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(photo, between_centres(affine), (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return crop.astype(np.float32) / 255


def _refine(points: Float[np.ndarray, "n 2"], logits: Float[np.ndarray, "64 64 n"]) -> Float[np.ndarray, "n 2"]:
    """Move each landmark to the centre of mass of its heatmap nearby, where the heatmap is sure."""
    heat = expit(logits)
    size = heat.shape[0]
    refined = points.copy()
    for n, (x, y) in enumerate(points * size / CROP):
        column, row = int(x), int(y)
        if not (0 <= column < size and 0 <= row < size):
            continue
        rows = slice(max(row - HEATMAP_RADIUS, 0), row + HEATMAP_RADIUS + 1)
        columns = slice(max(column - HEATMAP_RADIUS, 0), column + HEATMAP_RADIUS + 1)
        window = heat[rows, columns, n]
        if window.max() >= CERTAIN:
            down, across = np.indices(window.shape)
            centre = np.array([(window * (across + columns.start)).sum(), (window * (down + rows.start)).sum()])
            refined[n] = centre / window.sum() * CROP / size
    return refined


def outside(landmarks: Landmarks) -> Bool[np.ndarray, "33"]:
    """Which landmarks lie outside the photo; by a little does not count."""
    height, width = landmarks.mask.shape
    points = landmarks.image[:, :2]
    tolerance = CUT_TOLERANCE * float(np.ptp(points, axis=0).max())
    x, y = points[:, 0], points[:, 1]
    return np.maximum.reduce([-x, x - width, -y, y - height]) > tolerance


def cut_joints(landmarks: Landmarks) -> list[str]:
    """The main joints that lie outside the photo."""
    out = outside(landmarks)
    return [name for name, index in JOINTS.items() if out[index]]


def refuse_cut(landmarks: Landmarks) -> None:
    """ValueError if joints lie outside the photo. Feet, hands and hair may be cut a little."""
    if cut := cut_joints(landmarks):
        raise ValueError(
            f"the person is cut by the edge of the photo (outside: {', '.join(cut)}); "
            "use a photo that shows the whole body"
        )
