"""A generated picture + the true one or the photo -> how alike the faces are, each aligned by its own landmarks.

Two measures: the correlation of the faces' gradients, which needs no further file and asks for the same face in the
same turn; and the cosine of what a recogniser says, whose file is the user's (`evaluation.recogniser`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.body.skeleton import KEYPOINTS
from layerpose.estimation.face import Face, find_face
from layerpose.evaluation.fidelity import mean_levels
from layerpose.evaluation.recogniser import ALIGNED_SIZE, Recogniser
from layerpose.maps.render import coco_18, pose_body
from layerpose.media.pictures import image_to_picture
from layerpose.types import Body

ARCFACE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)  # fmt: skip
"""Where recognisers want the eyes, the nose and the corners of the mouth (Deng et al., ArcFace)."""
OVAL_CENTRE, OVAL_AXES = (56, 68), (36, 46)
"""What is compared of an aligned face: no hair, no background."""
HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
HEAD_SQUARE = 0.25
"""A face is looked for in a square around the body's head, as a share of the stature."""
SOFT_PX = 1.5
"""Gradients are those of a face blurred by so much: alike is what one sees, not every pixel."""


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """A face that was found in a picture, and the same aligned."""

    face: Face
    aligned: UInt8[np.ndarray, "112 112 3"]


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike the face of a picture is to the true one."""

    found: float
    """1 if a face was found; without one everything is 0."""
    likeness: float
    """Correlation of the gradients, -1..1."""
    cosine: float | None
    """Of the recogniser's vectors; None without one."""


def find_portrait(image: Float[Tensor, "1 3 h w"], body: Body) -> Portrait | None:
    """The face where the body has its head; None if the picture shows none there."""
    centre, side = head_square(body)
    pixels = np.array(image_to_picture(image))
    face = find_face(pixels, centre * len(pixels), side * len(pixels))
    return None if face is None else Portrait(face=face, aligned=align_face(pixels, face))


def head_square(body: Body) -> tuple[Float[np.ndarray, "2"], float]:
    """Middle and side of a square around the head, in canvas units."""
    points = torch.as_tensor(coco_18(pose_body(body).keypoints))
    seen = project(points, body.camera)[[KEYPOINTS.index(name) for name in HEAD], :2].double().numpy()
    model = body_model()
    stature = float(np.ptp(model.rest(body.phenotype.numpy()).vertices[model.skin, 2])) * body.camera.scale
    return seen.mean(0), HEAD_SQUARE * stature


def align_face(pixels: UInt8[np.ndarray, "h w 3"], face: Face) -> UInt8[np.ndarray, "112 112 3"]:
    """Moved, turned and scaled so that eyes, nose and mouth lie where recognisers want them."""
    return cv2.warpAffine(pixels, similarity(face.corners - 0.5, ARCFACE), (ALIGNED_SIZE, ALIGNED_SIZE))


def similarity(points: Float[np.ndarray, "n 2"], wanted: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "2 3"]:
    """The turn, scale and shift that brings points nearest to others, in least squares (Umeyama 1991)."""
    ours, theirs = points - points.mean(0), wanted - wanted.mean(0)
    left, sizes, right = np.linalg.svd(theirs.T @ ours)
    flip = np.diag([1.0, np.sign(np.linalg.det(left @ right))])
    linear = left @ flip @ right * (sizes @ flip.diagonal() / (ours**2).sum())
    return np.column_stack([linear, wanted.mean(0) - linear @ points.mean(0)])


def compare_faces(found: Portrait | None, truth: Portrait, recogniser: Recogniser | None = None) -> Likeness:
    """How alike two faces are."""
    if found is None:
        return Likeness(found=0.0, likeness=0.0, cosine=None if recogniser is None else 0.0)
    cosine = None if recogniser is None else recogniser.cosine(found.aligned, truth.aligned)
    return Likeness(found=1.0, likeness=correlate(found.aligned, truth.aligned), cosine=cosine)


def correlate(face: UInt8[np.ndarray, "112 112 3"], other: UInt8[np.ndarray, "112 112 3"]) -> float:
    """Correlation of the gradients within the oval: 1 for equal faces, whatever the light's strength."""
    ours, theirs = (_gradients(one) for one in (face, other))
    return float((ours * theirs).sum() / max(np.sqrt((ours**2).sum() * (theirs**2).sum()), 1e-12))


def face_levels(image: Float[Tensor, "1 3 h w"], truth: Float[Tensor, "1 3 h w"], face: Face) -> float:
    """Mean absolute difference within the true face's outline, of 256 levels; for people in their own pose."""
    inside = np.zeros(tuple(image.shape[-2:]), dtype=np.uint8)
    cv2.fillPoly(inside, [face.outline.round().astype(np.int32)], 1)
    return mean_levels(image, truth, torch.from_numpy(inside > 0))


def _gradients(face: UInt8[np.ndarray, "112 112 3"]) -> Float[np.ndarray, "n 2"]:
    bright = cv2.GaussianBlur(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), SOFT_PX)
    return np.stack([cv2.Sobel(bright, cv2.CV_32F, *step) for step in ((1, 0), (0, 1))], axis=-1)[_oval()]


def _oval() -> Bool[np.ndarray, "112 112"]:
    inside = np.zeros((ALIGNED_SIZE, ALIGNED_SIZE), dtype=np.uint8)
    cv2.ellipse(inside, OVAL_CENTRE, OVAL_AXES, 0, 0, 360, 1, -1)
    return inside > 0
