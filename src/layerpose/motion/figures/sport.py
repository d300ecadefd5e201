"""Names -> figures of sport: boxing, ball games, the gym."""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.figures.basic import STAND
from layerpose.motion.posing import Figure, Limb

GUARD_LEFT = Limb(upper=(0.36, -1, -0.72), lower=(-0.5, -0.34, 1), end=(-0.25, -0.45, 1), palm=(-1, 0.5, 0))
GUARD_RIGHT = Limb(upper=(0.17, -1, -0.58), lower=(-0.55, 0.2, 1), end=(-0.3, -0.35, 1), palm=(-1, 0.5, 0))
FRONT = Limb(upper=(0.12, -0.58, -1), lower=(0.03, 0.05, -1), end=(0.1, -1, 0))
BACK = Limb(upper=(0.2, 0.06, -1), lower=(0.04, 0.59, -1), end=(0.5, -1, 0))

FIGURES: dict[str, Figure] = {
    "boxing": replace(
        STAND,
        left_arm=GUARD_LEFT, right_arm=GUARD_RIGHT, left_leg=FRONT, right_leg=BACK,
        spine=(8, 0, -18), head=(4, 0, 14), curl=88,
    ),
    "punch": replace(
        STAND,
        left_arm=GUARD_RIGHT,
        right_arm=Limb(upper=(-0.15, -1, 0.02), lower=(-0.22, -1, 0.02), end=(-0.2, -1, 0), palm=(0, 0, -1)),
        left_leg=FRONT,
        right_leg=Limb(upper=(0.19, -0.1, -1), lower=(0.05, 1, -0.86), end=(0.1, -1, -0.9), palm=(0, 0.9, -1)),
        spine=(8, 0, 28), head=(0, 0, -22), curl=88,
    ),
    "front-kick": replace(
        STAND,
        left_arm=GUARD_LEFT, right_arm=GUARD_RIGHT,
        left_leg=Limb(upper=(0.06, -0.1, -1), lower=(0.03, 0.14, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.08, -1, 0.1), lower=(0.03, -1, 0.12), end=(0, -0.45, 1), palm=(0, -1, -0.4)),
        pelvis=(-10, 0, 0), spine=(2, 0, 0), head=(8, 0, 0), curl=88,
    ),
    "kick-a-ball": replace(
        STAND,
        left_arm=Limb(upper=(0.8, -0.75, -0.25), lower=(0.5, -1, -0.1), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.7, 0.7, -0.7), lower=(0.5, 0.2, -1), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.1, -0.37, -1), lower=(0.02, 0.12, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.12, 0.6, -1), lower=(0, 1, -0.25), end=(0, 0.3, -1), palm=(0, 1, 0.3)),
        pelvis=(4, 0, -10), spine=(8, 0, 14), head=(14, 0, 0), curl=30,
    ),
    "throw": replace(
        STAND,
        left_arm=Limb(upper=(0.25, -1, 0.2), lower=(0.1, -1, 0.25), palm=(-0.3, 0, -1)),
        right_arm=Limb(upper=(1, 0.45, 0.12), lower=(0.25, 0.4, 1), end=(0.1, 0.5, 1), palm=(0, -1, 0.4)),
        left_leg=Limb(upper=(0.14, -0.91, -1), lower=(0.03, -0.13, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.2, 0.16, -1), lower=(-0.02, 0.73, -1), end=(0.7, -1, 0)),
        spine=(-6, -6, -26), head=(0, 0, 24), curl=45,
    ),
    "basketball-shot": replace(
        STAND,
        left_arm=Limb(upper=(0.2, -0.85, 0.75), lower=(-0.45, -0.1, 1), end=(-0.2, -0.1, 1), palm=(-1, -0.1, -0.2)),
        right_arm=Limb(upper=(0.12, -0.75, 1), lower=(-0.05, -0.05, 1), end=(0, -0.9, 0.5), palm=(0, -0.5, -1)),
        left_leg=Limb(upper=(0.08, -0.12, -1), lower=(0.03, 0.19, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.08, -0.2, -1), lower=(0.03, 0.11, -1), end=(0.2, -1, 0)), head=(-16, 0, 0), curl=18,
    ),
    "tennis-serve": replace(
        STAND,
        left_arm=Limb(upper=(0.25, -0.5, 1), lower=(0.05, -0.35, 1), end=(0, -0.4, 1), palm=(-0.3, 0.4, 0.8)),
        right_arm=Limb(upper=(1, 0.35, 0.25), lower=(-0.25, 0.3, 1), end=(-0.3, 0.6, 0.6), palm=(-0.8, -0.5, 0.2)),
        left_leg=Limb(upper=(0.12, -0.56, -1), lower=(0.01, 0.13, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.22, -0.06, -1), lower=(-0.04, 0.58, -1), end=(0.7, -1, 0)),
        spine=(-14, -6, -24), head=(-26, 0, 14), curl=60,
    ),
    "weightlift": replace(
        STAND,
        left_arm=Limb(upper=(0.45, 0, 1), lower=(-0.05, 0, 1), end=(0, 0.25, 1), palm=(0, -1, 0.2)),
        right_arm=Limb(upper=(0.45, 0, 1), lower=(-0.05, 0, 1), end=(0, 0.25, 1), palm=(0, -1, 0.2)),
        left_leg=Limb(upper=(0.23, -0.26, -1), lower=(0.15, 0.25, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.23, -0.26, -1), lower=(0.15, 0.25, -1), end=(0.2, -1, 0)), head=(-6, 0, 0), curl=85,
    ),
    "curl-a-dumbbell": replace(
        STAND,
        left_arm=Limb(upper=(0.14, 0.05, -1), lower=(0.05, -0.8, 0.75), end=(0.05, -0.6, 0.9), palm=(0, 0.9, 0.7)),
        curl=80,
    ),
    "plank": replace(
        STAND,
        left_arm=Limb(upper=(0.06, 0.04, -1), lower=(0.06, 0.04, -1), end=(0, -1, 0), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.06, 0.04, -1), lower=(0.06, 0.04, -1), end=(0, -1, 0), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.04, 0.95, -0.31), lower=(0.04, 0.95, -0.31), end=(0, -0.25, -1), palm=(0, 1, -0.25)),
        right_leg=Limb(upper=(0.04, 0.95, -0.31), lower=(0.04, 0.95, -0.31), end=(0, -0.25, -1), palm=(0, 1, -0.25)),
        pelvis=(71, 0, 0), head=(-14, 0, 0), curl=5,
    ),
    "star-jump": replace(
        STAND,
        left_arm=Limb(upper=(1, -0.05, 0.75), lower=(1, -0.05, 0.75), end=(1, 0, 0.8), palm=(0, -1, 0)),
        right_arm=Limb(upper=(1, -0.05, 0.75), lower=(1, -0.05, 0.75), end=(1, 0, 0.8), palm=(0, -1, 0)),
        left_leg=Limb(upper=(0.62, 0, -1), lower=(0.62, 0, -1), end=(0.5, -0.35, -1), palm=(0, 1, -0.35)),
        right_leg=Limb(upper=(0.62, 0, -1), lower=(0.62, 0, -1), end=(0.5, -0.35, -1), palm=(0, 1, -0.35)), curl=8,
    ),
    "ski": replace(
        STAND,
        left_arm=Limb(upper=(1, -0.32, -0.89), lower=(-0.46, -1, -0.06), end=(-0.1, -1, 0.1), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(1, -0.32, -0.89), lower=(-0.46, -1, -0.06), end=(-0.1, -1, 0.1), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.15, -1, -0.98), lower=(-0.07, 0.49, -1), end=(0, -1, 0)),
        right_leg=Limb(upper=(0.15, -1, -0.98), lower=(-0.07, 0.49, -1), end=(0, -1, 0)),
        pelvis=(36, 0, 0), spine=(14, 0, 0), head=(-36, 0, 0), curl=80,
    ),
}  # fmt: skip
"""Every figure, by a name that says what it shows."""
