"""Person of a photo + a pose -> the body where it belongs in the photo, and the square of the photo that it fills."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.body.skeleton import KEYPOINTS
from layerpose.estimation.canvas import MARGIN, Canvas
from layerpose.estimation.estimate import Estimate
from layerpose.estimation.frame import SIDES
from layerpose.maps.render import place_body, pose_body
from layerpose.types import Body, Camera, Pose

ON_FLOOR = 0.03
"""What is so little above the lowest point of a body, as a share of its height in the picture, stands on the floor."""
LEAST_MARGIN = 0.03
"""Free space on each side of someone framed as in the photo, until the square grows or moves."""
ALIKE = 1e-3
"""A pose that reaches so little beyond another, as a share of the square, reaches as far."""
ENDS = {
    "head": "nose", "left hand": "left_wrist", "right hand": "right_wrist", "left foot": "left_ankle",
    "right foot": "right_ankle",
}  # fmt: skip
"""The ends of a body, and the keypoints that say where they are."""
FEET = ("left ankle", "right ankle")
TRUNK = ("left shoulder", "right shoulder", "left hip", "right hip")
"""What stays in its place where the photo shows no feet."""


def stand(seen: Estimate, pose: Pose) -> tuple[Body, Canvas]:
    """The source's shape in the pose, as large as in the photo, its feet where the source's are, else its trunk.

    The square is as large as the pose needs and may reach beyond the photo, but not at an edge that cuts the person.
    """
    source, canvas = seen.body, seen.canvas
    scale = source.camera.scale * canvas.side
    x, y = np.array(source.camera.translation) * canvas.side + _corner(canvas)
    in_photo = replace(source.camera, scale=scale, translation=(float(x), float(y)))
    standing = Body(phenotype=source.phenotype, pose=source.pose, camera=in_photo)
    body = Body(phenotype=source.phenotype, pose=pose, camera=Camera(scale=scale, translation=(0.0, 0.0)))
    shift = _anchor(standing, seen) - _anchor(body, seen)
    points = _skin(body) + shift
    square = _frame(points, _skin(standing), seen) if seen.cut else _around(points, canvas.size)
    camera = square.place(Camera(scale=scale, translation=(float(shift[0]), float(shift[1]))))
    return Body(phenotype=source.phenotype, pose=pose, camera=camera), square


def beyond(body: Body, square: Canvas, seen: Estimate) -> list[str]:
    """What of a body on a square of the photo reaches beyond the photo, though the photo shows it."""
    points = place_body(body).keypoints[:, :2].numpy() * square.side + _corner(square)
    height, width = seen.landmarks.mask.shape
    named = {name: points[KEYPOINTS.index(joint)] for name, joint in ENDS.items()}
    shown = {"head", *seen.seen}
    return [name for name, (x, y) in named.items() if name in shown and not (0 <= x < width and 0 <= y < height)]


def within_cuts(seen: Estimate, square: Canvas) -> Bool[np.ndarray, "s s"]:
    """The pixels of a square that lie before the edges which cut the person."""
    places = (np.arange(square.size) + 0.5) * square.side / square.size
    inside = np.ones((square.size, square.size), dtype=bool)
    for axis, (start, length) in enumerate(zip(_corner(square), seen.landmarks.mask.shape[::-1], strict=True)):
        line = places + start
        kept = ((line > 0) | (SIDES[axis] not in seen.cut)) & ((line < length) | (SIDES[axis + 2] not in seen.cut))
        inside &= kept[None] if axis == 0 else kept[:, None]
    return inside


def _around(points: Float[np.ndarray, "n 2"], size: int) -> Canvas:
    """The square centred on them, with a margin."""
    low, high = points.min(0), points.max(0)
    side = math.ceil((high - low).max() / (1 - 2 * MARGIN))
    left, top = (int(value) for value in np.round((low + high - side) / 2))
    return Canvas(left=left, top=top, side=side, size=size)


def _frame(points: Float[np.ndarray, "n 2"], own: Float[np.ndarray, "n 2"], seen: Estimate) -> Canvas:
    """The square of the photo's own framing, or a larger one if the pose needs it; it ends where the photo cuts.

    What reaches beyond it in the photo's `own` pose, a limb that nothing tells of, needs no room in others either.
    """
    canvas, edge = seen.canvas, np.array(seen.landmarks.mask.shape[::-1])
    first, last = (np.array([side in seen.cut for side in pair]) for pair in (SIDES[:2], SIDES[2:]))
    (low, high), (own_low, own_high) = (_reach(some, first, last, edge) for some in (points, own))
    nearest, farthest = (_corner(canvas) + share * canvas.side for share in (LEAST_MARGIN, 1 - LEAST_MARGIN))
    low = np.where(low > own_low - ALIKE * canvas.side, np.maximum(low, nearest), low)
    high = np.where(high < own_high + ALIKE * canvas.side, np.minimum(high, farthest), high)
    low, high = np.where(first, 0, low), np.where(last, edge, high)
    side = max(math.ceil(((high - low) / (1 - LEAST_MARGIN * (2.0 - first - last))).max()), canvas.side)
    room, grown = LEAST_MARGIN * side, (side - canvas.side) / 2
    corner = np.clip(_corner(canvas) - grown, high + room - side, np.maximum(low - room, high + room - side))
    corner = np.where(first == last, corner, np.where(first, 0, edge - side))
    left, top = (int(value) for value in np.round(corner))
    return Canvas(left=left, top=top, side=side, size=canvas.size)


def _reach(
    points: Float[np.ndarray, "n 2"],
    first: Bool[np.ndarray, "2"],
    last: Bool[np.ndarray, "2"],
    edge: Int[np.ndarray, "2"],
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """The least and the most of the points that lie before the edges which cut."""
    shown = points[(((points > 0) | ~first) & ((points < edge) | ~last)).all(1)]
    return (shown.min(0), shown.max(0)) if len(shown) else (edge * 0.0, edge * 1.0)


def _corner(canvas: Canvas) -> Float[np.ndarray, "2"]:
    return np.array([canvas.left, canvas.top], dtype=np.float64)


def _skin(body: Body) -> Float[np.ndarray, "n 2"]:
    """In pixels of the photo, by a camera in these."""
    return project(torch.as_tensor(pose_body(body).vertices[body_model().skin]), body.camera)[:, :2].numpy()


def _anchor(body: Body, seen: Estimate) -> Float[np.ndarray, "2"]:
    """What of a body stays in its place in the photo."""
    if any(joint in seen.seen for joint in FEET) or not seen.cut:
        return _foot(_skin(body))
    names = [joint.replace(" ", "_") for joint in TRUNK if joint in seen.seen]
    rows = [KEYPOINTS.index(name) for name in names]
    keypoints = place_body(body).keypoints
    return keypoints[rows, :2].double().numpy().mean(0)


def _foot(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "2"]:
    """The middle of what touches the floor, and the floor's height."""
    low = points[:, 1].max()
    touching = points[points[:, 1] > low - ON_FLOOR * np.ptp(points[:, 1]), 0]
    return np.array([(touching.min() + touching.max()) / 2, low])
