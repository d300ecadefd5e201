"""Motion + the body that performs it -> how much more its planted feet slide and sink than they do in the motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from layerpose.body.model import Rest
from layerpose.motion.performer import ankles_of, leg_length, perform
from layerpose.types import Motion

PLANTED_HEIGHT = 0.06
"""A foot counts as planted while its ankle is no more than so many leg lengths above the lowest place it reaches ..."""
PLANTED_SPEED = 0.35
"""... and moves no faster than so many leg lengths a second, to the frame before or to the one after."""


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
    jolt: float
    """Largest acceleration of the performer's pelvis relative to the motion's, in leg lengths per second squared."""


def measure_feet(motion: Motion, rest: Rest) -> Footing:
    """Compare the performer's ankles with the motion's while these stand on the floor. The motion has to know them."""
    assert motion.ankles is not None, "the motion does not know where its ankles are"
    performed, leg = perform(motion, rest), leg_length(rest)
    wanted = motion.ankles.double().numpy()
    own = performed.path.double().numpy()[:, None] + ankles_of(performed, rest) / leg
    moved = (performed.path - motion.path).double().numpy()
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
        jolt=float(np.linalg.norm(np.diff(moved, n=2, axis=0), axis=-1).max() * motion.fps**2),
    )


def _planted(ankles: Float[np.ndarray, "t 2 3"], fps: float) -> Bool[np.ndarray, "t 2"]:
    low = ankles[..., 2] < np.percentile(ankles[..., 2], 2) + PLANTED_HEIGHT
    still = np.linalg.norm(np.diff(ankles, axis=0), axis=-1) * fps < PLANTED_SPEED
    ends = np.zeros_like(low[:1])
    return low & (np.concatenate([still, ends]) | np.concatenate([ends, still]))
