"""Names -> poses: a library, written down as directions of the limbs, in groups."""

from __future__ import annotations

from functools import cache

from layerpose.motion.figures import basic, daily, dance, fashion, sitting, sport, still, yoga
from layerpose.motion.posing import Figure, pose_from_figure
from layerpose.types import Pose

HELD = (
    "reach-across", "hand-on-other-shoulder", "hug-oneself", "hands-behind-head", "hands-behind-back",
    "hands-in-pockets", "hands-clasped", "one-hand-on-hip", "take-a-photo", "hand-to-mouth", "hand-to-ear",
    "hold-out-both-hands", "bow", "leg-raised",
)  # fmt: skip
SEATED = (
    "sit-hands-on-lap", "sit-arms-folded", "sit-leg-over-knee", "sit-leaning-forward", "sit-cross-legged",
    "sit-knees-up", "sit-legs-forward", "kneel", "kneel-on-one-knee", "squat-hands-together",
)  # fmt: skip
BALANCED = ("tree", "side-bend")


def _still(names: tuple[str, ...]) -> dict[str, Figure]:
    return {name: still.FIGURES[name] for name in names}


GROUPS: dict[str, dict[str, Figure]] = {
    "basic": basic.FIGURES,
    "daily": _still(HELD) | daily.FIGURES,
    "sitting": _still(SEATED) | sitting.FIGURES,
    "sport": sport.FIGURES,
    "dance": dance.FIGURES,
    "yoga": _still(BALANCED) | yoga.FIGURES,
    "fashion": fashion.FIGURES,
}
"""Every pose of the library, by what people do in it."""
FIGURES: dict[str, Figure] = {name: figure for group in GROUPS.values() for name, figure in group.items()}
NAMES = tuple(FIGURES)


@cache
def library_pose(name: str) -> Pose:
    """The pose with this name. ValueError for a name that is not in the library."""
    if name not in FIGURES:
        raise ValueError(f"there is no pose {name!r} in the library; expected one of: {', '.join(NAMES)}")
    return pose_from_figure(FIGURES[name])


def title_of(name: str) -> str:
    """The name as it is shown to people."""
    return name.replace("-", " ").capitalize()


def group_of(name: str) -> str:
    """The group to which a pose of the library belongs."""
    return next(group for group, figures in GROUPS.items() if name in figures)
