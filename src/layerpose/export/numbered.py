"""Photo + masks of the people in it -> the photo with everybody outlined and numbered."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from layerpose.sheets.transfer import PALETTE

LONGEST = 1280
"""Longer side of the picture in pixels, at most."""


def number_people(photo: Image.Image, masks: Sequence[Float[np.ndarray, "h w"]]) -> Image.Image:
    """Numbers are those of `--person`: in the order of the masks, counted from 1."""
    picture = photo.convert("RGB")
    picture.thumbnail((LONGEST, LONGEST))
    width, pen = max(max(picture.size) // 320, 1), ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(picture.size) / 20)
    for number, mask in enumerate(masks, start=1):
        colour = PALETTE[1 + (number - 1) % (len(PALETTE) - 1)]
        inside = (cv2.resize(mask.astype(np.float32), picture.size, interpolation=cv2.INTER_AREA) > 0.5).astype(
            np.uint8
        )
        contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            line = [(int(x), int(y)) for x, y in contour[:, 0]]
            pen.line([*line, line[0]], fill=colour, width=width)
        rows, columns = np.nonzero(inside)
        if len(rows):
            place = float(columns.mean()), float(rows.min() + 0.35 * np.ptp(rows))
            pen.text(place, str(number), fill="white", anchor="mm", font=font, stroke_width=width, stroke_fill=colour)
    return picture
