"""Names -> figures of an ordinary day: reading, carrying, a photo of oneself."""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.figures.basic import ON_HIP, STAND
from layerpose.motion.posing import Figure, Limb

FIGURES: dict[str, Figure] = {
    "shrug": replace(
        STAND,
        left_arm=Limb(upper=(0.4, -0.1, -1), lower=(0.75, -0.75, 0.15), end=(1, -0.6, 0.05), palm=(0, 0.1, 1)),
        right_arm=Limb(upper=(0.4, -0.1, -1), lower=(0.75, -0.75, 0.15), end=(1, -0.6, 0.05), palm=(0, 0.1, 1)),
        head=(4, 9, 0), curl=18,
    ),
    "read": replace(
        STAND,
        left_arm=Limb(upper=(0.03, -0.77, -1), lower=(-0.69, -1, 0.69), end=(-0.2, -1, 0.5), palm=(-0.3, 0.6, 1)),
        right_arm=Limb(upper=(0.03, -0.77, -1), lower=(-0.69, -1, 0.69), end=(-0.2, -1, 0.5), palm=(-0.3, 0.6, 1)),
        spine=(3, 0, 0), head=(24, 0, 0), curl=35,
    ),
    "cheer": replace(
        STAND,
        left_arm=Limb(upper=(0.89, -0.6, -1), lower=(-0.53, -0.39, 1), end=(-0.1, -0.2, 1), palm=(-1, 0.5, 0)),
        right_arm=Limb(upper=(0.45, -0.2, 1), lower=(-0.12, -0.15, 1), end=(-0.1, -0.1, 1), palm=(-0.3, -1, 0)),
        left_leg=Limb(upper=(0.11, -0.26, -1), lower=(0.07, 0.02, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.09, -0.04, -1), lower=(0.04, 0.27, -1), end=(0.2, -1, 0)), head=(-10, 0, -6), curl=85,
    ),
    "selfie": replace(
        STAND,
        left_arm=ON_HIP,
        right_arm=Limb(upper=(0.3, -1, 0.3), lower=(0.12, -1, 0.55), end=(0.1, -0.6, 1), palm=(-0.2, 1, 0.5)),
        head=(-2, -8, -10), curl=35,
    ),
    "look-at-watch": replace(
        STAND,
        left_arm=Limb(upper=(0.41, -1, -0.75), lower=(-1, -0.36, 0.36), end=(-1, -0.15, -0.05), palm=(0, 0.35, -1)),
        head=(22, 0, 10), curl=40,
    ),
    "salute": replace(
        STAND,
        left_arm=Limb(upper=(0.1, 0.03, -1), lower=(0.02, -0.08, -1), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(1, -0.48, 0.36), lower=(-1, -0.23, 0.5), end=(-0.85, 0.05, 0.5), palm=(-0.4, -0.8, -0.8)),
        curl=5,
    ),
    "carry": replace(
        STAND,
        left_arm=Limb(upper=(0.16, -0.38, -1), lower=(-0.31, -1, 0.27), end=(-0.1, -1, 0.1), palm=(-0.6, 0, 0.9)),
        right_arm=Limb(upper=(0.16, -0.38, -1), lower=(-0.31, -1, 0.27), end=(-0.1, -1, 0.1), palm=(-0.6, 0, 0.9)),
        spine=(-5, 0, 0),
    ),
    "pick-up": replace(
        STAND,
        left_arm=Limb(upper=(-0.05, -0.25, -1), lower=(-0.05, -0.25, -1), end=(-0.05, -0.2, -1), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(-0.05, -0.25, -1), lower=(-0.05, -0.25, -1), end=(-0.05, -0.2, -1), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.19, -1, -0.83), lower=(-0.04, 0.56, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.19, -1, -0.83), lower=(-0.04, 0.56, -1), end=(0.2, -1, 0)),
        pelvis=(50, 0, 0), spine=(28, 0, 0), head=(-20, 0, 0),
    ),
    "climb": replace(
        STAND,
        left_arm=Limb(upper=(0.2, -0.5, 1), lower=(0, -0.3, 1), end=(0, -0.3, 1), palm=(0, -1, 0)),
        right_arm=Limb(upper=(0.95, -1, 0.53), lower=(-1, -0.57, 0.8), end=(0, -0.3, 1), palm=(0, -1, 0)),
        left_leg=Limb(upper=(0.14, -1, -0.12), lower=(-0.09, 0.14, -1), end=(0.05, -1, 0)),
        right_leg=Limb(upper=(0.05, -0.03, -1), lower=(0.04, 0.1, -1), end=(0.1, -1, 0)), head=(-18, 0, 0), curl=30,
    ),
}  # fmt: skip
"""Every figure, by a name that says what it shows."""
