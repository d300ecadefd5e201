"""Where the joints of a person are -> which way is up, and where a person looks who faces the viewer.

One decision for a file, from its frames, its rest pose and what is usual: whoever lies, tumbles or stands on the hands
in a part of the motion does so afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from layerpose.motion.anatomy import Anatomy
from layerpose.motion.turning import smallest_rotations, unit_vectors, upright_axes

UPRIGHT_DEG = 10.0
"""A rest pose whose feet and shoulders are this near to an axis of the file stands along it."""
ALIGNED_DEG = 3.0
"""A rest pose that looks this near along an axis of the file looks along it."""
SAME_WAY_DEG = 45.0
"""Rest pose and first frame look the same way."""
USUAL_UP = {1: 0.06, 2: 0.05}
"""Preference for y and z as the axis that points upwards."""
REST_UP = 0.5
"""Weight of the rest pose's own up; 1 is a person who stands upright in every frame."""
BACKWARDS = -0.6
"""Cosine between the feet and where hips and shoulders look: as a rule it is near 1."""
FORMAT_UP = 0.75
"""Weight of the up that a format fixes."""
FLOOR, NO_FLOOR = 0.3, -0.25
"""Weight of a floor at height 0, and of joints that are far above or below it."""
LEVEL = (-0.06, 0.15)
"""Leg lengths: a lowest joint as high as this is on a floor at height 0."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The joints that tell how a person stands, in frames of a file."""

    hips: Float[np.ndarray, "t 2 3"]
    """Left and right hip."""
    shoulders: Float[np.ndarray, "t 2 3"]
    elbows: Float[np.ndarray, "t 2 3"]
    knees: Float[np.ndarray, "t 2 3"]
    ankles: Float[np.ndarray, "t 2 3"]
    toes: Float[np.ndarray, "t 2 3"] | None
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


def figure_at(anatomy: Anatomy, places: Float[np.ndarray, "t n 3"]) -> Figure:
    """The joints that tell."""
    rows, ends = anatomy.rows, anatomy.ends

    def both(bone: str, rows: Mapping[str, int] = rows) -> np.ndarray:
        return places[:, [rows[f"{bone}.L"], rows[f"{bone}.R"]]]

    return Figure(
        hips=both("upperleg01"), shoulders=both("upperarm01"), elbows=both("lowerarm01"), knees=both("lowerleg01"),
        ankles=both("foot"), toes=both("foot", ends) if {"foot.L", "foot.R"} <= ends.keys() else None,
        head=places[:, rows["head"]], lowest=places.min(1), highest=places.max(1),
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
            scores[axis, sign] = score + _floor(figure, axis, sign)
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


def check_sides(figure: Figure) -> None:
    """ValueError if the feet point backwards: left and right are swapped, or everything is mirrored."""
    if figure.toes is None:
        return
    looks = np.cross(figure.left, figure.rising)[:, None]
    feet = unit_vectors(figure.toes - figure.ankles)
    if float(np.median((feet * looks).sum(-1), axis=0).max()) < BACKWARDS:
        raise ValueError("its feet point backwards: left and right are swapped, or it is mirrored; mirror it back")


def usual_facing(up: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """Where a person looks who faces the viewer: z where y is up, and turned with it where another axis is."""
    if up[1] < -0.9:
        return np.array([0.0, 0.0, -1.0])
    return np.round(smallest_rotations(np.array([0.0, 1.0, 0.0]), up) @ np.array([0.0, 0.0, 1.0]))


def _floor(figure: Figure, axis: int, sign: float) -> float:
    """Whether the lowest joints touch height 0, as they do on a floor; nothing is known of a person kept in place."""
    if np.ptp(figure.hips.mean(1), axis=0).max() < 1e-6 * figure.leg and len(figure.hips) > 1:
        return 0.0
    heights = figure.lowest[:, axis] if sign > 0 else -figure.highest[:, axis]
    level = np.percentile(heights, 10) / figure.leg
    return FLOOR if LEVEL[0] < level < LEVEL[1] else NO_FLOOR


def _snap(direction: Float[np.ndarray, "3"], within: float) -> Float[np.ndarray, "3"]:
    axis = int(np.abs(direction).argmax())
    near = np.abs(direction[axis]) > np.cos(np.deg2rad(within))
    return np.eye(3)[axis] * np.sign(direction[axis]) if near else direction
