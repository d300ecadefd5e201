"""Names -> the figures that everything begins with: standing, walking, sitting, and how their limbs are held."""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.posing import Figure, Limb

HANGING = Limb(upper=(0.22, 0.05, -1), lower=(0.1, -0.22, -1), palm=(-1, 0.1, 0))
ON_HIP = Limb(upper=(0.75, 0.3, -1), lower=(-0.72, -0.35, -0.62), end=(-0.55, -0.75, -0.5), palm=(-1, 0.4, 0.1))
STANDING = Limb(upper=(0.09, -0.02, -1), lower=(0.03, 0.05, -1), end=(0.2, -1, 0))
STAND = Figure(left_arm=HANGING, right_arm=HANGING, left_leg=STANDING, right_leg=STANDING)

FIGURES: dict[str, Figure] = {
    "stand": STAND,
    "t-pose": replace(
        STAND,
        left_arm=Limb(upper=(1, 0, 0), lower=(1, -0.05, 0), end=(1, 0, 0), palm=(0, 0, -1)),
        right_arm=Limb(upper=(1, 0, 0), lower=(1, -0.05, 0), end=(1, 0, 0), palm=(0, 0, -1)),
        curl=8,
    ),
    "walk": replace(
        STAND,
        left_arm=Limb(upper=(0.16, 0.48, -1), lower=(0.06, 0.02, -1), palm=(-1, 0, 0.1)),
        right_arm=Limb(upper=(0.14, -0.4, -1), lower=(-0.06, -0.85, -0.75), palm=(-1, 0, -0.1)),
        left_leg=Limb(upper=(0.03, -0.5, -1), lower=(0, -0.12, -1), end=(0.1, -1, 0.28), palm=(0, -0.28, -1)),
        right_leg=Limb(upper=(0.03, 0.2, -1), lower=(0, 0.8, -1), end=(0.08, -1, -0.75), palm=(0, 0.75, -1)),
        spine=(2, 0, 8),
    ),
    "run": replace(
        STAND,
        left_arm=Limb(upper=(0.3, 0.85, -0.7), lower=(0.05, -0.75, -0.75), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(0.22, -0.45, -1), lower=(-0.3, -0.85, 0.65), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.02, -0.95, -0.65), lower=(0, 0.5, -1), end=(0.05, -1, -0.3), palm=(0, 0.3, -1)),
        right_leg=Limb(upper=(0.04, 0.42, -1), lower=(0, 1, -0.35), end=(0.05, -0.3, -1), palm=(0, 1, -0.3)),
        pelvis=(12, 0, 0), spine=(6, 0, 12), head=(-12, 0, -8), curl=45,
    ),
    "wave": replace(
        STAND,
        right_arm=Limb(upper=(1, -0.15, 0.05), lower=(0.25, -0.2, 1), end=(0.25, -0.1, 1), palm=(0, -1, 0)),
        head=(0, -4, -6), curl=12,
    ),
    "sit": replace(
        STAND,
        left_arm=Limb(upper=(0.14, -0.22, -1), lower=(-0.02, -1, -0.42), end=(-0.1, -1, -0.18), palm=(0, 0.1, -1)),
        right_arm=Limb(upper=(0.14, -0.22, -1), lower=(-0.02, -1, -0.42), end=(-0.1, -1, -0.18), palm=(0, 0.1, -1)),
        left_leg=Limb(upper=(0.2, -1, -0.1), lower=(0.02, 0.02, -1), end=(0.15, -1, 0)),
        right_leg=Limb(upper=(0.2, -1, -0.1), lower=(0.02, 0.02, -1), end=(0.15, -1, 0)),
        spine=(4, 0, 0), curl=15,
    ),
    "squat": replace(
        STAND,
        left_arm=Limb(upper=(0.12, -1, -0.18), lower=(-0.12, -1, 0.02), end=(-0.1, -1, 0), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.12, -1, -0.18), lower=(-0.12, -1, 0.02), end=(-0.1, -1, 0), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.5, -1, 0.02), lower=(-0.12, 0.42, -1), end=(0.4, -1, 0)),
        right_leg=Limb(upper=(0.5, -1, 0.02), lower=(-0.12, 0.42, -1), end=(0.4, -1, 0)),
        pelvis=(28, 0, 0), spine=(10, 0, 0), head=(-26, 0, 0), curl=12,
    ),
    "arms-up": replace(
        STAND,
        left_arm=Limb(upper=(0.42, -0.05, 1), lower=(0.16, -0.1, 1), end=(0.12, 0, 1), palm=(-0.5, -1, 0)),
        right_arm=Limb(upper=(0.42, -0.05, 1), lower=(0.16, -0.1, 1), end=(0.12, 0, 1), palm=(-0.5, -1, 0)),
        curl=10,
    ),
    "crossed-legs": replace(
        STAND,
        left_leg=Limb(upper=(-0.2, -0.12, -1), lower=(-0.22, 0.02, -1), end=(-0.05, -1, 0)),
        right_leg=Limb(upper=(-0.16, 0.06, -1), lower=(-0.14, 0.1, -1), end=(0.15, -1, 0)),
    ),
    "arms-folded": replace(
        STAND,
        left_arm=Limb(upper=(0.1, -0.5, -1), lower=(-1, -0.3, 0.06), end=(-1, 0.3, 0.14), palm=(0.2, 1, -0.2)),
        right_arm=Limb(upper=(0.1, -0.34, -1), lower=(-1, -0.16, 0.26), end=(-1, 0.5, 0.1), palm=(0.3, 1, 0)),
    ),
    "hands-on-hips": replace(
        STAND,
        left_arm=ON_HIP, right_arm=ON_HIP,
    ),
    "lunge": replace(
        STAND,
        left_arm=ON_HIP,
        right_arm=ON_HIP,
        left_leg=Limb(upper=(0.1, -1, -0.12), lower=(0, 0.02, -1), end=(0.05, -1, 0)),
        right_leg=Limb(upper=(0.06, 0.25, -1), lower=(0, 1, -0.3), end=(0, -0.5, -1), palm=(0, 1, -0.5)),
    ),
    "point": replace(
        STAND,
        left_arm=Limb(upper=(1, -0.35, 0.12), lower=(1, -0.42, 0.16), end=(1, -0.4, 0.15), palm=(-0.2, 0, -1)),
        head=(0, 0, 35), spine=(0, 0, 8), curl=14,
    ),
    "jump": replace(
        STAND,
        left_arm=Limb(upper=(0.8, -0.1, 1), lower=(0.5, -0.2, 1), end=(0.5, 0, 1), palm=(0, -1, 0)),
        right_arm=Limb(upper=(0.8, -0.1, 1), lower=(0.5, -0.2, 1), end=(0.5, 0, 1), palm=(0, -1, 0)),
        left_leg=Limb(upper=(0.45, -0.45, -1), lower=(0.05, 0.85, -0.7), end=(0.1, -0.5, -1), palm=(0, 1, -0.5)),
        right_leg=Limb(upper=(0.45, -0.45, -1), lower=(0.05, 0.85, -0.7), end=(0.1, -0.5, -1), palm=(0, 1, -0.5)),
        curl=10,
    ),
    "thinking": replace(
        STAND,
        left_arm=Limb(upper=(0.22, -0.3, -1), lower=(-1, -0.5, 0.04), end=(-1, 0, 0.1), palm=(0, 0.5, 1)),
        right_arm=Limb(upper=(0.02, -0.42, -1), lower=(-0.32, -0.32, 1), end=(-0.25, 0.2, 1), palm=(0, 1, 0.2)),
        head=(6, 0, 0), curl=45,
    ),
    "step": replace(
        STAND,
        left_arm=Limb(upper=(0.5, -0.1, -1), lower=(0.1, -0.9, 0.2), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.1, -1, -0.3), lower=(0.02, 0.1, -1), end=(0.1, -1, 0)),
    ),
}  # fmt: skip
"""Every figure; x of a limb's direction is outwards, for the left and the right side alike."""
