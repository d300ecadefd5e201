"""Neighbouring frames and where the person is -> how the camera moved, by corners of the background."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

LONGEST_SIDE = 320
"""Pixels of the pictures that are compared."""
CORNERS, QUALITY, APART_PX = 150, 0.01, 8
ROOM = 0.15
"""Free space around the person that does not count as background, in its sizes."""
FEWEST, SHARE = 12, 0.5
"""Corners, and the share of them, that must agree on a movement."""
STILL_PX = 0.15
"""A camera that moves less stands still."""
TOLERANCE_PX = 1.0
MOST_ZOOM = 1.1
"""In a frame; more is an error."""


class CameraMotion:
    """Looks at one frame after the other. `to_first` maps pixels of the last one to pixels of the first."""

    def __init__(self) -> None:
        self.to_first = np.eye(3)
        self._before: UInt8[np.ndarray, "h w"] | None = None
        self._corners: Float[np.ndarray, "n 1 2"] | None = None

    def look(self, pixels: UInt8[np.ndarray, "h w 3"], person: Float[np.ndarray, "n 2"] | None) -> None:
        """The next frame, and points of the person in it."""
        scale = min(1.0, LONGEST_SIDE / max(pixels.shape))
        small = cv2.cvtColor(
            cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        if self._before is not None and self._corners is not None:
            zoom = np.diag([scale, scale, 1])
            self.to_first = self.to_first @ np.linalg.inv(zoom) @ _back(self._before, small, self._corners) @ zoom
        self._before, self._corners = small, _corners(small, None if person is None else person * scale)


def _corners(picture: UInt8[np.ndarray, "h w"], person: Float[np.ndarray, "n 2"] | None) -> np.ndarray | None:
    """Corners outside of the person."""
    mask = np.full_like(picture, 255)
    if person is not None:
        room = ROOM * np.ptp(person, axis=0).max()
        low, high = np.maximum(person.min(0) - room, 0).astype(int), np.maximum(person.max(0) + room, 0).astype(int)
        mask[low[1] : high[1], low[0] : high[0]] = 0
    return cv2.goodFeaturesToTrack(picture, CORNERS, QUALITY, APART_PX, mask=mask)


def _back(
    before: UInt8[np.ndarray, "h w"], after: UInt8[np.ndarray, "h w"], corners: np.ndarray
) -> Float[np.ndarray, "3 3"]:
    """Maps the later picture onto the earlier one: shift, turn and zoom; nothing where the background does not tell."""
    still = np.eye(3)
    found, tracked, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, corners.copy(), winSize=(15, 15), maxLevel=3)
    kept = tracked.ravel() == 1
    if kept.sum() < FEWEST:
        return still
    old, new = corners[kept, 0], found[kept, 0]
    if np.median(np.linalg.norm(new - old, axis=1)) < STILL_PX:
        return still
    affine, inliers = cv2.estimateAffinePartial2D(new, old, ransacReprojThreshold=TOLERANCE_PX)
    if affine is None or inliers.sum() < max(FEWEST, SHARE * len(old)):
        return still
    zoom = float(np.sqrt(np.linalg.det(affine[:, :2])))
    return np.vstack([affine, [0, 0, 1]]) if 1 / MOST_ZOOM < zoom < MOST_ZOOM else still
