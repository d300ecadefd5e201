"""Head -> caps of hair, curtains, buns, hats: a dome over the skull's outline that goes on downwards as a curtain."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from layerpose.body.model import Rest, body_model
from layerpose.data.synth.builtin.loft import grid
from layerpose.data.synth.builtin.tailoring import NUM_BODY, measures

EQUATOR_DEG = 95.0
"""A curtain leaves the dome here, counted from the crown."""
TAPER_DEG = 28.0
"""Over this much above the hairline the hair rises from the skin to its full thickness."""
HAIRLINE_DEG = (
    (0, 54),
    (30, 55),
    (48, 61),
    (60, 76),
    (75, 103),
    (88, 106),
    (97, 80),
    (118, 84),
    (130, 120),
    (150, 140),
    (180, 143),
)
"""Azimuth from the front -> where the hair ends, counted from the crown."""


SIDEBURN_DEG = (72.0, 22.0)
"""Azimuth of the temples and how far around them hair below the brows lies flat; else light shows behind it."""
CURTAIN_DEG = (62.0, 30.0)
"""Azimuth at which the curtain of long hair begins, and over how many degrees it gains its thickness."""
HULL_M = 0.012
"""Hair bridges hollows of the skull no deeper than this."""
CURTAIN_INWARDS = 0.16
"""Share by which the curtain's front comes in towards the neck."""
Line = Callable[[Float[np.ndarray, "n"]], Float[np.ndarray, "n"]]
"""Azimuth from the front, either side -> where the hair ends, both in degrees, the latter counted from the crown."""


class Dome:
    """Hair or a hat on the skull; `drop_m` longer than the equator, `end_deg` the lowest ring of a dome without."""

    columns = 72

    def __init__(
        self,
        *,
        offset_m: float,
        end_deg: float,
        line: Line | None,
        drop_m: float = 0.0,
        flare: float = 0.0,
        tilt: float = 0.0,
    ) -> None:
        """Without a hairline it is as thick everywhere; `tilt`: by what share it reaches lower behind."""
        self.tilt = tilt
        self.offset_m, self.drop_m, self.line, self.flare = offset_m, drop_m, line, flare
        end = EQUATOR_DEG if drop_m else end_deg
        dome = np.linspace(0.5, end, 22)
        drops = np.linspace(0, drop_m, 13)[1:] if drop_m else np.empty(0)
        self.polar, self.drops = np.r_[dome, np.full(len(drops), end)], np.r_[np.zeros(22), drops]
        self.faces, self.uv = grid(len(self.polar), self.columns)
        self.hidden = np.empty(0, dtype=np.int64)

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The hair on a body."""
        centre, scale, skull = _skull(rest, ears=self.drop_m > 0)
        azimuth = (np.arange(self.columns) / self.columns - 0.5) * 2 * np.pi
        polar = np.deg2rad(self.polar)[:, None] * (1 + self.tilt * (0.5 - 0.5 * np.cos(azimuth)))
        ways = np.stack(
            [np.sin(polar) * np.sin(azimuth), -np.sin(polar) * np.cos(azimuth), np.cos(polar) + 0 * azimuth], axis=2
        )
        normals = _sphere(700)
        support = (skull @ normals.T).max(0)
        cosine = ways @ normals.T
        radius = np.where(cosine > 0.2, support / np.maximum(cosine, 0.2), np.inf).min(2)
        full = np.ones_like(radius)
        if self.line is not None:
            angle = np.abs(np.rad2deg(azimuth))
            full = np.clip((self.line(angle)[None] - self.polar[:, None]) / TAPER_DEG, 0, 1)
            temple = np.exp(-(((angle - SIDEBURN_DEG[0]) / SIDEBURN_DEG[1]) ** 2))
            full *= 1 - temple * np.clip((self.polar[:, None] - 60) / 20, 0, 1)
            if self.drop_m:
                full = np.minimum(
                    full, np.clip((angle - CURTAIN_DEG[0]) / CURTAIN_DEG[1], 0.15, 1) + (self.polar[:, None] < 60)
                )
        thick = 0.0015 + self.offset_m * full**0.7
        radius = np.minimum(radius, _near_radius(skull, ways) + HULL_M * full)
        points = centre + (radius + thick * scale)[..., None] * ways
        outwards = ways * [1, 1, 0]
        inwards = CURTAIN_INWARDS * np.clip(self.drops / 0.1, 0, 1)[:, None] * (0.5 + 0.5 * np.cos(azimuth))
        points -= inwards[..., None] * (points - centre) * [1, 1, 0]
        points += self.drops[:, None, None] * scale * (self.flare * outwards - [0, 0, 1.0])
        return points.reshape(-1, 3)

    def weights(self) -> Float[np.ndarray, "g j"]:
        """The head's; the ends of long hair follow the neck a little."""
        model = body_model()
        weights = np.zeros((len(self.polar), self.columns, len(model.bone_names)), dtype=np.float32)
        share = np.clip(self.drops / 0.3, 0, 0.5)[:, None]
        weights[..., model.bone("head")] = 1 - share
        weights[..., model.bone("neck02")] = share
        return weights.reshape(-1, weights.shape[-1])


class Ball:
    """A bun: a ball at the back of the head."""

    rows, columns = 14, 24

    def __init__(self, *, radius_m: float) -> None:
        self.radius_m = radius_m
        self.faces, self.uv = grid(self.rows, self.columns)
        self.hidden = np.empty(0, dtype=np.int64)

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The bun on a body."""
        centre, scale, skull = _skull(rest)
        way = np.array([0, 0.86, 0.5])
        middle = centre + way * ((skull @ way).max() + 0.4 * self.radius_m * scale)
        polar = np.linspace(0.02, np.pi - 0.02, self.rows)[:, None]
        azimuth = np.arange(self.columns) * 2 * np.pi / self.columns
        ball = np.stack(
            [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar) + 0 * azimuth], 2
        )
        return (middle + ball * [1.15, 1.0, 1.0] * self.radius_m * scale).reshape(-1, 3)

    def weights(self) -> Float[np.ndarray, "g j"]:
        """The head's."""
        model = body_model()
        weights = np.zeros((self.rows * self.columns, len(model.bone_names)), dtype=np.float32)
        weights[:, model.bone("head")] = 1
        return weights


def hairline(azimuth_deg: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Where the hair ends, in degrees from the crown."""
    return np.interp(azimuth_deg, *np.array(HAIRLINE_DEG, dtype=float).T)


def skull_centre(rest: Rest) -> Float[np.ndarray, "3"]:
    """The middle from which a dome is drawn."""
    return _skull(rest)[0]


def _skull(rest: Rest, *, ears: bool = False) -> tuple[Float[np.ndarray, "3"], float, Float[np.ndarray, "n 3"]]:
    """Middle of the skull, its size beside the adult's, and its skin relative to the middle."""
    body = measures()
    eyes = np.mean([rest.heads[body_model().bone(f"eye.{side}")] for side in "LR"], axis=0)
    adult = np.mean([body.rest.heads[body_model().bone(f"eye.{side}")] for side in "LR"], axis=0)
    own = body.head & (ears | ~body.ear) & (body.places[:, 2] > adult[2] - 0.075)
    skin = rest.vertices[:NUM_BODY][own]
    scale = float((skin[:, 2].max() - eyes[2]) / (body.places[own][:, 2].max() - adult[2]))
    centre = np.array([0.0, eyes[1] + 0.079 * scale, eyes[2] + 0.016 * scale])
    return centre, scale, skin - centre


def _near_radius(skin: Float[np.ndarray, "n 3"], ways: Float[np.ndarray, "r c 3"]) -> Float[np.ndarray, "r c"]:
    """How far the skin is in each direction."""
    away = np.linalg.norm(skin, axis=1)
    _, nearest = cKDTree(skin / away[:, None]).query(ways, k=5)
    return away[nearest].mean(2)


@lru_cache(maxsize=2)
def _sphere(num: int) -> Float[np.ndarray, "n 3"]:
    """Directions spread evenly (a Fibonacci spiral)."""
    height = 1 - 2 * (np.arange(num) + 0.5) / num
    turn = np.arange(num) * np.pi * (3 - np.sqrt(5))
    across = np.sqrt(1 - height**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)
