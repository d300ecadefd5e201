"""Photo, landmarks, fit -> warnings: the person is small, dark, blurred or cut off; something else is taken for one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from layerpose.estimation.face import find_heads
from layerpose.estimation.face_points import HEAD
from layerpose.estimation.frame import cut_joints, depths
from layerpose.estimation.landmarks import CERTAIN, SAME_MASK, Landmarks

SMALL_PX, ENOUGH_PX = 300, 500
"""Heights in pixels below which a person is small, and from which on a picture of 1024 looks sharp."""
DARK = 50
"""A person of whom 98 % is darker than this grey (0..255) shows little."""
BRIGHTEST = 98
BLURRED = 0.18
"""Fine contrast as a share of the coarse at a person's sharpest edges. Sharp photos have 0.33 to 0.7, and 0.13 to 0.15
once they are blurred by 2 pixels where the person is 512 tall."""
COMPARED_PX = 512
"""A larger person is compared at this height."""
FINE_PX, COARSE_PX = 1.0, 4.0
SHARPEST = 99
ENDS = {"left hand": 19, "right hand": 20, "left foot": 31, "right foot": 32, "left heel": 29, "right heel": 30}
"""Landmarks without which a person is whole enough to be drawn."""
AGREEING = 0.78
"""An overlap of body and mask from which on all is well; public photos and clips of one person have 0.81 to 0.93."""
FAINT, UNSURE, MUDDLED, FUSED = 0.1, 0.33, 0.375, 0.5
"""Share of mask pixels (as a share of the person's area) that are neither person nor background: one person has 0.11 to
0.31, in wide trousers or a tutu 0.36; two who overlap up to 0.55, with somebody else's leg 0.54."""
BESIDE, PIECE = 0.03, 0.025
"""A piece of the outline that is farther from the body than the one share of its size and larger than the other share
of the person. Of 70 photos and frames people in close clothes, dresses and skirts have 0.018 at most; a bag, a knee or
foot that is fitted elsewhere, the back of a chair 0.027 to 0.051; somebody else's leg 0.063."""
LOOKED, HEADS_APART = 0.8, 0.05
"""Second faces are looked for in a square of the one share of the person's size, and are farther from the head than the
other."""
MAX_GAIN = 16.0


@dataclass(frozen=True)
class Piece:
    """A piece of the person's outline that no part of the body explains."""

    share: float
    """Of the person's area."""
    place: str
    """Where in the picture, beside the body's middle."""


def warn_of_weakness(photo: UInt8[np.ndarray, "h w 3"], landmarks: Landmarks) -> None:
    """One warning for each thing that is wrong."""
    tall = float(np.ptp(landmarks.image[:, :2], axis=0).max())
    if tall < SMALL_PX:
        warnings.warn(
            f"the person is only {tall:.0f} pixels tall in the photo, so the result will be blurred; "
            f"{ENOUGH_PX} or more are better",
            stacklevel=3,
        )
    _warn_of_cut(landmarks)
    grey, person = _compared(photo, landmarks.mask, tall)
    if np.percentile(grey[person], BRIGHTEST) < DARK:
        warnings.warn(
            "the person is very dark in the photo, and so will be the result; use a brighter one", stacklevel=3
        )
    elif _sharpness(grey, person) < BLURRED:
        warnings.warn("the person is blurred in the photo, and so will be the result; use a sharper one", stacklevel=3)


def _warn_of_cut(landmarks: Landmarks) -> None:
    """Name what lies outside of the photo: joints, or else hands and feet."""
    joints, beyond = cut_joints(landmarks), depths(landmarks).min(1) < 0
    ends = [name for name, index in ENDS.items() if beyond[index]]
    if joints:
        warnings.warn(f"cut by the edge of the photo: {', '.join(joints)}; where they are is a guess", stacklevel=4)
    elif ends:
        warnings.warn(f"cut by the edge of the photo: {', '.join(ends)}; they will be missing or wrong", stacklevel=4)


def refuse_muddle(landmarks: Landmarks, overlap: float, piece: Piece | None = None) -> None:
    """ValueError where neither the body's outline nor the network's mask is sure: two people in one, a thing in front.

    A body that misses the outline alone, or a piece of it, is warned about: wide clothes do that too.
    """
    unsure = _unsure(landmarks.mask)
    muddled = unsure > MUDDLED or landmarks.agreement < SAME_MASK
    if unsure > FUSED or (muddled and overlap < AGREEING):
        raise ValueError(
            f"it is not clear what belongs to the person: the body's outline agrees by {overlap:.0%}, and "
            f"its edge is unsure; use a photo without anybody or anything right before or behind the person"
        )
    if doubt := _doubt(overlap, piece, unsure):
        warnings.warn(f"{doubt}; look at --sheet", stacklevel=3)


def refuse_second_face(
    photo: UInt8[np.ndarray, "h w 3"], landmarks: Landmarks, others: Sequence[Landmarks], overlap: float
) -> None:
    """ValueError where the body misses the outline and, beside its own, is the face of somebody who is not known."""
    if overlap >= AGREEING:
        return
    size, head = float(np.ptp(landmarks.image[:, :2], axis=0).max()), landmarks.image[HEAD, :2].mean(0)
    for x, y in find_heads(lighten(photo), head, LOOKED * size):
        row, column = (int(np.clip(at, 0, length - 1)) for at, length in zip((y, x), photo.shape[:2], strict=True))
        apart = float(np.linalg.norm(np.array([x, y]) - head))
        if apart > HEADS_APART * size and not any(other.mask[row, column] > CERTAIN for other in others):
            raise ValueError(
                f"somebody else is right beside or behind the person (a face at {x:.0f},{y:.0f}), and the body's "
                f"outline agrees by {overlap:.0%} only; use a photo in which they do not overlap"
            )


def _unsure(mask: Float[np.ndarray, "h w"]) -> float:
    """How much is neither person nor background, as a share of the person."""
    return float(((mask > FAINT) & (mask < 1 - FAINT)).sum()) / max(float((mask > CERTAIN).sum()), 1.0)


def _doubt(overlap: float, piece: Piece | None, unsure: float) -> str:
    if overlap < AGREEING:
        return (
            f"the body's outline agrees with the person's by {overlap:.0%} only: wide clothes, or something that was "
            f"taken for a part of the person"
        )
    if piece is not None and piece.share > PIECE:
        return (
            f"a piece of the person's outline ({piece.share:.0%}, {piece.place}) lies beside the fitted body: "
            f"something that was taken for a part of the person, or a limb that is fitted elsewhere"
        )
    return "the person's outline is unsure: somebody or something may be right before or behind" * (unsure > UNSURE)


def largest_beside(person: Bool[np.ndarray, "s s"], body: Bool[np.ndarray, "s s"]) -> Piece | None:
    """The largest piece of the person's mask that lies well beside the drawn body; None if there is none."""
    if not body.any():
        return None
    (top, bottom), (left, right) = (np.flatnonzero(body.any(axis))[[0, -1]] for axis in (1, 0))
    away = cv2.distanceTransform((~body).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    beside = (person & (away > BESIDE * max(bottom - top, right - left))).astype(np.uint8)
    count, _, stats, centres = cv2.connectedComponentsWithStats(beside)
    if count < 2:
        return None
    row = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    x, y = centres[row]
    across, along = (x - left) / max(right - left, 1), (y - top) / max(bottom - top, 1)
    words = ["above" if along < 1 / 3 else "below" if along > 2 / 3 else "in the middle"]
    words += ["left"] if across < 1 / 3 else ["right"] if across > 2 / 3 else []
    return Piece(share=float(stats[row, cv2.CC_STAT_AREA] / max(person.sum(), 1)), place=" ".join(words))


def lighten(photo: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """A photo that is dark all over, as bright as others, so that the networks see somebody; any other as it is."""
    brightest = float(np.percentile(photo[::8, ::8], SHARPEST))
    if brightest >= DARK:
        return photo
    gain = min(255 / max(brightest, 1.0), MAX_GAIN)
    return cv2.convertScaleAbs(photo, alpha=gain).astype(np.uint8)


def _compared(
    photo: UInt8[np.ndarray, "h w 3"], mask: Float[np.ndarray, "h w"], tall: float
) -> tuple[Float[np.ndarray, "r c"], np.ndarray]:
    """Grey picture and person, at a height at which persons of all sizes can be compared."""
    grey, zoom = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32), COMPARED_PX / max(tall, 1.0)
    if zoom < 1:
        grey = cv2.resize(grey, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask, grey.shape[::-1], interpolation=cv2.INTER_AREA)
    person = mask > CERTAIN
    return grey, person if person.any() else np.ones_like(person)


def _sharpness(grey: Float[np.ndarray, "r c"], person: np.ndarray) -> float:
    """Fine contrast at the sharpest edges, as a share of the coarse."""
    fine, coarse = (
        np.percentile(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), width))[person], SHARPEST)
        for width in (FINE_PX, COARSE_PX)
    )
    return float(fine / max(coarse, 1e-6))
