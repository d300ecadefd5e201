"""Motion + the body that performs it -> how much more its planted feet slide and sink than they do in the motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from layerpose.body.model import Rest
from layerpose.motion.performer import ankles_of, find_path, leg_length
from layerpose.types import Motion

PLANTED_HEIGHT = 0.06
"""A foot counts as planted while its ankle is no more than so many leg lengths above the lowest place it reaches ..."""
PLANTED_SPEED = 0.35
"""... and moves no faster than so many leg lengths a second."""


@dataclass(frozen=True, kw_only=True)
class Footing:
    """Means over the frames in which a foot is planted, in leg lengths."""

    slide: float
    """Way of the performer's planted ankle along the floor, each second."""
    source_slide: float
    """The same in the motion itself."""
    sink: float
    """Distance in height between the performer's planted ankle and the motion's."""
    planted: float
    """Share of frames and feet that are planted."""


def measure_feet(motion: Motion, rest: Rest) -> Footing:
    """Compare the performer's ankles with the motion's while these stand on the floor. The motion has to know them."""
    assert motion.ankles is not None, "the motion does not know where its ankles are"
    leg = leg_length(rest)
    wanted = motion.ankles.double().numpy()
    own = (find_path(motion, rest)[:, None] + ankles_of(motion, rest)) / leg
    planted = _planted(wanted, motion.fps)
    both = planted[1:] & planted[:-1]
    steps, wanted_steps = (
        np.linalg.norm(np.diff(places[..., :2], axis=0), axis=-1) * motion.fps for places in (own, wanted)
    )
    return Footing(
        slide=float(steps[both].mean()),
        source_slide=float(wanted_steps[both].mean()),
        sink=float(np.abs(own[..., 2] - wanted[..., 2])[planted].mean()),
        planted=float(planted.mean()),
    )


def _planted(ankles: Float[np.ndarray, "t 2 3"], fps: float) -> Bool[np.ndarray, "t 2"]:
    low = ankles[..., 2] < np.percentile(ankles[..., 2], 2) + PLANTED_HEIGHT
    speed = np.linalg.norm(np.gradient(ankles, axis=0), axis=-1) * fps
    return low & (speed < PLANTED_SPEED)
