"""Landmarks + the edges of the photo -> what of the person the photo shows, and how far each landmark is believed.

What lies beyond an edge is invented by the network. Close to an edge that cuts the person landmarks are squeezed into
the photo: hips of a head-and-shoulders picture lie at its lower edge.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from layerpose.estimation.landmarks import CERTAIN, JOINTS, Landmarks

CUT_TOLERANCE = 0.03
"""How far outside, as a share of the person's size, still counts as in the photo."""
SQUEEZED, HIPS_SQUEEZED = 0.06, 0.12
"""How far into the photo landmarks are moved that lie beyond a cut, in the same measure."""
TOUCHING_PX = 3
"""A mask that comes so close to an edge, in pixels of the largest mask that the network knows, goes beyond it."""
MASK_PX = 256
NEEDED = ("nose", "left shoulder", "right shoulder")
"""Joints without which nobody is drawn."""
SIDES = ("left", "top", "right", "bottom")
ENDS = {"left hand": 19, "right hand": 20, "left foot": 31, "right foot": 32}
"""Beside the joints, what may be missing."""
HIPS = (23, 24)


def outside(landmarks: Landmarks) -> Bool[np.ndarray, "33"]:
    """Which landmarks lie outside the photo; by a little does not count."""
    return depths(landmarks).min(1) < -CUT_TOLERANCE


def depths(landmarks: Landmarks) -> Float[np.ndarray, "33 4"]:
    """How far each landmark is inside of each of `SIDES`, as a share of the person's size; negative outside."""
    height, width = landmarks.mask.shape
    points = landmarks.image[:, :2]
    x, y = points[:, 0], points[:, 1]
    return np.stack([x, y, width - x, height - y], axis=1) / max(float(np.ptp(points, axis=0).max()), 1e-9)


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


def refuse_too_little(landmarks: Landmarks) -> None:
    """ValueError if the photo shows less than head and shoulders."""
    missing = [name for name in cut_joints(landmarks) if name in NEEDED]
    if missing:
        raise ValueError(
            f"the photo shows too little of the person (outside: {', '.join(missing)}); expected head and shoulders "
            "at least; use a photo that shows more"
        )


def seen_joints(landmarks: Landmarks) -> frozenset[str]:
    """Of the main joints, hands and feet those that lie in the photo."""
    inside = depths(landmarks).min(1) >= 0
    return frozenset(name for name, index in {**JOINTS, **ENDS}.items() if inside[index])


def cut_sides(landmarks: Landmarks) -> tuple[str, ...]:
    """Which edges of the photo cut the person: parts lie beyond them, and the mask reaches them."""
    beyond = depths(landmarks).min(0) < 0
    return tuple(side for side, cut, mask in zip(SIDES, beyond, _edges(landmarks), strict=True) if cut and mask.any())


def believe(landmarks: Landmarks) -> Float[np.ndarray, "33"]:
    """Visibility as far as the photo can show it: 0 outside, and less the closer to where an edge cuts the person.

    What was put there by hand is believed.
    """
    depth = depths(landmarks)
    size = max(float(np.ptp(landmarks.image[:, :2], axis=0).max()), 1e-9)
    reach = np.full(len(depth), SQUEEZED)
    reach[list(HIPS)] = HIPS_SQUEEZED
    belief = np.ones(len(depth))
    for side, mask in enumerate(_edges(landmarks)):
        if not mask.any() or not (depth[:, side] < 0).any():
            continue
        along = landmarks.image[:, 1 - side % 2]
        apart = np.abs(along[:, None] - np.flatnonzero(mask) - 0.5).min(1) / size
        share = np.where(apart < reach, depth[:, side] / reach, 1.0)
        belief = np.minimum(belief, share.clip(0, 1))
    return np.where(landmarks.held, 1.0, landmarks.visibility * np.where(depth.min(1) < 0, 0, belief))


def _edges(landmarks: Landmarks) -> Sequence[Bool[np.ndarray, "_"]]:
    """Along each of `SIDES`, where the person reaches it."""
    mask, band = landmarks.mask > CERTAIN, max(round(TOUCHING_PX * max(landmarks.mask.shape) / 4 / MASK_PX), 1)
    return mask[:, :band].max(1), mask[:band].max(0), mask[:, -band:].max(1), mask[-band:].max(0)


def shown_share(landmarks: Landmarks, start: int, end: int) -> float:
    """How much of the line between two landmarks lies in the photo."""
    height, width = landmarks.mask.shape
    first, step = landmarks.image[start, :2], landmarks.image[end, :2] - landmarks.image[start, :2]
    places = first + step * ((np.arange(32) + 0.5) / 32)[:, None]
    return float(((places >= 0) & (places < [width, height])).all(1).mean())
