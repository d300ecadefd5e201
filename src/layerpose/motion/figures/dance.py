"""Names -> figures of dance: ballet, tango, disco."""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.figures.basic import ON_HIP, STAND
from layerpose.motion.posing import Figure, Limb

FIGURES: dict[str, Figure] = {
    "arabesque": replace(
        STAND,
        left_arm=Limb(upper=(0.15, -1, 0.3), lower=(-0.02, -1, 0.25), end=(0, -1, 0.15), palm=(-0.2, 0, -1)),
        right_arm=Limb(upper=(1, 0.25, 0.05), lower=(1, 0.1, -0.02), end=(1, 0.1, -0.1), palm=(0, 0, -1)),
        left_leg=Limb(upper=(-0.03, -0.04, -1), lower=(-0.05, 0.09, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.06, 1, -0.06), lower=(0.06, 1, -0.06), end=(0, 1, -0.1), palm=(0, 0.1, 1)),
        pelvis=(28, 0, 0), spine=(-22, 0, 0), head=(-8, 0, 0), curl=12,
    ),
    "pirouette": replace(
        STAND,
        left_arm=Limb(upper=(0.54, -1, -0.6), lower=(-1, -0.68, -0.43), end=(-1, -0.2, 0), palm=(0, 1, 0.1)),
        right_arm=Limb(upper=(0.54, -1, -0.6), lower=(-1, -0.68, -0.43), end=(-1, -0.2, 0), palm=(0, 1, 0.1)),
        left_leg=Limb(upper=(-0.06, -0.04, -1), lower=(-0.08, 0.08, -1), end=(0.5, -1, 0)),
        right_leg=Limb(upper=(1, -0.92, -0.96), lower=(-1, 0.37, -0.4), end=(-0.45, 0, -1), palm=(-0.6, 0.8, 0.2)),
        curl=15,
    ),
    "ballet-fifth": replace(
        STAND,
        left_arm=Limb(upper=(0.6, -0.25, 1), lower=(-0.5, -0.15, 1), end=(-0.9, -0.05, 0.6), palm=(-0.5, 0.2, -1)),
        right_arm=Limb(upper=(0.6, -0.25, 1), lower=(-0.5, -0.15, 1), end=(-0.9, -0.05, 0.6), palm=(-0.5, 0.2, -1)),
        left_leg=Limb(upper=(-0.06, -0.12, -1), lower=(-0.15, -0.03, -1), end=(1, -0.45, 0)),
        right_leg=Limb(upper=(-0.05, 0.04, -1), lower=(-0.15, 0.14, -1), end=(1, -0.45, 0)), curl=15,
    ),
    "disco": replace(
        STAND,
        left_arm=ON_HIP,
        right_arm=Limb(upper=(0.75, -0.15, 1), lower=(0.75, -0.15, 1), end=(0.75, -0.1, 1), palm=(0, -1, 0)),
        left_leg=Limb(upper=(0.24, -0.45, -1), lower=(0.15, 0.14, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.16, -0.11, -1), lower=(0.11, 0.18, -1), end=(0.2, -1, 0)),
        pelvis=(0, 6, 0), spine=(0, -12, -6), head=(-4, 0, -24), curl=20,
    ),
    "hip-hop": replace(
        STAND,
        left_arm=Limb(upper=(0.75, -0.3, -0.5), lower=(-0.7, -0.9, 0.1), end=(-0.6, -1, 0.2), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.7, 0.5, -0.6), lower=(0.35, -0.6, -0.8), end=(0.2, -0.7, -0.7), palm=(-0.3, 0.3, -1)),
        left_leg=Limb(upper=(0.79, -0.66, -1), lower=(-0.02, 0.36, -1), end=(0.5, -1, 0)),
        right_leg=Limb(upper=(0.72, -0.63, -1), lower=(-0.08, 0.36, -1), end=(0.5, -1, 0)),
        pelvis=(10, 0, 0), spine=(14, 8, 12), head=(-10, 0, -8), curl=35,
    ),
    "tango": replace(
        STAND,
        left_arm=Limb(upper=(1, -0.25, 0.12), lower=(0.8, -0.55, 0.55), end=(0.7, -0.4, 0.6), palm=(-0.3, -1, 0)),
        right_arm=Limb(upper=(0.97, -1, -0.46), lower=(-1, -0.69, 0.19), end=(-0.9, -0.2, 0.05), palm=(0, 1, 0)),
        left_leg=Limb(upper=(0.09, -0.82, -1), lower=(-0.03, -0.04, -1), end=(0.05, -1, 0)),
        right_leg=Limb(upper=(0.08, 0.08, -1), lower=(-0.04, 1, -0.64), end=(0.1, -1, -0.9), palm=(0, 0.9, -1)),
        spine=(-8, 0, 12), head=(-4, 0, 26),
    ),
    "swing": replace(
        STAND,
        left_arm=Limb(upper=(0.7, -0.5, -0.5), lower=(0.55, -0.8, 0.35), palm=(-0.2, -0.3, -1)),
        right_arm=Limb(upper=(0.85, 0.4, -0.5), lower=(0.8, -0.2, 0.5), palm=(0, -1, -0.3)),
        left_leg=Limb(upper=(0.09, -0.22, -1), lower=(0.02, 0.22, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.25, -0.75, -1), lower=(0.25, -0.35, -1), end=(0.25, -1, -0.45), palm=(0, 0.45, -1)),
        spine=(4, 0, 10), head=(0, 0, -12), curl=20,
    ),
}  # fmt: skip
"""Every figure, by a name that says what it shows."""
