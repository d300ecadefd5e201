"""Picture + where a head is -> the face there: 468 points; or none, if no face is shown.

MediaPipe's two face networks (Apache-2.0), run through LiteRT: a detector looks at a square around the head, the mesh
network at an upright square around the face that was found.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from scipy.special import expit

from layerpose.estimation.detectors import between_centres, place_anchors, run_detector

DETECTOR_SIZE, MESH_SIZE = 128, 192
STRIDES = ((8, 2), (16, 6))
"""Grid stride of the detector's anchors and how many sit in each cell."""
CERTAIN = 0.5
ENLARGE = 1.5
"""Side of the square that the mesh network sees, in longer sides of the detector's box."""
RIGHT_EYE, LEFT_EYE, NOSE, MOUTH = (33, 133, 159, 145), (263, 362, 386, 374), 1, (61, 291)
"""Numbers of points of the mesh; of the mouth the right and the left corner."""
OUTLINE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Once around the face, from the middle of the forehead."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """One face."""

    points: Float[np.ndarray, "468 2"]
    """Pixels of the picture."""
    score: float
    """How surely it is one, 0..1."""

    @property
    def corners(self) -> Float[np.ndarray, "5 2"]:
        """Right eye, left eye, nose, right and left corner of the mouth: what recognisers are aligned by."""
        eyes = [self.points[list(eye)].mean(0) for eye in (RIGHT_EYE, LEFT_EYE)]
        return np.stack([*eyes, self.points[NOSE], *self.points[list(MOUTH)]])

    @property
    def outline(self) -> Float[np.ndarray, "36 2"]:
        """Once around it."""
        return self.points[list(OUTLINE)]


def find_face(picture: UInt8[np.ndarray, "h w 3"], centre: Float[np.ndarray, "2"], side: float) -> Face | None:
    """The surest face in a square of `side` pixels; None if there is none."""
    to_picture = _square(centre, side, 0.0, DETECTOR_SIZE)
    boxes, logits = _detect(picture, to_picture)
    best = int(logits.argmax())
    if expit(logits[best]) < CERTAIN:
        return None
    middle, extent, eyes = boxes[best, 0], boxes[best, 1], boxes[best, 2:4]
    (dx, dy), zoom = eyes[1] - eyes[0], side / DETECTOR_SIZE
    upright = _square(
        to_picture[:, :2] @ middle + to_picture[:, 2], ENLARGE * float(extent.max()) * zoom, float(np.arctan2(dy, dx)),
        MESH_SIZE,
    )  # fmt: skip
    seen = _crop(picture, upright, MESH_SIZE)
    outputs = {output.size: output for output in run_detector("face_landmark", seen)}
    score = float(expit(outputs[1].ravel()[0]))
    if score < CERTAIN:
        return None
    points = outputs[468 * 3].reshape(468, 3)[:, :2].astype(np.float64)
    return Face(points=points @ upright[:, :2].T + upright[:, 2], score=score)


def find_heads(picture: UInt8[np.ndarray, "h w 3"], centre: Float[np.ndarray, "2"], side: float) -> list[np.ndarray]:
    """The middles of all faces in a square of `side` pixels, each once, the surest first; pixels of the picture."""
    to_picture = _square(centre, side, 0.0, DETECTOR_SIZE)
    boxes, logits = _detect(picture, to_picture)
    heads: list[tuple[np.ndarray, float]] = []
    for row in np.argsort(-logits):
        if expit(logits[row]) < CERTAIN:
            break
        middle, size = boxes[row, 0], float(boxes[row, 1].max())
        if all(np.linalg.norm(middle - other) > max(size, wide) / 2 for other, wide in heads):
            heads.append((middle, size))
    return [to_picture[:, :2] @ middle + to_picture[:, 2] for middle, _ in heads]


def _detect(
    picture: UInt8[np.ndarray, "h w 3"], to_picture: Float[np.ndarray, "2 3"]
) -> tuple[Float[np.ndarray, "896 8 2"], Float[np.ndarray, "896"]]:
    """For every anchor: middle, extent and keypoints of a box in pixels of the crop; and how likely it is one."""
    seen = _crop(picture, to_picture, DETECTOR_SIZE) * 2 - 1
    outputs = {output.size: output for output in run_detector("face_detection_short_range", seen)}
    boxes = outputs[896 * 16].reshape(896, 8, 2).astype(np.float64)
    boxes[:, [0, 2, 3, 4, 5, 6, 7]] += place_anchors(DETECTOR_SIZE, STRIDES)[:, None]
    return boxes, outputs[896].ravel().astype(np.float64)


def _square(centre: Float[np.ndarray, "2"], side: float, rotation: float, size: int) -> Float[np.ndarray, "2 3"]:
    """Affine map from the pixels of a crop to those of the picture (both with centres at +0.5)."""
    zoom = side / size
    cos, sin = zoom * np.cos(rotation), zoom * np.sin(rotation)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([linear, centre - linear @ [size / 2, size / 2]])


def _crop(
    picture: UInt8[np.ndarray, "h w 3"], to_picture: Float[np.ndarray, "2 3"], size: int
) -> Float[np.ndarray, "s s 3"]:
    """In 0..1."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, between_centres(to_picture), (size, size), flags=flags).astype(np.float32) / 255
