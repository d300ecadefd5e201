"""Names -> motions: walk, run, wave, dance and turn, written down as key figures between which the limbs glide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TypeVar

import numpy as np

from layerpose.motion.figures.basic import HANGING, STAND
from layerpose.motion.planting import plant
from layerpose.motion.posing import Figure, Limb, pose_from_figure
from layerpose.types import Motion

FPS = 30.0
RELAXED = (-1.0, 0.1, 0.0)
"""Where a hanging hand's palm looks: at the thigh."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """Key figures, evenly spaced over one cycle, and how often the cycle comes."""

    figures: tuple[Figure, ...]
    seconds: float
    """Of one cycle."""
    cycles: int
    lifts: tuple[float, ...] = ()
    """How high the feet are above the floor at each key, in leg lengths; none: they never leave it."""
    turns: float = 0.0
    """Full turns about the vertical over all cycles, to the person's left."""


def _leg(thigh: float, knee: float, foot: float) -> Limb:
    """Degrees: the thigh forwards, the knee bent, the toes up."""
    upper, lower, pitch = np.deg2rad(thigh), np.deg2rad(thigh - knee), np.deg2rad(foot)
    return Limb(
        upper=(0.06, -float(np.sin(upper)), -float(np.cos(upper))),
        lower=(0.01, -float(np.sin(lower)), -float(np.cos(lower))),
        end=(0.12, -float(np.cos(pitch)), float(np.sin(pitch))),
        palm=(0.0, -float(np.sin(pitch)), -float(np.cos(pitch))),
    )


def _arm(swing: float, elbow: float, *, out: float = 0.2) -> Limb:
    """Degrees: the arm forwards, the elbow bent."""
    upper, lower = np.deg2rad(swing), np.deg2rad(swing + elbow)
    return Limb(
        upper=(out, -float(np.sin(upper)), -float(np.cos(upper))),
        lower=(out / 4, -float(np.sin(lower)), -float(np.cos(lower))),
        palm=RELAXED,
    )


def _step(left: Limb, right: Limb, *, swing: float, elbow: float, twist: float, lean: float = 0.0) -> Figure:
    """Half a stride's key: the legs; how far the left arm is behind, and the trunk turned against the pelvis."""
    return Figure(
        left_arm=_arm(-swing, elbow - swing * 0.3), right_arm=_arm(swing, elbow + swing * 0.3),
        left_leg=left, right_leg=right,
        pelvis=(lean, 0, -twist), spine=(lean / 2, 0, 1.7 * twist), head=(-lean * 1.5, 0, -0.7 * twist),
    )  # fmt: skip


def _swapped(figure: Figure) -> Figure:
    """The same with left and right exchanged."""

    def turned(vector: tuple[float, float, float]) -> tuple[float, float, float]:
        return vector[0], -vector[1], -vector[2]

    return replace(
        figure, left_arm=figure.right_arm, right_arm=figure.left_arm, left_leg=figure.right_leg,
        right_leg=figure.left_leg, pelvis=turned(figure.pelvis), spine=turned(figure.spine), head=turned(figure.head),
    )  # fmt: skip


def _both(steps: Sequence[Figure]) -> tuple[Figure, ...]:
    """A step with the left foot first, then the same with the right."""
    return (*steps, *map(_swapped, steps))


WALK = _both(
    (
        _step(_leg(24, 4, 14), _leg(-16, 12, -22), swing=22, elbow=18, twist=5),
        _step(_leg(20, 15, 0), _leg(-8, 42, -44), swing=14, elbow=18, twist=3),
        _step(_leg(8, 9, 0), _leg(14, 60, -26), swing=0, elbow=17, twist=0),
        _step(_leg(-6, 4, -2), _leg(27, 34, 2), swing=-14, elbow=17, twist=-3),
    )
)
"""Contact, loading, passing, push-off; hip, knee and foot as in a normal gait."""
RUN = _both(
    (
        _step(_leg(32, 24, 6), _leg(-6, 78, -62), swing=40, elbow=78, twist=8, lean=8),
        _step(_leg(20, 42, 0), _leg(14, 104, -62), swing=22, elbow=78, twist=4, lean=9),
        _step(_leg(-8, 22, -16), _leg(44, 96, -28), swing=-18, elbow=80, twist=-4, lean=9),
        _step(_leg(-26, 24, -56), _leg(54, 64, -6), swing=-40, elbow=80, twist=-8, lean=8),
    )
)
"""Landing, standing, leaving, flying."""
_RAISED = Limb(upper=(1, -0.15, 0.1), lower=(0.25, -0.2, 1), end=(0.25, -0.1, 1), palm=(0, -1, 0))
WAVE = tuple(
    replace(
        STAND,
        right_arm=replace(_RAISED, lower=(0.3 + 0.4 * side, -0.2, 1), end=(0.3 + 0.55 * side, -0.1, 1)),
        left_arm=HANGING, spine=(0, 1.5 * side, 0), head=(0, -4, -6 + 2 * side), curl=12,
    )
    for side in (1.0, 0.0, -1.0, 0.0)
)  # fmt: skip
_APART = Limb(upper=(0.26, -0.02, -1), lower=(0.22, 0.04, -1), end=(0.3, -1, 0))
_BESIDE = Limb(upper=(0.02, -0.1, -1), lower=(-0.02, 0.2, -1), end=(0.2, -1, -0.1))
_TOUCH = replace(
    STAND,
    left_arm=Limb(upper=(0.6, -0.35, -0.8), lower=(-0.5, -0.8, 0.25), palm=(-1, 0, 0)),
    right_arm=Limb(upper=(0.8, 0.1, -0.5), lower=(0.7, -0.6, 0.3), palm=(-0.3, 0, -1)),
    left_leg=Limb(upper=(0.1, -0.14, -1), lower=(0.04, 0.16, -1), end=(0.2, -1, 0)),
    right_leg=_BESIDE, pelvis=(0, 5, 0), spine=(3, -10, 10), head=(0, 4, -6), curl=30,
)  # fmt: skip
_OPEN = replace(
    STAND,
    left_arm=Limb(upper=(0.9, -0.1, -0.3), lower=(0.8, -0.5, 0.3), palm=(-0.3, 0, -1)),
    right_arm=Limb(upper=(0.9, -0.1, -0.3), lower=(0.8, -0.5, 0.3), palm=(-0.3, 0, -1)),
    left_leg=_APART, right_leg=_APART, curl=30,
)  # fmt: skip
DANCE = _both((_TOUCH, _OPEN))
"""Step and touch: to one side, open, to the other side, open."""
_SHUFFLE = _step(_leg(10, 18, 0), _leg(2, 6, 0), swing=4, elbow=14, twist=0)
_UPRIGHT = _step(_leg(4, 8, 0), _leg(4, 8, 0), swing=0, elbow=14, twist=0)
TURN = _both((_SHUFFLE, _UPRIGHT))
"""Small steps on the spot."""

MOVES: dict[str, Move] = {
    "walk": Move(figures=WALK, seconds=1.1, cycles=4),
    "run": Move(
        figures=RUN, seconds=0.72, cycles=6, lifts=(0, 0, 0.005, 0.07, 0, 0, 0.005, 0.07)
    ),
    "wave": Move(figures=WAVE, seconds=0.9, cycles=4),
    "dance": Move(figures=DANCE, seconds=2.0, cycles=2),
    "turn": Move(figures=TURN, seconds=1.0, cycles=4, turns=1.0),
}  # fmt: skip
"""Every built-in motion."""
NAMES = tuple(MOVES)


@cache
def library_motion(name: str) -> Motion:
    """The motion with this name; its last frame leads back to the first. ValueError for a name that is not there."""
    if name not in MOVES:
        raise ValueError(f"there is no motion {name!r} in the library; expected one of: {', '.join(NAMES)}")
    move = MOVES[name]
    each = round(move.seconds * FPS)
    phases = np.arange(each) / each
    cycle = np.stack([pose_from_figure(figure).rotations.double().numpy() for figure in _glide(move.figures, phases)])
    lifts = np.zeros(each)
    if move.lifts:
        lifts = np.maximum(_spline(np.array(move.lifts)[:, None])(phases)[:, 0], 0)
    return plant(np.tile(cycle, (move.cycles, 1, 1, 1)), fps=FPS, lifts=np.tile(lifts, move.cycles), turns=move.turns)


Record = TypeVar("Record", Figure, Limb)


def _glide(figures: Sequence[Record], phases: np.ndarray) -> list[Record]:
    """Every number of the figures as a smooth periodic curve through the keys."""
    columns = {}
    for field in fields(figures[0]):
        values = [getattr(figure, field.name) for figure in figures]
        if isinstance(values[0], Limb):
            columns[field.name] = _glide(values, phases)
        elif any(value is None for value in values):
            assert all(value is None for value in values), f"{field.name}: given in some keys only"
            columns[field.name] = [None] * len(phases)
        elif isinstance(values[0], tuple):
            columns[field.name] = [tuple(row) for row in _spline(np.array(values, dtype=float))(phases).tolist()]
        else:
            columns[field.name] = _spline(np.array(values, dtype=float)[:, None])(phases)[:, 0].tolist()
    return [type(figures[0])(**{name: column[i] for name, column in columns.items()}) for i in range(len(phases))]


def _spline(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from scipy.interpolate import CubicSpline  # slow to start, and not needed for files

    keys = np.linspace(0, 1, len(values) + 1)
    return CubicSpline(keys, np.concatenate([values, values[:1]]), bc_type="periodic")
