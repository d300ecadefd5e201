"""Landmarks over time -> the same with left and right never exchanged: Viterbi over what may be mirrored in a frame.

In each frame the arms (with head and shoulders), the legs (with the hips), both or nothing may have been taken for the
other side. Limbs do not jump, hips face where shoulders face, and legs are not crossed for long; what costs least over
the whole shot is believed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import uniform_filter1d

from layerpose.estimation.fit_problem import unit

PAIRS = ((1, 4), (2, 5), (3, 6), (7, 8), (9, 10), *((left, left + 1) for left in range(11, 33, 2)))
FIRST_OF_LEGS = 23
JUMP_M = 0.07
"""A mean step of the arms' or the legs' joints of so much costs 1, and ..."""
LARGEST_JUMP = 4.0
"""... a larger one at most this."""
MIRRORED = 0.3
"""Cost of each frame in which the network is said to have exchanged the sides."""
TWISTED = 0.3
"""Cost of hips that face where the shoulders do not, for a right angle."""
CROSSED, WIDE_M = 1.0, 0.1
"""Cost of legs that stand so far on the wrong side of each other, along the line of the shoulders."""
STEADY_FRAMES = 15
STATES = tuple((arms, legs) for arms in (False, True) for legs in (False, True))


@dataclass(frozen=True, kw_only=True)
class Sides:
    """For each frame, whether arms and legs are to be exchanged."""

    arms: Bool[np.ndarray, "t"]
    legs: Bool[np.ndarray, "t"]

    def put_right(self, values: Float[np.ndarray, "t 33 *k"]) -> Float[np.ndarray, "t 33 *k"]:
        """Anything that is known of the landmarks, with the sides exchanged where they were wrong."""
        out = values.copy()
        for flipped, arms in ((self.arms, True), (self.legs, False)):
            order = _exchanged(arms=arms, legs=not arms)
            out[flipped] = out[flipped][:, order]
        return out


def find_sides(world: Float[np.ndarray, "t 33 3"]) -> Sides:
    """Which frames of one shot are mirrored. `world` holds the frames in which the person is seen."""
    choices = np.stack([world[:, _exchanged(arms=arms, legs=legs)] for arms, legs in STATES], axis=1)
    state = np.array([MIRRORED * (arms + legs) for arms, legs in STATES]) + _twist(choices) + _crossing(choices)
    moves = _steps(choices)
    total, came_from = state[0], []
    for frame in range(1, len(world)):
        reached = total[:, None] + moves[frame - 1]
        came_from.append(reached.argmin(0))
        total = reached.min(0) + state[frame]
    best = [int(total.argmin())]
    for back in reversed(came_from):
        best.append(int(back[best[-1]]))
    flags = np.array([STATES[row] for row in reversed(best)])
    return Sides(arms=flags[:, 0], legs=flags[:, 1])


def _exchanged(*, arms: bool, legs: bool) -> Int[np.ndarray, "33"]:
    order = np.arange(33)
    for left, right in PAIRS:
        if legs if left >= FIRST_OF_LEGS else arms:
            order[[left, right]] = right, left
    return order


def _twist(choices: Float[np.ndarray, "t s 33 3"]) -> Float[np.ndarray, "t s"]:
    shoulders, hips = unit(choices[..., 11, :] - choices[..., 12, :]), unit(choices[..., 23, :] - choices[..., 24, :])
    return TWISTED * (1 - (shoulders * hips).sum(-1))


def _crossing(choices: Float[np.ndarray, "t s 33 3"]) -> Float[np.ndarray, "t s"]:
    """The shoulders' line is that of a second: a frame that takes legs for each other is not sure of it, either."""
    line = uniform_filter1d(unit(choices[:, 0, 11] - choices[:, 0, 12]), STEADY_FRAMES, axis=0, mode="nearest")
    turned = np.array([-1.0 if arms else 1.0 for arms, _ in STATES])
    apart = (choices[..., [25, 27], :] - choices[..., [26, 28], :]).mean(-2)
    return CROSSED * np.clip(-(apart * unit(line)[:, None]).sum(-1) * turned / WIDE_M, 0, 1)


def _steps(choices: Float[np.ndarray, "t s 33 3"]) -> Float[np.ndarray, "m s s"]:
    """Cost of going from each state of a frame to each of the next."""
    moved = np.linalg.norm(choices[1:, None] - choices[:-1, :, None], axis=-1)
    arms, legs = moved[..., 11:17].mean(-1), moved[..., 25:29].mean(-1)
    return np.minimum(arms / JUMP_M, LARGEST_JUMP) + np.minimum(legs / JUMP_M, LARGEST_JUMP)
