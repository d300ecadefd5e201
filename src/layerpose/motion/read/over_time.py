"""Fits of single frames -> Motion: what is missing between them bridged, smoothed over time, put on the floor."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.estimation.fit_points import PointFit
from layerpose.motion.grounding import Shown, ground
from layerpose.motion.timing import lines_between
from layerpose.types import Motion

WINDOW_S, ORDER = 0.4, 2
"""Seconds and degree of the Savitzky-Golay filter: it keeps the height of fast movements, which a mean flattens."""
USUAL_DISTANCE_M = 4.0
"""Points do not tell the lens: of how far away the person is only the changes count, and these little."""


def fits_to_motion(name: str, fits: Mapping[int, PointFit], frames: range, fps: float) -> Motion:
    """The frames of a range, of which some were fitted. ValueError if none was; what is bridged is warned about."""
    if not fits:
        raise ValueError(f"{name}: no body fits the points of any of {len(frames)} frames")
    if len(fits) < len(frames):
        warnings.warn(f"{name}: {len(frames) - len(fits)} of {len(frames)} frames are bridged", stacklevel=3)
    clock = np.array(list(fits))
    bodies = [fit.body for fit in fits.values()]
    rest = body_model().rest(np.median([body.phenotype.double().numpy() for body in bodies], axis=0))
    turns = _smooth(_between(clock, _quaternions(bodies_turns(bodies)), frames), fps)
    rotations = Rotation.from_quat(turns.reshape(-1, 4)).as_matrix().reshape(*turns.shape[:2], 3, 3)
    scales = np.array([body.camera.scale for body in bodies])
    drawn = np.array([body.camera.translation for body in bodies], dtype=np.float64)
    distance = USUAL_DISTANCE_M * np.median(scales) / scales
    shown = np.column_stack([(drawn - drawn[0]) / np.median(scales), distance])
    shown = _smooth(_between(clock, shown, frames), fps)
    shots = np.zeros(len(frames), dtype=np.int64)
    return ground(rotations, rest, Shown(across=shown[:, :2], depth=shown[:, 2], shots=shots, fps=fps))


def bodies_turns(bodies: list) -> Float[np.ndarray, "n j 3 3"]:
    """The joint rotations of bodies."""
    return np.stack([body.pose.rotations.double().numpy() for body in bodies])


def _quaternions(turns: Float[np.ndarray, "n j 3 3"]) -> Float[np.ndarray, "n j 4"]:
    """Each on the side of the one before: a quaternion and its negative are the same turn."""
    found = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_quat().reshape(*turns.shape[:2], 4)
    for frame in range(1, len(found)):
        found[frame, (found[frame] * found[frame - 1]).sum(-1) < 0] *= -1
    return found


def _between(
    clock: Int[np.ndarray, "n"], values: Float[np.ndarray, "n *k"], frames: range
) -> Float[np.ndarray, "t *k"]:
    if len(clock) == 1:
        return np.repeat(values, len(frames), axis=0)
    return lines_between(clock, values, np.clip(list(frames), clock[0], clock[-1]))


def _smooth(values: Float[np.ndarray, "t *k"], fps: float) -> Float[np.ndarray, "t *k"]:
    from scipy.signal import savgol_filter  # its start takes half a second, which others need not wait for

    window = min(2 * round(WINDOW_S * fps / 2) + 1, len(values) - 1 + len(values) % 2)
    return values if window <= ORDER else np.asarray(savgol_filter(values, window, ORDER, axis=0))
