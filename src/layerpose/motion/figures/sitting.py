"""Names -> figures on a chair and on the floor: sitting, kneeling, lying."""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.figures.basic import STAND
from layerpose.motion.posing import Figure, Limb

FIGURES: dict[str, Figure] = {
    "sit-chin-on-hand": replace(
        STAND,
        left_arm=Limb(upper=(0.12, -0.3, -1), lower=(-0.35, -1, -0.35), end=(-0.5, -1, -0.2), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.24, -1, -0.72), lower=(-0.75, 0.14, 1), end=(-0.4, 0.1, 1), palm=(-0.2, 1, 0.2)),
        left_leg=Limb(upper=(0.2, -1, -0.08), lower=(0.02, 0.03, -1), end=(0.15, -1, 0)),
        right_leg=Limb(upper=(0.2, -1, -0.08), lower=(0.02, 0.03, -1), end=(0.15, -1, 0)),
        spine=(34, 0, 0), head=(-16, 0, 0), curl=55,
    ),
    "sit-leaning-back": replace(
        STAND,
        left_arm=Limb(upper=(0.35, 0.55, -1), lower=(0.2, 0.25, -1), end=(0.3, 0.8, -0.2), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.35, 0.55, -1), lower=(0.2, 0.25, -1), end=(0.3, 0.8, -0.2), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.2, -1, -0.05), lower=(0.02, -0.5, -1), end=(0.2, -1, 0.12)),
        right_leg=Limb(upper=(0.2, -1, -0.05), lower=(0.02, -0.5, -1), end=(0.2, -1, 0.12)),
        pelvis=(-14, 0, 0), spine=(-8, 0, 0), head=(14, 0, 0),
    ),
    "sit-on-heels": replace(
        STAND,
        left_arm=Limb(upper=(0.12, -0.35, -1), lower=(-0.25, -1, -0.75), end=(-0.3, -1, -0.2), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.12, -0.35, -1), lower=(-0.25, -1, -0.75), end=(-0.3, -1, -0.2), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.16, -1, -0.32), lower=(-0.03, 1, -0.2), end=(-0.1, 1, -0.12), palm=(0, 0.12, 1)),
        right_leg=Limb(upper=(0.16, -1, -0.32), lower=(-0.03, 1, -0.2), end=(-0.1, 1, -0.12), palm=(0, 0.12, 1)),
        curl=12,
    ),
    "lie-on-back": replace(
        STAND,
        left_arm=Limb(upper=(0.4, -1, -0.1), lower=(0.25, -1, -0.05), end=(0.25, -1, 0), palm=(0, 0, 1)),
        right_arm=Limb(upper=(0.4, -1, -0.1), lower=(0.25, -1, -0.05), end=(0.25, -1, 0), palm=(0, 0, 1)),
        left_leg=Limb(upper=(0.1, -1, -0.02), lower=(0.1, -1, -0.02), end=(0.4, -0.5, 1), palm=(0, -1, -0.4)),
        right_leg=Limb(upper=(0.1, -1, -0.02), lower=(0.1, -1, -0.02), end=(0.4, -0.5, 1), palm=(0, -1, -0.4)),
        pelvis=(-90, 0, 0),
    ),
    "crawl": replace(
        STAND,
        left_arm=Limb(upper=(0.05, 0.12, -1), lower=(0.05, 0.12, -1), end=(0, -1, -0.1), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.05, -0.3, -1), lower=(0.05, -0.3, -1), end=(0, -1, -0.1), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.05, -0.35, -1), lower=(0, 1, -0.03), end=(0, 1, -0.25), palm=(0, 0.3, 1)),
        right_leg=Limb(upper=(0.05, 0.25, -1), lower=(0, 1, -0.03), end=(0, 1, -0.25), palm=(0, 0.3, 1)),
        pelvis=(70, 0, 0), spine=(4, 0, 0), head=(-40, 0, 0), curl=5,
    ),
}  # fmt: skip
"""Every figure, by a name that says what it shows."""
