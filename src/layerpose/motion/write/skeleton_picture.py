"""Take -> the coloured skeleton on black that ControlNet and its like take: a PNG, or a folder with one a frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from layerpose.media.pictures import write_png
from layerpose.motion.keypoint_layouts import BODY_25, COCO_18, COLOURS, LIMBS
from layerpose.motion.write.keypoints import find_keypoints
from layerpose.motion.write.take import Take
from layerpose.runtime.cache import writing_folder

DARKENED = 0.6
THICKNESS = 4 / 512
"""Radius of a joint and half the width of a limb, as a share of the picture's shorter side."""
COMMENT = "A pose as coloured skeleton (OpenPose, 18 joints), drawn by layerpose."


def write_skeleton_picture(take: Take, path: Path) -> None:
    """Write the picture of a still."""
    found = find_keypoints(take)
    write_png(Image.fromarray(draw_skeleton(found.body[0], found.width, found.height)), path, comment=COMMENT)


def write_skeleton_folder(take: Take, folder: Path) -> None:
    """Write a picture for each frame."""
    found = find_keypoints(take)
    with writing_folder(folder) as part:
        for frame, points in enumerate(found.body):
            picture = Image.fromarray(draw_skeleton(points, found.width, found.height))
            write_png(picture, part / f"{frame:06d}.png", comment=COMMENT)


def draw_skeleton(points: Float[np.ndarray, "25 2"], width: int, height: int) -> UInt8[np.ndarray, "h w 3"]:
    """Limbs first, then the joints over them."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    radius = max(round(THICKNESS * min(width, height)), 2)
    places = {name: points[BODY_25.index(name)] for name in COCO_18}
    for (start, end), colour in zip(LIMBS, COLOURS, strict=False):
        middle, along = (places[start] + places[end]) / 2, places[end] - places[start]
        size, angle = (int(np.linalg.norm(along) / 2), radius), int(np.degrees(np.arctan2(along[1], along[0])))
        outline = cv2.ellipse2Poly(middle.astype(int).tolist(), size, angle, 0, 360, 1)
        cv2.fillConvexPoly(picture, np.array(outline), [int(value * DARKENED) for value in colour])
    for name, colour in zip(COCO_18, COLOURS, strict=True):
        cv2.circle(picture, places[name].astype(int).tolist(), radius, colour, thickness=-1)
    return picture
