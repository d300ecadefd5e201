"""What was seen of a person in many frames -> its pose in each, found for all frames at once (Gauss-Newton).

Every frame is held to what was seen in it, and neighbours to each other by a prior on the acceleration of the joints.
It is stiffer in depth, which is guessed in each frame anew, than across, which is seen, and yields to fast movements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import solveh_banded
from threadpoolctl import threadpool_limits

from layerpose.estimation.fit_frames import NUM, Frames, Linear, Seen
from layerpose.estimation.fit_model import CAMERA_COLUMNS, NUM_POSE
from layerpose.estimation.targets import POINTS

STEPS = 12
DAMPING = 1e-2
LARGEST_TURN_RAD = 0.5
SMALLEST_STEP = 2e-3
FRAME_S = 1 / 15
"""Time for which the following are meant: by so much a frame may deviate from even motion."""
ACROSS_M, DEPTH_M = 0.035, 0.010
"""Elbow or knee, across and along the line of sight."""
LOOSE = {"wrist": 1.4, "pinky": 1.4, "index": 1.4, "thumb": 1.4, "ankle": 1.4, "heel": 1.4, "toe": 1.4,
         "elbow": 1.0, "knee": 1.0}  # fmt: skip
"""Other joints, in these ..."""
TRUNK = 0.6
"""... and what is not named there."""
FAST = 2.0
"""A joint that deviates by more than so many times that moves fast, and is held less."""
TURN_RAD = 0.12
"""A rotation vector. That of the whole body is held by its joints."""
GROWTH, SHIFT = 0.01, 0.03
"""log(scale), and the place in the picture in statures."""
SIZE = 0.02
"""What log(scale) may change in a frame."""
WINDOW, OVERLAP = 240, 20
"""So many frames are solved at once, and so many more at either end."""
CHUNK = 40
"""Frames whose derivatives are taken at once."""
CLEAR = 0.5
"""Landmarks with a greater visibility count in the reprojection error."""
AXES = np.ravel(
    [1 / np.array([ACROSS_M, ACROSS_M, DEPTH_M]) / LOOSE.get(point.name.split("_")[-1], TRUNK) for point in POINTS]
)
"""Weights of the places of all points."""


@dataclass(frozen=True, kw_only=True)
class Poses:
    """What was found for each frame."""

    rotations: Float[np.ndarray, "t 104 3 3"]
    scale: Float[np.ndarray, "t"]
    """Pixels for a metre."""
    translation: Float[np.ndarray, "t 2"]
    """Where the pelvis is, in pixels."""
    reprojection: Float[np.ndarray, "t"]
    """Mean distance between visible landmarks and the body's own points, as a share of the stature."""


def fit_over_time(seen: Seen, phenotype: Float[np.ndarray, "6"]) -> Poses:
    """The poses of a body of this shape."""
    num = len(seen.points)
    pieces: list[Float[np.ndarray, "n 57"]] = []
    with threadpool_limits(1, user_api="blas"):
        for first in range(0, num, WINDOW):
            low, end = max(first - OVERLAP, 0), min(first + WINDOW, num)
            solved = _solve(Frames(seen.cut(low, min(end + OVERLAP, num)), phenotype))
            pieces.append(solved[first - low : end - low])
        return _to_poses(Frames(seen, phenotype), np.concatenate(pieces))


def _solve(frames: Frames) -> Float[np.ndarray, "t 57"]:
    """Move all frames until the steps are tiny or used up."""
    parameters = frames.begin()
    for _ in range(STEPS):
        step = _step(frames, parameters)
        parameters = parameters + step
        if np.abs(step[:, :NUM_POSE]).max() < SMALLEST_STEP:
            break
    return parameters


def _step(frames: Frames, parameters: Float[np.ndarray, "t 57"]) -> Float[np.ndarray, "t 57"]:
    num = len(parameters)
    system = _System(num)
    places, slopes = np.empty((num, 81)), np.empty((num, NUM, 81))
    for first in range(0, num, CHUNK):
        linear = frames.linearise(parameters[first : first + CHUNK], first)
        _hold_to_seen(system, linear, first)
        places[first : first + CHUNK], slopes[first : first + CHUNK] = linear.places, linear.place_slopes
    stiff = _stiffness(frames.stature(parameters))
    for frame in range(1, num - 1):
        if frames.seen.shots[frame - 1] == frames.seen.shots[frame + 1]:
            even = _evenness(frames.seen.times[frame - 1 : frame + 2])
            _hold_together(system, frame, even, places, slopes, parameters, stiff[frame])
    _hold_size(system, parameters, frames.seen)
    step = system.solve()
    turns = np.abs(step[:, :NUM_POSE]).max(1, keepdims=True)
    return step * np.minimum(1, LARGEST_TURN_RAD / np.maximum(turns, 1e-12))


class _System:
    """Normal equations in which a frame meets its two next ones."""

    def __init__(self, num: int) -> None:
        self.blocks = np.zeros((num, 3, NUM, NUM))
        """Row t, column t + n."""
        self.gradient = np.zeros((num, NUM))

    def solve(self) -> Float[np.ndarray, "t 57"]:
        num, reach = len(self.gradient), 3 * NUM - 1
        diagonal = self.blocks[:, 0, np.arange(NUM), np.arange(NUM)]
        self.blocks[:, 0, np.arange(NUM), np.arange(NUM)] = diagonal * (1 + DAMPING) + 1e-9
        banded = np.zeros((reach + 1, num * NUM))
        down, across = np.indices((NUM, NUM))
        for frame in range(num):
            for ahead in range(min(3, num - frame)):
                below = across + ahead * NUM - down
                upper = below >= 0
                banded[reach - below[upper], (frame + ahead) * NUM + across[upper]] = self.blocks[frame, ahead][upper]
        return -solveh_banded(banded, self.gradient.ravel(), check_finite=False).reshape(num, NUM)


def _hold_to_seen(system: _System, linear: Linear, first: int) -> None:
    rows = slice(first, first + len(linear.residuals))
    system.blocks[rows, 0] += linear.slopes @ linear.slopes.transpose(0, 2, 1)
    system.gradient[rows] += (linear.slopes @ linear.residuals[..., None])[..., 0]


def _evenness(times: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """Weights of three frames whose sum is 0 for even motion: of one and the same acceleration, whatever the rate."""
    before, after = np.maximum(np.diff(times), 1e-3)
    both = before + after
    return FRAME_S**2 * 2 / both * np.array([1 / before, -1 / before - 1 / after, 1 / after])


def _hold_together(
    system: _System, frame: int, even: Float[np.ndarray, "3"], places: Float[np.ndarray, "t 81"],
    slopes: Float[np.ndarray, "t 57 81"], parameters: Float[np.ndarray, "t 57"], stiff: Float[np.ndarray, "57"],
) -> None:  # fmt: skip
    """The joints, and the parameters, of a frame lie between those before and after."""
    rows = np.arange(frame - 1, frame + 2)
    off = even @ places[rows]
    far = np.linalg.norm((AXES * off).reshape(-1, 3), axis=1)
    weight = AXES**2 * np.repeat(1 / np.maximum(far / FAST, 1), 3)
    pulls = stiff**2 * (even @ parameters[rows])
    for i, row in enumerate(rows):
        system.gradient[row] += even[i] * (slopes[row] @ (weight * off) + pulls)
        weighted = slopes[row] * weight
        for j in range(i, 3):
            block = even[i] * even[j] * (weighted @ slopes[rows[j]].T)
            block[np.diag_indices(NUM)] += even[i] * even[j] * stiff**2
            system.blocks[row, j - i] += block


def _stiffness(stature: Float[np.ndarray, "t"]) -> Float[np.ndarray, "t 57"]:
    stiff = np.full((len(stature), NUM), 1 / TURN_RAD)
    stiff[:, :3] = 0
    stiff[:, CAMERA_COLUMNS.start] = 1 / GROWTH
    stiff[:, CAMERA_COLUMNS.start + 1 :] = 1 / (SHIFT * stature[:, None])
    return stiff


def _hold_size(system: _System, parameters: Float[np.ndarray, "t 57"], seen: Seen) -> None:
    """From frame to frame the person hardly grows in the picture."""
    column = CAMERA_COLUMNS.start
    together = (seen.shots[1:] == seen.shots[:-1]) / (SIZE * np.maximum(np.diff(seen.times), 1e-3) / FRAME_S) ** 2
    grown = together * np.diff(parameters[:, column])
    system.gradient[1:, column] += grown
    system.gradient[:-1, column] -= grown
    system.blocks[1:, 0, column, column] += together
    system.blocks[:-1, 0, column, column] += together
    system.blocks[:-1, 1, column, column] -= together


def _to_poses(frames: Frames, parameters: Float[np.ndarray, "t 57"]) -> Poses:
    drawn = frames.drawn(parameters, frames.points(parameters))
    errors = np.linalg.norm(drawn - frames.seen.points, axis=-1) / frames.stature(parameters)[:, None]
    clear = (frames.seen.visibility > CLEAR) + 1e-9
    return Poses(
        rotations=np.stack([frames.model.rotations(pose) for pose in parameters[:, :NUM_POSE]]),
        scale=np.exp(parameters[:, CAMERA_COLUMNS.start]),
        translation=parameters[:, CAMERA_COLUMNS.start + 1 :],
        reprojection=(errors * clear).sum(1) / clear.sum(1),
    )
