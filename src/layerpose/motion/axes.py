"""Where the joints of a person are -> which way is up, and where a person looks who faces the viewer.

One decision for a file, from its frames, its rest pose and what is usual: whoever lies, tumbles or stands on the hands
in a part of the motion does so afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from layerpose.motion.turning import smallest_rotations, unit_vectors, upright_axes

UPRIGHT_DEG = 10.0
"""A rest pose whose feet and shoulders are this near to an axis of the file stands along it."""
ALIGNED_DEG = 3.0
"""A rest pose that looks this near along an axis of the file looks along it."""
SAME_WAY_DEG = 45.0
"""Rest pose and first frame look the same way."""
USUAL_UP = {1: 0.15, 2: 0.1}
"""Preference for y and z as the axis that points upwards."""
REST_UP = 0.35
"""Weight of the rest pose's own up; 1 is a person who stands upright in every frame."""
FORMAT_UP = 1.0
"""Weight of the up that a format fixes."""
FLOOR = 0.3
"""Weight of a floor at height 0, and of one that is elsewhere."""
LEVEL = 0.15
"""Leg lengths within which the lowest joint counts as being at height 0."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The joints that tell how a person stands, in frames of a file."""

    hips: Float[np.ndarray, "t 2 3"]
    """Left and right hip."""
    shoulders: Float[np.ndarray, "t 2 3"]
    elbows: Float[np.ndarray, "t 2 3"]
    knees: Float[np.ndarray, "t 2 3"]
    ankles: Float[np.ndarray, "t 2 3"]
    head: Float[np.ndarray, "t 3"]
    lowest: Float[np.ndarray, "t 3"]
    """Smallest coordinate of any joint, axis by axis."""
    highest: Float[np.ndarray, "t 3"]

    @property
    def left(self) -> Float[np.ndarray, "t 3"]:
        """Direction to the person's left: the lines of hips and shoulders."""
        hips, shoulders = (unit_vectors(pair[:, 0] - pair[:, 1]) for pair in (self.hips, self.shoulders))
        return unit_vectors(hips + shoulders)

    @property
    def rising(self) -> Float[np.ndarray, "t 3"]:
        """Direction from the ankles to the head."""
        return unit_vectors(self.head - self.ankles.mean(1))

    @property
    def leg(self) -> float:
        """Length of the left leg in the file's units: hip to knee to ankle."""
        hip, knee, ankle = self.hips[:, 0], self.knees[:, 0], self.ankles[:, 0]
        return float(np.median(np.linalg.norm(knee - hip, axis=-1) + np.linalg.norm(ankle - knee, axis=-1)))


def figure_at(rows: Mapping[str, int], places: Float[np.ndarray, "t n 3"]) -> Figure:
    """The joints that tell; `rows` are those of the bones of the body."""

    def both(bone: str) -> np.ndarray:
        return places[:, [rows[f"{bone}.L"], rows[f"{bone}.R"]]]

    return Figure(
        hips=both("upperleg01"), shoulders=both("upperarm01"), elbows=both("lowerarm01"), knees=both("lowerleg01"),
        ankles=both("foot"), head=places[:, rows["head"]], lowest=places.min(1), highest=places.max(1),
    )  # fmt: skip


def find_up(figure: Figure, rest_up: np.ndarray | None, format_up: np.ndarray | None) -> Float[np.ndarray, "3"]:
    """The file's axis that points upwards. ValueError where nobody has any height."""
    if not np.isfinite(figure.leg) or figure.leg <= 0:
        raise ValueError("its joints lie at one place: nobody can be seen in it")
    scores = {}
    for axis in range(3):
        for sign in (1.0, -1.0):
            up = sign * np.eye(3)[axis]
            score = float(np.maximum(figure.rising @ up, 0).mean())
            score += USUAL_UP.get(axis, 0.0) if sign > 0 else 0.0
            score += REST_UP * max(float(rest_up @ up), 0.0) if rest_up is not None else 0.0
            score += FORMAT_UP * float(format_up @ up > 0.9) if format_up is not None else 0.0
            scores[axis, sign] = score + FLOOR * _floor(figure, axis, sign)
    axis, sign = max(scores, key=lambda key: scores[key])
    return sign * np.eye(3)[axis]


def rest_axes(figure: Figure) -> Float[np.ndarray, "3 3"] | None:
    """The person's left, back and up in a pose (rows), if that is somebody who stands or lies straight; else None."""
    shoulders = figure.shoulders.mean(1)[0]
    up, left = unit_vectors(shoulders - figure.ankles.mean(1)[0]), figure.left[0]
    hips, arms = (unit_vectors(pair[0, 0] - pair[0, 1]) for pair in (figure.hips, figure.shoulders))
    legs = unit_vectors(np.concatenate([figure.knees[0] - figure.hips[0], figure.ankles[0] - figure.knees[0]]))
    straight = (legs @ up < -0.6).all() and hips @ arms > 0.7 and abs(left @ up) < 0.4
    if not straight or (figure.head[0] - figure.hips.mean(1)[0]) @ up <= 0:
        return None
    up = _snap(up, UPRIGHT_DEG)
    left = _snap(unit_vectors(left - (left @ up) * up), ALIGNED_DEG)
    return upright_axes(left - (left @ up) * up, up).T


def file_axes(
    up: Float[np.ndarray, "3"],
    first: Float[np.ndarray, "3"],
    rest_looks: np.ndarray | None,
    facing: np.ndarray | None = None,
) -> Float[np.ndarray, "3 3"]:
    """The file's axes -> body axes. `first`: where the person of the first frame looks; `rest_looks`: of the rest pose.

    Whoever looks along z in a file with y up (along -y in one with z up) faces the viewer. If the rest pose looks along
    another axis, and the motion starts that way, that is the way to the viewer. So is `facing`, which a format fixes.
    """
    if facing is not None and abs(facing @ up) < 0.1:
        return upright_axes(np.cross(up, facing), up).T
    usual = usual_facing(up)
    looks = usual
    if rest_looks is not None:
        carried = rest_looks - (rest_looks @ up) * up
        along = np.eye(3)[int(np.abs(carried).argmax())] * np.sign(carried[int(np.abs(carried).argmax())])
        aligned = np.rad2deg(np.arccos(np.clip(unit_vectors(carried) @ along, -1, 1))) < ALIGNED_DEG
        started = np.rad2deg(np.arccos(np.clip(unit_vectors(first - (first @ up) * up) @ along, -1, 1))) < SAME_WAY_DEG
        looks = along if np.linalg.norm(carried) > 0.9 and aligned and started else usual
    return upright_axes(np.cross(up, looks), up).T


def usual_facing(up: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """Where a person looks who faces the viewer: z where y is up, and turned with it where another axis is."""
    if up[1] < -0.9:
        return np.array([0.0, 0.0, -1.0])
    return np.round(smallest_rotations(np.array([0.0, 1.0, 0.0]), up) @ np.array([0.0, 0.0, 1.0]))


def _floor(figure: Figure, axis: int, sign: float) -> float:
    """1 if the lowest joints touch height 0, as they do on a floor; 0 if they are elsewhere."""
    heights = figure.lowest[:, axis] if sign > 0 else -figure.highest[:, axis]
    return float(abs(np.percentile(heights, 10)) < LEVEL * figure.leg)


def _snap(direction: Float[np.ndarray, "3"], within: float) -> Float[np.ndarray, "3"]:
    axis = int(np.abs(direction).argmax())
    near = np.abs(direction[axis]) > np.cos(np.deg2rad(within))
    return np.eye(3)[axis] * np.sign(direction[axis]) if near else direction
