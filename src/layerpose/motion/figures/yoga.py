"""Names -> figures of yoga."""

from __future__ import annotations

from dataclasses import replace

from layerpose.motion.figures.basic import STAND
from layerpose.motion.posing import Figure, Limb

RAISED = Limb(upper=(0.2, -0.05, 1), lower=(0.02, -0.05, 1), end=(0, 0, 1), palm=(-1, 0, 0))

FIGURES: dict[str, Figure] = {
    "warrior-one": replace(
        STAND,
        left_arm=RAISED, right_arm=RAISED,
        left_leg=Limb(upper=(0.1, -1, -0.43), lower=(-0.09, -0.2, -1), end=(0, -1, 0)),
        right_leg=Limb(upper=(0.17, 0.63, -1), lower=(-0.01, 1, -0.64), end=(0.55, -0.85, 0)),
        spine=(-6, 0, 0), head=(-10, 0, 0), curl=8,
    ),
    "warrior-two": replace(
        STAND,
        left_arm=Limb(upper=(1, -0.02, 0.02), lower=(1, -0.02, 0.02), end=(1, 0, 0), palm=(0, 0, -1)),
        right_arm=Limb(upper=(1, 0.03, 0.02), lower=(1, 0.03, 0.02), end=(1, 0, 0), palm=(0, 0, -1)),
        left_leg=Limb(upper=(1, -0.1, -0.44), lower=(0.25, 0.05, -1), end=(1, -0.1, 0)),
        right_leg=Limb(upper=(1, -0.15, -0.91), lower=(0.97, 0.28, -1), end=(0.35, -1, 0)), head=(0, 0, 72), curl=5,
    ),
    "triangle": replace(
        STAND,
        left_arm=Limb(upper=(0.06, -0.06, -1), lower=(0.06, -0.06, -1), end=(0, 0, -1), palm=(0, -1, 0)),
        right_arm=Limb(upper=(0.02, 0, 1), lower=(0.02, 0, 1), end=(0, 0, 1), palm=(0, -1, 0)),
        left_leg=Limb(upper=(0.92, -0.45, -1), lower=(0.43, 0.36, -1), end=(1, -0.2, 0)),
        right_leg=Limb(upper=(0.5, -0.07, -1), lower=(0.44, 0.12, -1), end=(0.35, -1, 0)),
        pelvis=(0, 28, 0), spine=(0, 38, 0), head=(0, 0, -50), curl=5,
    ),
    "downward-dog": replace(
        STAND,
        left_arm=Limb(upper=(0.12, -0.62, -0.75), lower=(0.12, -0.62, -0.75), end=(0.1, -1, -0.1), palm=(0, 0.1, -1)),
        right_arm=Limb(upper=(0.12, -0.62, -0.75), lower=(0.12, -0.62, -0.75), end=(0.1, -1, -0.1), palm=(0, 0.1, -1)),
        left_leg=Limb(upper=(0.08, 0.35, -1), lower=(0.04, 0.66, -1), end=(0.2, -1, 0)),
        right_leg=Limb(upper=(0.08, 0.35, -1), lower=(0.04, 0.66, -1), end=(0.2, -1, 0)),
        pelvis=(126, 0, 0), spine=(14, 0, 0), head=(14, 0, 0), curl=3,
    ),
    "cobra": replace(
        STAND,
        left_arm=Limb(upper=(0.39, 1, -0.5), lower=(-0.19, -1, -0.98), end=(0, -1, 0), palm=(0, 0, -1)),
        right_arm=Limb(upper=(0.39, 1, -0.5), lower=(-0.19, -1, -0.98), end=(0, -1, 0), palm=(0, 0, -1)),
        left_leg=Limb(upper=(0.1, 1, -0.04), lower=(0.1, 1, -0.04), end=(0, 1, -0.12), palm=(0, 0.12, 1)),
        right_leg=Limb(upper=(0.1, 1, -0.04), lower=(0.1, 1, -0.04), end=(0, 1, -0.12), palm=(0, 0.12, 1)),
        pelvis=(84, 0, 0), spine=(-52, 0, 0), head=(-26, 0, 0), curl=5,
    ),
    "chair": replace(
        STAND,
        left_arm=Limb(upper=(0.08, -0.7, 1), lower=(0.08, -0.7, 1), end=(0, -0.7, 1), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(0.08, -0.7, 1), lower=(0.08, -0.7, 1), end=(0, -0.7, 1), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.11, -1, -0.73), lower=(-0.09, 0.28, -1), end=(0.05, -1, 0)),
        right_leg=Limb(upper=(0.11, -1, -0.73), lower=(-0.09, 0.28, -1), end=(0.05, -1, 0)),
        pelvis=(34, 0, 0), spine=(-6, 0, 0), head=(-14, 0, 0), curl=6,
    ),
    "hands-together": replace(
        STAND,
        left_arm=Limb(upper=(0.37, -0.66, -1), lower=(-1, -0.39, 0.39), end=(-0.12, -0.15, 1), palm=(-1, 0, -0.1)),
        right_arm=Limb(upper=(0.37, -0.66, -1), lower=(-1, -0.39, 0.39), end=(-0.12, -0.15, 1), palm=(-1, 0, -0.1)),
        curl=4,
    ),
    "boat": replace(
        STAND,
        left_arm=Limb(upper=(0.12, -1, 0.12), lower=(0.12, -1, 0.12), end=(0, -1, 0.1), palm=(-1, 0, 0)),
        right_arm=Limb(upper=(0.12, -1, 0.12), lower=(0.12, -1, 0.12), end=(0, -1, 0.1), palm=(-1, 0, 0)),
        left_leg=Limb(upper=(0.05, -1, 0.62), lower=(0.05, -1, 0.62), end=(0, -0.6, 1), palm=(0, -1, -0.5)),
        right_leg=Limb(upper=(0.05, -1, 0.62), lower=(0.05, -1, 0.62), end=(0, -0.6, 1), palm=(0, -1, -0.5)),
        pelvis=(-38, 0, 0), spine=(4, 0, 0), head=(6, 0, 0), curl=8,
    ),
    "forward-fold": replace(
        STAND,
        left_arm=Limb(upper=(0.49, -0.11, -1), lower=(-0.59, -0.33, -1), end=(0, -0.3, -1), palm=(-0.6, 1, -0.3)),
        right_arm=Limb(upper=(0.49, -0.11, -1), lower=(-0.59, -0.33, -1), end=(0, -0.3, -1), palm=(-0.6, 1, -0.3)),
        left_leg=Limb(upper=(0.02, -0.18, -1), lower=(-0.02, 0.05, -1), end=(0.05, -1, 0)),
        right_leg=Limb(upper=(0.02, -0.18, -1), lower=(-0.02, 0.05, -1), end=(0.05, -1, 0)),
        pelvis=(88, 0, 0), spine=(52, 0, 0), head=(16, 0, 0), curl=10,
    ),
}  # fmt: skip
"""Every figure, by a name that says what it shows."""
