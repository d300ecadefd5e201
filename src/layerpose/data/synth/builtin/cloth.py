"""Spots on the body -> the look of cloth: threads, folds, seams, ribs, buttons, pockets. Grey cloth is dyed later."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from layerpose.data.synth.builtin.garment import Spots

CLOTH = 0.62
"""Brightness of undyed cloth."""
STITCH_M = 0.0028
LEG_RADIUS_M, TORSO_RADIUS_M = 0.07, 0.15

Grey = Float[np.ndarray, "n"]


def jersey(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A t-shirt: fine threads, soft folds, stitched hems."""
    return _colour(CLOTH * folds(spots, 0.06) * hem(spots, 0.022) * (1 + 0.02 * spots.grain))


def knit(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A sweater: rows of stitches, ribbed cuffs and waistband."""
    x, y, z = spots.places.T
    around = np.arctan2(x, -y)
    rows = 1 + 0.07 * np.sin(z * 900) * np.sin(around * 160 + np.round(z * 900 / np.pi) * np.pi)
    ribs = 1 + 0.16 * np.sin(_across(spots) * 520)
    band = spots.edge_m < 0.05
    grey = CLOTH * folds(spots, 0.09) * np.where(band, 0.93 * ribs, rows) * line(spots.edge_m - 0.05, 0.004, 0.75)
    return _colour(grey * (1 + 0.03 * spots.grain))


def shirt(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A shirt: a row of buttons, a breast pocket, cuffs."""
    x, y, z = spots.places.T
    front = y < 0.0
    grey = CLOTH * 1.05 * folds(spots, 0.08) * hem(spots, 0.018)
    grey = np.where(front, grey * line(np.abs(x) - 0.016, STITCH_M, 0.82), grey)
    grey = np.where(front, grey * buttons(x, z, 0.0, 0.085, 0.0065), grey)
    grey = np.where(front, grey * pocket(x - 0.085, z - 0.5, 0.048, 0.055), grey)
    grey *= np.where(spots.arm > 1.0, line(spots.edge_m - 0.06, STITCH_M, 0.8), 1)
    return _colour(grey * (1 + 0.02 * spots.grain))


def jacket(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A jacket or hoodie: a zip, two slanted pockets, ribbed ends."""
    x, y, z = spots.places.T
    front = y < 0.0
    ribs = 1 + 0.14 * np.sin(_across(spots) * 480)
    band = spots.edge_m < 0.045
    grey = CLOTH * 0.95 * folds(spots, 0.12) * np.where(band, 0.9 * ribs, 1) * line(spots.edge_m - 0.045, 0.004, 0.7)
    teeth = np.where(np.sin(z * 1100) > 0, 1.5, 0.8)
    grey = np.where(front & (np.abs(x) < 0.006), CLOTH * teeth, grey)
    grey = np.where(front, grey * line(np.abs(x) - 0.014, STITCH_M, 0.75), grey)
    slanted = np.abs(x) - 0.105 + 0.35 * (z - 0.26)
    grey = np.where(front & (np.abs(z - 0.27) < 0.07), grey * line(slanted, 0.005, 0.55), grey)
    return _colour(grey * (1 + 0.035 * spots.grain))


def denim(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """Jeans: twill, pale thighs and knees, pockets, fly, double seams."""
    x, y, z = spots.places.T
    twill = 1 + 0.06 * np.sin((_across(spots) + z) * 700) + 0.05 * spots.grain
    pale = np.exp(-(((spots.leg - 0.45) / 0.35) ** 2)) + 0.7 * np.exp(-(((spots.leg - 1.05) / 0.2) ** 2))
    grey = (0.5 + 0.16 * pale * (y < 0)) * twill * folds(spots, 0.1) * _trouser_seams(spots, 0.68)
    behind = pocket(np.abs(x) - 0.085, z - 0.16, 0.055, 0.06)
    grey = np.where(y > 0.02, grey * behind, grey)
    wash = np.array([0.78, 0.95, 1.3])
    return grey[:, None] * wash


def chino(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """Cloth trousers with a crease."""
    grey = CLOTH * folds(spots, 0.08) * _trouser_seams(spots, 0.8)
    middle = np.abs(spots.places[:, 0]) - _leg_axis(spots)
    crease = 1 + 0.1 * np.exp(-((middle / 0.006) ** 2)) * (spots.leg > 0.2)
    return _colour(grey * crease * (1 + 0.02 * spots.grain))


def sweats(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """Tracksuit trousers or leggings: a stripe down the side, ribbed ends."""
    ribs = 1 + 0.12 * np.sin(_across(spots) * 480)
    grey = CLOTH * folds(spots, 0.1) * np.where(spots.edge_m < 0.04, 0.92 * ribs, 1)
    outer = np.abs(spots.places[:, 0]) - (0.165 + 0.03 * np.clip(spots.leg, 0, 2))
    stripe = (np.abs(spots.places[:, 1] + 0.02) < 0.012) & (outer > 0) & (spots.leg > -0.5)
    return _colour(np.where(stripe, 0.95, grey) * (1 + 0.025 * spots.grain))


def skirt(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A skirt: soft vertical folds, a hem."""
    turn, height = spots.uv.T
    waves = np.sin(2 * np.pi * 9 * turn) + 0.6 * np.sin(2 * np.pi * 17 * turn + 1.3)
    grey = CLOTH * (1 + 0.11 * waves * (1 - height) ** 0.7)
    grey *= np.where(height < 0.05, 0.92, 1) * line(height - 0.05, 0.006, 0.7) * line(height - 0.9, 0.006, 0.75)
    return _colour(grey * (1 + 0.02 * spots.grain))


def belted(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """The skirt of a dress below its belt."""
    return skirt(spots) * np.where(spots.uv[:, 1] > 0.92, 0.5, 1.0)[:, None]


def lining(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """Shorts in a skirt's cloth that are worn under it."""
    return _colour(0.75 * CLOTH + 0.01 * spots.grain)


def sock(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A white sock with a ribbed top."""
    ribs = 1 + 0.08 * np.sin(_across(spots) * 700)
    return _colour(0.85 * np.where(spots.edge_m < 0.03, ribs, 1) * (1 + 0.015 * spots.grain))


def trainer(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """The upper of a sports shoe: laces over the instep, a toe cap, a stripe on each side."""
    turn, along = spots.uv.T
    where = 1 - along
    grey = 0.6 * (1 + 0.03 * spots.grain)
    up = _from_instep(turn)
    laces = (up < 0.1) & (where > 0.56) & (where < 0.74)
    grey = np.where(laces, np.where(np.sin(where * 170) > 0, 0.95, 0.35), grey)
    grey *= line(up - 0.11, 0.008, 0.6) * line(where - 0.8, 0.006, 0.65)
    slash = np.abs((up - 0.24) - 0.9 * (where - 0.5)) < 0.022
    grey = np.where(slash & (where > 0.35) & (where < 0.68), 1.0, grey)
    return _colour(grey)


def boot(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """Leather with seams round heel and toe."""
    turn, along = spots.uv.T
    where = 1 - along
    up = _from_instep(turn)
    creases = 1 + 0.08 * np.sin(where * 90 + 3 * np.sin(turn * 12)) * np.exp(-(((where - 0.72) / 0.06) ** 2))
    grey = 0.5 * creases * (1 + 0.03 * spots.grain) * line(where - 0.82, 0.006, 0.65) * line(up - 0.3, 0.006, 0.75)
    return _colour(grey)


def sole(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A pale rubber sole."""
    return _colour(0.83 + 0.02 * spots.grain)


def dark_sole(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """A dark rubber sole."""
    return _colour(0.12 + 0.01 * spots.grain)


def folds(spots: Spots, depth: float) -> Grey:
    """Soft waves over all, sharper ones at elbows, knees, hips and waist."""
    x, y, z = spots.places.T
    soft = np.sin(19 * x + 7 * z + 2 * np.sin(11 * z)) * np.sin(13 * y - 9 * z + 1) + 0.6 * np.sin(
        31 * z + 23 * x - 11 * y
    )
    joint = np.exp(-(((spots.arm - 1) / 0.22) ** 2)) * (spots.arm > 0) + np.exp(-(((spots.leg - 1) / 0.2) ** 2))
    joint = joint + 0.8 * np.exp(-(((spots.leg - 1.85) / 0.15) ** 2)) + 0.6 * np.exp(-(((spots.arm - 1.8) / 0.18) ** 2))
    limb = np.maximum(spots.arm, spots.leg)
    sharp = np.sin(48 * limb + 4 * np.sin(26 * x + 31 * y) + 2 * np.sin(40 * z)) * joint
    return 1 + depth * (0.7 * soft + 0.7 * sharp)


def hem(spots: Spots, width_m: float) -> Grey:
    """A turned hem with a row of stitches."""
    return np.where(spots.edge_m < width_m, 0.95, 1.0) * line(spots.edge_m - width_m, STITCH_M, 0.78)


def line(distance: Grey, half_width: float, level: float) -> Grey:
    """A line where the distance is 0."""
    return 1 - (1 - level) * np.exp(-((distance / half_width) ** 2))


def buttons(x: Grey, z: Grey, at_x: float, step_m: float, radius_m: float) -> Grey:
    """A column of pale buttons with dark rims."""
    away = np.hypot(x - at_x, (z / step_m - np.round(z / step_m)) * step_m)
    return np.where(away < radius_m, 1.45, 1.0) * line(away - radius_m, 0.0016, 0.55)


def pocket(x: Grey, z: Grey, half_width: float, half_height: float) -> Grey:
    """The outline of a patch pocket, pointed below."""
    low = -half_height - 0.25 * (half_width - np.abs(x))
    inside = np.minimum(np.minimum(half_width - np.abs(x), half_height - z), z - low)
    return line(inside, STITCH_M, 0.7) * np.where(inside > 0, 0.98, 1.0)


def _trouser_seams(spots: Spots, level: float) -> Grey:
    """Waistband, fly, slanted pockets, side seams, hems."""
    x, y, z = spots.places.T
    front = y < 0.0
    grey = hem(spots, 0.028)
    fly = line(np.abs(x) - 0.004, STITCH_M, level) * (z > 0.1) + (z <= 0.1)
    slanted = np.abs(x) - 0.13 + 0.5 * (z - 0.2)
    pockets = np.where(np.abs(z - 0.19) < 0.06, line(slanted, STITCH_M, level), 1)
    side = line(y + 0.02, STITCH_M, level)
    outside = np.abs(x) > np.where(spots.leg > 0, 0.115 + 0.035 * spots.leg, 0.12)
    return grey * np.where(front, fly * pockets, 1) * np.where(outside, side, 1)


def _from_instep(turn: Grey) -> Grey:
    """Share of a turn round a shoe's ring from its top."""
    return np.abs((turn - 0.25) % 1 - 0.5)


def _across(spots: Spots) -> Grey:
    """Metres round the body or a limb, roughly."""
    x, y, z = spots.places.T
    arm = y + 0.7 * (np.abs(x) + z)
    leg = LEG_RADIUS_M * np.arctan2(np.abs(x) - _leg_axis(spots), -y)
    torso = TORSO_RADIUS_M * np.arctan2(x, -y)
    return np.where(spots.arm > 0.2, arm, np.where(spots.leg > 0.3, leg, torso))


def _leg_axis(spots: Spots) -> Grey:
    """How far from the middle of the body a leg is."""
    return 0.125 + 0.022 * spots.leg


def _colour(grey: Grey) -> Float[np.ndarray, "n 3"]:
    return np.repeat(grey[:, None], 3, axis=1)
