"""A body's poses and its places in the pictures of a video -> Motion: it stands on a floor and planted feet stay there.

A picture tells the way across it, and heights but for the depth: who comes nearer moves down in it. So whatever is
lowest of the body for a while is on the floor, and what is above is a jump; the way in depth is what planted feet say,
and how fast the person grows in the picture holds it only loosely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter1d, grey_opening, uniform_filter1d

from layerpose.body.model import Rest, body_model
from layerpose.motion.performer import leg_length
from layerpose.types import Motion

SOLE = ("foot", "toe2-1", "toe2-2")
"""Bones whose heads stand for heel, ball and tip of a foot."""
OTHERS = {"wrist": 0.04, "finger3-1": 0.02, "lowerarm01": 0.06, "lowerleg01": 0.07, "upperleg01": 0.13}
"""Bones whose heads may touch the floor in other poses, and how far inside the body they are, in metres."""
LONGEST_JUMP_S = 1.0
SETTLING_S = 0.25
EVENING_S = 0.05
"""The pelvis goes up and down no faster than over this time."""
NOISE_M = 0.03
"""Jumps that are lower are errors."""
PLANTED_M, PLANTED_SPEED = 0.06, 0.45
"""A foot stands while it is no more than so far above the floor, and slower than so many metres a second."""
SHORTEST_S = 0.12
"""A foot that stands for less time does not stand."""
ACROSS_M, DEPTH_M = 0.03, 0.5
"""What the picture says of the pelvis's place is wrong by about so much."""
SLIDING_M = 0.008
"""A planted foot may move so far in a frame of 1/15 s ..."""
UNEVEN_M = 0.012
"""... and the pelvis may deviate so far from even motion."""
EASING_S = 0.1
"""Before and after standing, the ankle comes to its place over so much time."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Where the pictures of a video show the pelvis, freed from the movement of the camera."""

    across: Float[np.ndarray, "t 2"]
    """Right and down from the middle of the picture, in metres at the person's distance."""
    depth: Float[np.ndarray, "t"]
    """Distance from the camera in metres, by the person's size; a guess, for the lens is not known."""
    shots: Int[np.ndarray, "t"]
    fps: float


def ground(rotations: Float[np.ndarray, "t j 3 3"], rest: Rest, shown: Shown) -> Motion:
    """Put the body on the floor and let planted feet stay where they are."""
    _, heads = body_model().kinematics(rest, rotations)
    ankles = heads[:, _feet("foot")]
    height = _height(heads, rest, shown)
    soles = heads[:, [bone for name in SOLE for bone in _feet(name)], 2].reshape(len(heads), -1, 2).min(1)
    low = (soles + height[:, None]) - _rise(rest).min(0)
    planted = _planted(ankles, low, shown)
    path = np.column_stack([_level(ankles, planted, shown), height])
    places = _still(path[:, None] + ankles, planted, shown.fps)
    leg = leg_length(rest)
    return Motion(
        rotations=torch.from_numpy(rotations.astype(np.float32)),
        path=torch.from_numpy(((path - [*path[0, :2], 0]) / leg).astype(np.float32)),
        ankles=torch.from_numpy(((places - [*path[0, :2], 0]) / leg).astype(np.float32)),
        fps=shown.fps,
    )


def _feet(bone: str) -> list[int]:
    return [body_model().bone(f"{bone}.{side}") for side in "LR"]


def _rise(rest: Rest) -> Float[np.ndarray, "3 2"]:
    """How far the heads of `SOLE` are above the floor when the body stands, in metres."""
    model = body_model()
    floor = rest.vertices[model.skin, 2].min()
    return np.array([[rest.heads[bone, 2] - floor for bone in _feet(name)] for name in SOLE])


def _height(heads: Float[np.ndarray, "t j 3"], rest: Rest, shown: Shown) -> Float[np.ndarray, "t"]:
    """Of the pelvis above the floor: from what is lowest in each frame, and by how much that is in the air."""
    points = [heads[:, _feet(name), 2] - rise for name, rise in zip(SOLE, _rise(rest), strict=True)]
    points += [heads[:, _feet(name), 2] - inside for name, inside in OTHERS.items()]
    lowest = np.concatenate(points, axis=1).min(1)
    seen = lowest - shown.across[:, 1]
    lifts = np.zeros(len(seen))
    window = 2 * round(LONGEST_JUMP_S * shown.fps / 2) + 1
    for shot in np.unique(shown.shots):
        rows = np.flatnonzero(shown.shots == shot)
        padded = _carried_on(seen[rows], window)
        floor = gaussian_filter1d(grey_opening(padded, window), SETTLING_S * shown.fps)[window:-window]
        above = np.maximum(seen[rows] - floor, 0)
        lifts[rows] = np.clip(2 * (above - NOISE_M), 0, above)
    return gaussian_filter1d(lifts - lowest, EVENING_S * shown.fps)


def _carried_on(values: Float[np.ndarray, "n"], room: int) -> Float[np.ndarray, "m"]:
    """With so many more at both ends: who comes nearer had been coming nearer before."""
    reach = min(room, len(values) - 1)
    carried = np.pad(values, reach, mode="reflect", reflect_type="odd")
    return np.pad(carried, room - reach, mode="edge")


def _planted(
    ankles: Float[np.ndarray, "t 2 3"], low: Float[np.ndarray, "t 2"], shown: Shown
) -> Bool[np.ndarray, "t 2"]:
    """When each foot stands: near the floor and hardly moving across the picture."""
    across = ankles[..., 0] + shown.across[:, :1]
    speed = np.abs(np.gradient(across, axis=0)) * shown.fps if len(across) > 1 else np.zeros_like(across)
    standing = (low < PLANTED_M) & (speed < PLANTED_SPEED)
    shortest = max(round(SHORTEST_S * shown.fps), 1)
    return grey_opening(standing.astype(np.uint8), (shortest, 1)).astype(bool)


def _level(
    ankles: Float[np.ndarray, "t 2 3"], planted: Bool[np.ndarray, "t 2"], shown: Shown
) -> Float[np.ndarray, "t 2"]:
    """The pelvis's way along the floor, by least squares: across as seen, planted feet still, no jolts."""
    slack = (15 / shown.fps) ** 2
    together = shown.shots[1:] == shown.shots[:-1]
    standing = (planted[1:] & planted[:-1]) * together[:, None] / (SLIDING_M * np.sqrt(slack)) ** 2
    out = np.zeros((len(ankles), 2))
    for axis, (seen, sigma) in enumerate(((shown.across[:, 0], ACROSS_M), (shown.depth, DEPTH_M))):
        moved = -(standing * np.diff(ankles[..., axis], axis=0)).sum(1)
        even = together[1:] & together[:-1]
        out[:, axis] = _even_way(seen, sigma, standing.sum(1), moved, even / (UNEVEN_M * slack) ** 2)
    return out


def _even_way(
    seen: Float[np.ndarray, "t"], sigma: float, standing: Float[np.ndarray, "m"], moved: Float[np.ndarray, "m"],
    even: Float[np.ndarray, "e"],
) -> Float[np.ndarray, "t"]:  # fmt: skip
    """Places near those seen, whose steps are as the feet say (`moved`, times their weight), and even."""
    num = len(seen)
    banded, right = np.zeros((3, num)), seen / sigma**2
    banded[2] = 1 / sigma**2
    banded[2, 1:] += standing
    banded[2, :-1] += standing
    banded[1, 1:] -= standing
    right[1:] += moved
    right[:-1] -= moved
    if num > 2:
        for offset, weight in enumerate((1.0, 4.0, 1.0)):
            banded[2, offset : num - 2 + offset] += weight * even
        banded[1, 1:-1] -= 2 * even
        banded[1, 2:] -= 2 * even
        banded[0, 2:] += even
    return solveh_banded(banded, right)


def _still(
    places: Float[np.ndarray, "t 2 3"], planted: Bool[np.ndarray, "t 2"], fps: float
) -> Float[np.ndarray, "t 2 3"]:
    """Ankles of planted feet stay where they are on average; before and after they come there gently."""
    width = 2 * round(EASING_S * fps) + 1
    out = places.copy()
    for foot in range(2):
        moved = np.zeros_like(places[:, foot])
        for run in _runs(planted[:, foot]):
            moved[run, :2] = places[run, foot, :2].mean(0) - places[run, foot, :2]
        eased = uniform_filter1d(moved, width, axis=0, mode="nearest")
        out[:, foot] += np.where(planted[:, foot, None], moved, eased)
    return out


def _runs(flags: Bool[np.ndarray, "t"]) -> list[Int[np.ndarray, "n"]]:
    rows = np.flatnonzero(flags)
    return np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []
