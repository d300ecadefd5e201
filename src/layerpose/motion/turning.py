"""Directions -> rotations, for many frames at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from layerpose.body.model import nearest_rotations

ALONG = 1e-6
"""Sine between two directions below which they are one."""
ANY = np.array([0.9, 0.1, -0.4])
"""A direction that nobody's limb has exactly."""
OPPOSITE = -0.9999
"""Cosine from which two directions are opposite: any half turn between them will do."""


def unit_vectors(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """The vectors at length 1; one of no length stays as it is."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0, length, 1.0)


def smallest_rotations(start: Float[np.ndarray, "*n 3"], end: Float[np.ndarray, "*m 3"]) -> Float[np.ndarray, "*k 3 3"]:
    """The smallest rotations that take the directions `start` to the directions `end`."""
    start, end = np.broadcast_arrays(unit_vectors(start), unit_vectors(end))
    axis, cosine = np.cross(start, end), (start * end).sum(-1)[..., None, None]
    turned = np.eye(3) + _crossing(axis) + _crossing(axis) @ _crossing(axis) / (1 + np.maximum(cosine, OPPOSITE))
    across = unit_vectors(np.cross(start, ANY))
    half = 2 * across[..., :, None] * across[..., None, :] - np.eye(3)
    return np.where(cosine < OPPOSITE, half, turned)


def axes_along(first: Float[np.ndarray, "*n 3"], second: Float[np.ndarray, "*m 3"]) -> Float[np.ndarray, "*k 3 3"]:
    """Rotations whose first column is the first direction and whose second is as near as can be to the second.

    A second direction along the first one tells nothing: any will do then, and for a first one of no length, too.
    """
    first, second = np.broadcast_arrays(unit_vectors(first), unit_vectors(second))
    first = np.where(np.linalg.norm(first, axis=-1, keepdims=True) > 0, first, [0.0, 0.0, 1.0])
    across = second - (second * first).sum(-1, keepdims=True) * first
    lost = np.linalg.norm(across, axis=-1, keepdims=True) < ALONG
    second = unit_vectors(np.where(lost, np.cross(first, ANY), across))
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def upright_axes(left: Float[np.ndarray, "*n 3"], up: Float[np.ndarray, "*m 3"]) -> Float[np.ndarray, "*k 3 3"]:
    """Left (kept exactly), back and up as the columns of rotations."""
    turned = axes_along(left, up)
    return np.stack([turned[..., 0], -turned[..., 2], turned[..., 1]], axis=-1)


def mean_rotation(turns: Float[np.ndarray, "t 3 3"], weights: Float[np.ndarray, "t"] | None = None) -> np.ndarray:
    """The rotation that is nearest to all of them."""
    weights = np.ones(len(turns)) if weights is None else weights
    return nearest_rotations(np.einsum("t,tab->ab", weights, turns))


def angles_between(a: Float[np.ndarray, "*n 3 3"], b: Float[np.ndarray, "*m 3 3"]) -> Float[np.ndarray, "*k"]:
    """Degrees by which rotations differ."""
    cosine = ((np.swapaxes(a, -1, -2) @ b).trace(axis1=-2, axis2=-1) - 1) / 2
    return np.asarray(np.rad2deg(np.arccos(np.clip(cosine, -1, 1))))


def snapped(turn: Float[np.ndarray, "3 3"], within: float, first: float = 180.0) -> Float[np.ndarray, "3 3"]:
    """The rotation by quarter turns that is nearest, if it is within so many degrees, and its first axis `first`."""
    quarter = np.zeros((3, 3))
    left = np.abs(turn)
    for _ in range(3):
        row, column = np.unravel_index(int(left.argmax()), (3, 3))
        quarter[row, column] = np.sign(turn[row, column])
        left = left.copy()
        left[row], left[:, column] = -1, -1
    good = np.linalg.det(quarter) > 0 and angles_between(turn, quarter) <= within
    good = good and turn[:, 0] @ quarter[:, 0] >= np.cos(np.deg2rad(first))
    return quarter if good else turn


def _crossing(axis: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3 3"]:
    """The matrices that cross a vector with the axes."""
    x, y, z = np.moveaxis(axis, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*axis.shape, 3)
