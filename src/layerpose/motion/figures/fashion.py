"""Names -> figures in which clothes are shown."""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.figures.basic import ON_HIP, STAND
from layerpose.motion.posing import Figure, Limb

FIGURES: dict[str, Figure] = {
    "contrapposto": replace(
        STAND,
        left_arm=Limb(upper=(0.3, 0.05, -1), lower=(0.12, -0.3, -1), palm=(-1, 0.1, 0)),
        right_arm=Limb(upper=(0.2, 0.08, -1), lower=(0.15, -0.12, -1), palm=(-1, 0.1, 0)),
        left_leg=Limb(upper=(0.29, -0.39, -1), lower=(0.1, 0.08, -1), end=(0.5, -1, 0)),
        right_leg=Limb(upper=(-0.03, -0.17, -1), lower=(-0.09, 0.21, -1), end=(0.15, -1, 0)),
        pelvis=(0, 6, 0), spine=(0, -11, 0), head=(0, 4, 8),
    ),
    "hip-out": replace(
        STAND,
        left_arm=Limb(upper=(0.22, 0.05, -1), lower=(0.1, -0.18, -1), palm=(-1, 0.1, 0)), right_arm=ON_HIP,
        left_leg=Limb(upper=(0.32, -0.33, -1), lower=(0.16, 0.08, -1), end=(0.6, -1, 0)),
        right_leg=Limb(upper=(-0.04, -0.17, -1), lower=(-0.1, 0.21, -1), end=(0.15, -1, 0)),
        pelvis=(0, 7, 0), spine=(0, -13, 0), head=(0, 5, 0),
    ),
    "catwalk": replace(
        STAND,
        left_arm=Limb(upper=(0.16, 0.32, -1), lower=(0.1, 0.12, -1), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(0.14, -0.22, -1), lower=(0.05, -0.42, -1), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(-0.11, -0.43, -1), lower=(-0.13, -0.29, -1), end=(0.05, -1, 0.12), palm=(0, -0.12, -1)),
        right_leg=Limb(upper=(-0.09, -0.01, -1), lower=(-0.17, 1, -0.72), end=(0.1, -1, -0.9), palm=(0, 0.9, -1)),
        spine=(-3, 0, 10), head=(2, 0, -6),
    ),
    "over-the-shoulder": replace(
        STAND,
        left_arm=Limb(upper=(-0.09, -0.8, -1), lower=(0.04, 1, -0.77), end=(-0.48, 1, -0.6), palm=(1, 0.85, 0.12)),
        right_arm=Limb(upper=(-0.15, 0.17, -1), lower=(0.15, 0.19, -1), palm=(0.41, -1, 0)),
        left_leg=Limb(upper=(-0.31, 0.01, -1), lower=(0, -0.1, -1), end=(-1, 0.2, 0)),
        right_leg=Limb(upper=(0.08, 0.06, -1), lower=(-0.13, -0.09, -1), end=(1, 0.82, 0)),
        pelvis=(0, 0, -118), spine=(0, 0, 32), head=(0, 0, 58),
    ),
    "three-quarter": replace(
        STAND,
        left_arm=Limb(upper=(0.13, 0.18, -1), lower=(0.22, -0.1, -1), palm=(-1, -0.73, 0)),
        right_arm=Limb(upper=(0.76, -0.28, -1), lower=(-1, 0.29, -0.81), end=(-1, -0.21, -0.55), palm=(-0.49, 1, 0.1)),
        left_leg=Limb(upper=(0.27, -0.25, -1), lower=(-0.04, 0, -1), end=(1, -0.91, 0)),
        right_leg=Limb(upper=(-0.03, -0.11, -1), lower=(0.15, 0.16, -1), end=(-0.47, -1, 0)),
        pelvis=(0, 0, 42), head=(0, 0, -30),
    ),
    "profile": replace(
        STAND,
        left_arm=Limb(upper=(-0.05, 0.22, -1), lower=(0.22, 0.1, -1), palm=(-0.1, -1, 0)),
        right_arm=Limb(upper=(0.05, -0.22, -1), lower=(-0.22, -0.1, -1), palm=(0.1, 1, 0)),
        left_leg=Limb(upper=(0.02, 0.09, -1), lower=(-0.05, 0.03, -1), end=(1, 0.2, 0)),
        right_leg=Limb(upper=(-0.02, -0.09, -1), lower=(0.05, -0.03, -1), end=(-1, -0.2, 0)),
        pelvis=(0, 0, 90), head=(-4, 0, 0),
    ),
    "hand-in-hair": replace(
        STAND,
        left_arm=ON_HIP,
        right_arm=Limb(upper=(1, -0.19, 0.93), lower=(-1, 0.08, 0.41), end=(-1, 0.15, 0.35), palm=(-0.3, 0.2, -1)),
        left_leg=Limb(upper=(0, -0.17, -1), lower=(-0.06, 0.22, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.26, -0.33, -1), lower=(0.1, 0.08, -1), end=(0.5, -1, 0)),
        pelvis=(0, -5, 0), spine=(0, 10, 0), head=(0, -10, -8), curl=30,
    ),
    "hand-on-collar": replace(
        STAND,
        left_arm=Limb(upper=(0.42, 0.22, -1), lower=(-0.16, -0.32, -1), end=(-0.1, -0.25, -1), palm=(-1, 0.1, 0)),
        right_arm=Limb(upper=(0.15, -0.82, -1), lower=(-0.6, 0.1, 1), end=(-0.4, 0.1, 1), palm=(-0.3, 1, 0.1)),
        left_leg=Limb(upper=(0.11, -0.26, -1), lower=(0.07, 0.02, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.08, -0.08, -1), lower=(0.03, 0.21, -1), end=(0.2, -1, 0)), head=(0, 0, 18), curl=50,
    ),
    "wide-stance": replace(
        STAND,
        left_arm=ON_HIP, right_arm=ON_HIP,
        left_leg=Limb(upper=(0.35, -0.15, -1), lower=(0.26, 0.14, -1), end=(0.35, -1, 0)),
        right_leg=Limb(upper=(0.35, -0.15, -1), lower=(0.26, 0.14, -1), end=(0.35, -1, 0)),
    ),
}  # fmt: skip
"""Every figure, by a name that says what it shows."""
