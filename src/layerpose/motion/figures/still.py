"""Names -> figures that photos show and motion capture lacks: sitting, kneeling, crossed limbs, hands on the body.

All of them widen the synthetic people's poses; the library has those that look natural.
"""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.figures.basic import HANGING, ON_HIP, STAND, STANDING
from layerpose.motion.posing import Figure, Limb

SEATED = Limb(upper=(0.2, -1, -0.08), lower=(0.02, 0.03, -1), end=(0.15, -1, 0))
ON_LAP = Limb(upper=(0.12, -0.3, -1), lower=(-0.25, -1, -0.3), end=(-0.3, -1, -0.2), palm=(0, 0, -1))
CROSS_LEGGED = Limb(upper=(0.85, -0.6, 0.02), lower=(-1, -0.18, -0.22), end=(-0.8, -0.6, -0.1), palm=(0.3, 0.5, -1))
ACROSS_CHEST = Limb(upper=(0.08, -0.6, -1), lower=(-1, -0.45, 0.35), end=(-0.8, 0.2, 0.6), palm=(0, 1, 0))
BEHIND_HEAD = Limb(upper=(1, -0.1, 0.75), lower=(-0.75, 0.35, 0.5), end=(-0.9, 0.2, 0.1), palm=(0, -1, 0))
BEHIND_BACK = Limb(upper=(0.3, 0.45, -1), lower=(-0.85, 0.3, -0.45), end=(-1, 0.1, -0.1), palm=(0, 1, 0.2))
IN_POCKET = Limb(upper=(0.42, 0.22, -1), lower=(-0.16, -0.32, -1), end=(-0.1, -0.25, -1), palm=(-1, 0.1, 0))
TO_FACE = Limb(upper=(0.3, -0.62, -1), lower=(-0.4, -0.55, 1), end=(-0.35, 0.1, 1), palm=(-0.2, 1, 0))
BEFORE_FACE = Limb(upper=(0.35, -0.85, -0.45), lower=(-0.35, -0.6, 0.9), end=(-0.2, -0.2, 1), palm=(-0.4, 1, 0))
TO_EAR = Limb(upper=(0.5, -0.45, -1), lower=(-0.05, -0.1, 1), end=(-0.3, 0.15, 1), palm=(-1, 0.2, 0))
BEFORE_BELLY = Limb(upper=(0.3, 0.05, -1), lower=(-0.72, -0.8, -0.25), end=(-0.85, -0.35, -0.2), palm=(0, 1, 0))
KNEELING = Limb(upper=(0.14, -0.12, -1), lower=(0.02, 1, -0.04), end=(0, 1, -0.35), palm=(0, 0.3, 1))
FORWARD = Limb(upper=(0.1, -1, -0.02), lower=(0.02, -1, 0.05), end=(0, -1, 0.05), palm=(0, 0, -1))

FIGURES: dict[str, Figure] = {
    "sit-hands-on-lap": replace(STAND, left_arm=ON_LAP, right_arm=ON_LAP, left_leg=SEATED, right_leg=SEATED),
    "sit-arms-folded": replace(
        STAND,
        left_arm=Limb(upper=(0.1, -0.5, -1), lower=(-1, -0.3, 0.06), end=(-1, 0.3, 0.14), palm=(0.2, 1, -0.2)),
        right_arm=Limb(upper=(0.1, -0.34, -1), lower=(-1, -0.16, 0.26), end=(-1, 0.5, 0.1), palm=(0.3, 1, 0)),
        left_leg=SEATED, right_leg=SEATED, spine=(-4, 0, 0),
    ),
    "sit-leg-over-knee": replace(
        STAND,
        left_arm=ON_LAP, right_arm=ON_LAP, left_leg=SEATED,
        right_leg=Limb(upper=(0.02, -1, 0.34), lower=(-0.62, -0.4, -0.8), end=(-0.35, -1, -0.5), palm=(0, 0.6, -1)),
    ),
    "sit-leaning-forward": replace(
        STAND,
        left_arm=Limb(upper=(0.1, -0.8, -1), lower=(-0.25, -0.8, -0.6), end=(-0.3, -0.6, -0.8), palm=(-0.8, 0.3, 0)),
        right_arm=Limb(upper=(0.1, -0.8, -1), lower=(-0.25, -0.8, -0.6), end=(-0.3, -0.6, -0.8), palm=(-0.8, 0.3, 0)),
        left_leg=replace(SEATED, upper=(0.4, -1, -0.08)), right_leg=replace(SEATED, upper=(0.4, -1, -0.08)),
        spine=(32, 0, 0), head=(-14, 0, 0),
    ),
    "sit-cross-legged": replace(
        STAND,
        left_arm=Limb(upper=(0.32, -0.4, -1), lower=(0.25, -1, -0.5), end=(0.2, -1, -0.4), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.32, -0.4, -1), lower=(0.25, -1, -0.5), end=(0.2, -1, -0.4), palm=(0, 0, -1)),
        left_leg=CROSS_LEGGED, right_leg=replace(CROSS_LEGGED, lower=(-1, 0.12, -0.24)),
    ),
    "sit-knees-up": replace(
        STAND,
        left_arm=Limb(upper=(0.25, -0.9, -0.75), lower=(-0.45, -1, -0.1), end=(-0.9, -0.3, -0.2), palm=(0, 1, 0)),
        right_arm=Limb(upper=(0.25, -0.9, -0.75), lower=(-0.45, -1, -0.1), end=(-0.9, -0.3, -0.2), palm=(0, 1, 0)),
        left_leg=Limb(upper=(0.16, -0.85, 0.75), lower=(-0.02, -0.5, -1), end=(0.1, -1, 0)),
        right_leg=Limb(upper=(0.16, -0.85, 0.75), lower=(-0.02, -0.5, -1), end=(0.1, -1, 0)),
        spine=(14, 0, 0),
    ),
    "sit-legs-forward": replace(
        STAND,
        left_arm=Limb(upper=(0.3, 0.6, -1), lower=(0.1, 0.35, -1), end=(0.2, 0.9, -0.2), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.3, 0.6, -1), lower=(0.1, 0.35, -1), end=(0.2, 0.9, -0.2), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.12, -1, 0.02), lower=(0.02, -1, -0.08), end=(0.15, -0.5, 1), palm=(0, -1, -0.4)),
        right_leg=Limb(upper=(0.12, -1, 0.1), lower=(0.02, -1, -0.3), end=(0.15, -0.5, 1), palm=(0, -1, -0.4)),
        spine=(-8, 0, 0),
    ),
    "kneel": replace(STAND, left_leg=KNEELING, right_leg=KNEELING, left_arm=ON_HIP),
    "kneel-on-one-knee": replace(
        STAND,
        left_arm=Limb(upper=(0.15, -0.5, -1), lower=(-0.05, -1, -0.15), end=(-0.1, -1, -0.1), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.12, -1, -0.05), lower=(0, 0.05, -1), end=(0.05, -1, 0)), right_leg=KNEELING,
    ),
    "squat-hands-together": replace(
        STAND,
        left_arm=Limb(upper=(0.25, -0.75, -0.8), lower=(-0.75, -0.6, 0.25), end=(-0.5, -0.3, 0.9), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(0.25, -0.75, -0.8), lower=(-0.75, -0.6, 0.25), end=(-0.5, -0.3, 0.9), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.6, -1, 0.3), lower=(-0.2, 0.5, -1), end=(0.5, -1, 0)),
        right_leg=Limb(upper=(0.6, -1, 0.3), lower=(-0.2, 0.5, -1), end=(0.5, -1, 0)),
        pelvis=(24, 0, 0), head=(-18, 0, 0),
    ),
    "reach-across": replace(
        STAND, right_arm=Limb(upper=(-0.35, -0.8, -0.5), lower=(-1, -0.5, -0.05), end=(-1, -0.3, 0), palm=(0, 0, -1)),
        spine=(4, 0, 14), head=(0, 0, 20),
    ),
    "reach-across-high": replace(
        STAND, left_arm=Limb(upper=(-0.3, -0.9, 0.2), lower=(-0.9, -0.4, 0.5), end=(-0.8, -0.3, 0.6), palm=(0, 1, 0)),
        right_arm=ON_HIP, spine=(0, 0, -12), head=(0, 0, -18),
    ),
    "hand-on-other-shoulder": replace(STAND, right_arm=ACROSS_CHEST),
    "hug-oneself": replace(STAND, left_arm=ACROSS_CHEST, right_arm=replace(ACROSS_CHEST, lower=(-1, -0.3, 0.1))),
    "hands-behind-head": replace(STAND, left_arm=BEHIND_HEAD, right_arm=BEHIND_HEAD),
    "hands-behind-back": replace(STAND, left_arm=BEHIND_BACK, right_arm=BEHIND_BACK),
    "hands-in-pockets": replace(STAND, left_arm=IN_POCKET, right_arm=IN_POCKET),
    "hands-clasped": replace(STAND, left_arm=BEFORE_BELLY, right_arm=BEFORE_BELLY, curl=40),
    "one-hand-on-hip": replace(STAND, left_arm=ON_HIP, right_arm=HANGING, spine=(0, 4, 0)),
    "take-a-photo": replace(STAND, left_arm=BEFORE_FACE, right_arm=BEFORE_FACE, curl=40),
    "hand-to-mouth": replace(STAND, right_arm=TO_FACE, curl=45),
    "hand-to-ear": replace(STAND, left_arm=TO_EAR, curl=45),
    "hold-out-both-hands": replace(STAND, left_arm=FORWARD, right_arm=FORWARD),
    "bow": replace(STAND, spine=(46, 0, 0), pelvis=(18, 0, 0), head=(12, 0, 0)),
    "touch-the-knees": replace(
        STAND,
        left_arm=Limb(upper=(0.2, -0.85, -1), lower=(0.05, -0.3, -1), end=(0, -0.6, -1), palm=(0, 0.6, -0.4)),
        right_arm=Limb(upper=(0.2, -0.85, -1), lower=(0.05, -0.3, -1), end=(0, -0.6, -1), palm=(0, 0.6, -0.4)),
        left_leg=Limb(upper=(0.15, -0.5, -1), lower=(0.03, 0.35, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.15, -0.5, -1), lower=(0.03, 0.35, -1), end=(0.2, -1, 0)),
        pelvis=(26, 0, 0), spine=(30, 0, 0), head=(-30, 0, 0),
    ),
    "tree": replace(
        STAND,
        left_arm=Limb(upper=(0.35, -0.05, 1), lower=(-0.3, -0.05, 1), end=(-0.12, 0, 1), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(0.35, -0.05, 1), lower=(-0.3, -0.05, 1), end=(-0.12, 0, 1), palm=(-1, 0, 0)),
        right_leg=Limb(upper=(0.9, -0.45, -0.6), lower=(-0.85, 0.2, -0.5), end=(-0.4, -0.4, -1), palm=(-1, 0, 0.2)),
    ),
    "side-bend": replace(
        STAND,
        left_arm=Limb(upper=(0.25, -0.05, 1), lower=(-0.5, -0.1, 1), end=(-0.7, 0, 0.8), palm=(-0.5, 0, -1)),
        right_arm=replace(ON_HIP, upper=(0.95, 0.3, -0.8)), spine=(0, 24, 0),
    ),
    "crossed-ankles": replace(
        STAND,
        left_arm=IN_POCKET,
        left_leg=STANDING,
        right_leg=Limb(upper=(-0.14, -0.14, -1), lower=(-0.3, 0.02, -1), end=(-0.1, -1, -0.4), palm=(0, 0.3, -1)),
    ),
    "leg-raised": replace(
        STAND,
        left_leg=Limb(upper=(0.1, -1, 0.15), lower=(0, -0.25, -1), end=(0, -1, -0.2)),
        right_arm=FORWARD,
    ),
}  # fmt: skip
"""Every further figure, by a name that says what it shows."""
