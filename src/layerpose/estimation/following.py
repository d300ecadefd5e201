"""The next frame of a video -> landmarks of the person who is followed, looked for where it was before.

Of those whom the detector sees it is the one nearby who is as large and dressed as before. Where the detector sees
nobody, the landmark network looks at the place where the person was.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from layerpose.estimation.finding import LOST
from layerpose.estimation.landmarks import CERTAIN, JOINTS, Landmarks, Region, look_twice
from layerpose.estimation.people import detect_people

Pixels = UInt8[np.ndarray, "h w 3"]
OTHER_SIZE = 1.4
"""Somebody who is so many times as large, or as small, as in the frame before is somebody else."""
OTHER_CLOTHES, OTHER_CLOTHES_IN_PLACE = 0.16, 0.3
"""Mean difference (0..1) of the trunk's colours from which on the clothes are another person's. Who bends or turns
shows other clothes, but stays as large and in the same place."""
SAME_SIZE, SAME_PLACE = 1.15, 0.1
"""As large and in the same place, in sizes of the person."""
SPREADING = 0.25
"""By so much more of LOST a person may be away for each frame in which it was not seen."""
FORGETTING = 0.1
"""How fast the memory of the clothes follows what is seen."""
SWATCH = 6
"""Colours are taken at so many places along and across the trunk."""


class Follower:
    """Looks at one frame after the other and remembers where the person was and what it wears."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.missed = 0
        self._clothes: Float[np.ndarray, "n n 3"] | None = None

    def look(self, pixels: Pixels) -> Landmarks:
        """The person in the next frame. ValueError, with the reason, if it is not seen."""
        people = detect_people(pixels)
        spread = 1 + SPREADING * self.missed
        near = [person.region for person in people if is_near(self.region, person.region, spread)]
        near.sort(key=lambda region: float(np.linalg.norm(region.centre - self.region.centre)))
        for region in self._tried_first(near):
            landmarks = look_twice(pixels, region)
            clothes = swatch(pixels, landmarks)
            if self._is_same(landmarks, clothes):
                assert landmarks.region is not None
                self._remember(clothes)
                self.region, self.missed = landmarks.region, 0
                return landmarks
        self.missed += 1
        raise ValueError(_reason(bool(near), bool(people)))

    def _tried_first(self, near: list[Region]) -> list[Region]:
        """The detector's region if it is in the same place, for it does not drift; else where the person was first."""
        if near and self._is_in_place(near[0]):
            return [*near, self.region]
        return [self.region, *near]

    def _is_same(self, landmarks: Landmarks, clothes: Float[np.ndarray, "n n 3"]) -> bool:
        assert landmarks.region is not None
        if landmarks.score < CERTAIN or not is_near(self.region, landmarks.region, 1 + SPREADING * self.missed):
            return False
        if self._clothes is None:
            return True
        unlike = float(np.abs(clothes - self._clothes).mean())
        return unlike < (OTHER_CLOTHES_IN_PLACE if self._is_in_place(landmarks.region) else OTHER_CLOTHES)

    def _is_in_place(self, region: Region) -> bool:
        ratio = region.side / self.region.side
        moved = float(np.linalg.norm(region.centre - self.region.centre))
        return 1 / SAME_SIZE < ratio < SAME_SIZE and moved < SAME_PLACE * self.region.side

    def _remember(self, clothes: Float[np.ndarray, "n n 3"]) -> None:
        if self._clothes is None or np.abs(clothes - self._clothes).mean() >= OTHER_CLOTHES:
            self._clothes = clothes
        self._clothes = (1 - FORGETTING) * self._clothes + FORGETTING * clothes


def _reason(near: bool, anybody: bool) -> str:
    if near:
        return "somebody else is before the person, or where it was"
    return "the person was lost: whoever is here is somewhere else" if anybody else "no person was found"


def swatch(pixels: Pixels, landmarks: Landmarks) -> Float[np.ndarray, "n n 3"]:
    """Colours of the trunk, in 0..1, from shoulders to hips and across."""
    corners = landmarks.image[
        [JOINTS[f"{side} {part}"] for part in ("shoulder", "hip") for side in ("right", "left")], :2
    ]
    share = (np.arange(SWATCH) + 0.5) / SWATCH
    across = corners[[0, 2], None] + (corners[[1, 3]] - corners[[0, 2]])[:, None] * share[:, None]
    places = across[0] + (across[1] - across[0]) * share[:, None, None]
    reach = max(int(np.linalg.norm(corners[2] - corners[0]) / SWATCH / 2), 1)
    low = np.floor(places.min((0, 1))).astype(int) - reach
    high = np.ceil(places.max((0, 1))).astype(int) + reach + 1
    low, high = (np.clip(edge, 0, np.array(pixels.shape[1::-1])) for edge in (low, high))
    if (high <= low).any():
        return np.zeros((SWATCH, SWATCH, 3))
    piece = cv2.blur(np.ascontiguousarray(pixels[low[1] : high[1], low[0] : high[0]]), (reach, reach))
    at = np.clip((places - low).astype(int), 0, high - low - 1)
    return piece[at[..., 1], at[..., 0]] / 255


def is_near(before: Region, after: Region, spread: float = 1.0) -> bool:
    """Whether a person can have come from one place to the other, and to the other size."""
    moved = float(np.linalg.norm(after.centre - before.centre))
    growth = max(after.side, before.side) / max(min(after.side, before.side), 1e-9)
    return moved < LOST * spread * min(before.side, after.side) and growth < OTHER_SIZE**spread
