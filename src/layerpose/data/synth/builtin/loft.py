"""Rings round the body -> a tube over it: skirts, shoes, boots; each ring is the convex outline of what is in it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from layerpose.body.model import Rest, body_model
from layerpose.data.synth.builtin.tailoring import NUM_BODY, hanging, measures

NEAREST = 8
"""Skin vertices whose mean skinning weights a vertex of a tube gets."""
LEGS_FREE = 0.8
"""Up to where along the leg a skirt takes its skinning weights from the skin."""
WAIST_SHARPNESS = 12.0
SPREAD = 2
"""Columns over which the weights of a skirt are evened out."""


class Skirt:
    """A closed cone from the waist to a share of the thigh (1: the knee)."""

    columns, rings = 72, 20

    def __init__(self, *, waist_m: float, hem: float, flare: float, offset_m: float) -> None:
        """`waist_m`: height of the upper edge on the adult body; `flare`: metres wider a metre further down."""
        self.hem, self.flare, self.offset_m = hem, flare, offset_m
        self.faces, self.uv = grid(self.rings, self.columns)
        body = measures()
        torso, height = body.arm < 0, body.places[:, 2]
        self._waist = np.flatnonzero(torso & (np.abs(height - waist_m) < 0.02))
        self.hidden = np.flatnonzero(torso & (height < waist_m - 0.02) & (body.leg < hem - 0.3))

    def _heights(self, rest: Rest) -> Float[np.ndarray, "r"]:
        model = body_model()
        hip, knee = (rest.heads[model.bone(bone), 2] for bone in ("upperleg01.L", "lowerleg01.L"))
        return np.linspace(rest.vertices[self._waist, 2].mean(), hip + self.hem * (knee - hip), self.rings)

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The skirt on a body."""
        body = measures()
        skin = rest.vertices[:NUM_BODY][body.arm < 0]
        heights = self._heights(rest)
        middle = np.array([0.0, rest.heads[0, 1] - 0.01])
        angles = _angles(self.columns)
        rows = []
        for height in heights:
            near = np.abs(skin[:, 2] - height) < 0.022
            rows.append(outline(skin[near][:, :2] - middle, angles) + self.offset_m)
        radius = np.maximum.accumulate(np.array(rows)) + self.flare * (heights[0] - heights)[:, None]
        ring = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
        flat = radius[..., None] * ring + middle
        top = self._top(rest.vertices[self._waist] - [*middle, heights[0]], angles)
        lift = np.linspace(1, 0, self.rings)[:, None] ** 2 * top
        return np.concatenate([flat, (heights[:, None] + lift)[..., None]], axis=2).reshape(-1, 3)

    def _top(self, waist: Float[np.ndarray, "n 3"], angles: Float[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
        """How much higher than its mean the waist is in each direction: other bodies' waists are not level."""
        turn = np.arctan2(waist[:, 0], -waist[:, 1])[None] - angles[:, None]
        near = np.exp((np.cos(turn) - 1) * WAIST_SHARPNESS)
        return near @ waist[:, 2] / near.sum(1)

    def weights(self) -> Float[np.ndarray, "g j"]:
        """Those of the nearest skin of hips and thighs, evened out round the ring."""
        body = measures()
        free = (body.arm < 0) & (body.leg < LEGS_FREE)
        found = _nearest_weights(self.fit(body.rest), free).reshape(self.rings, self.columns, -1)
        even = np.mean([np.roll(found, shift, axis=1) for shift in range(-SPREAD, SPREAD + 1)], axis=0)
        return even.reshape(-1, even.shape[-1])


class Shoe:
    """A shoe or boot on one foot: rings fan out round the instep, from the shaft over the heel to the toes."""

    columns = 40

    def __init__(self, side: str, *, shaft_m: float, sole_m: float, offset_m: float) -> None:
        """`shaft_m`: height of the opening above the ankle joint (negative: below it)."""
        self.side, self.shaft_m, self.sole_m, self.offset_m = side, shaft_m, sole_m, offset_m
        fan = np.linspace(0, 90, 13)
        shaft = -np.linspace(1, 0, max(int(shaft_m / 0.02), 0) + 1)[:-1]
        self._rings = np.r_[shaft, fan, 90 + np.array([0.12, 0.25, 0.4, 0.55, 0.68, 0.8, 0.89, 0.96, 0.99, 1.0])]
        self.faces, self.uv = grid(len(self._rings), self.columns)
        body = measures()
        where, _, _ = self._place(body.rest)
        self.hidden = np.flatnonzero(self._foot())[where > self._rings[0] + (0.1 if len(shaft) else 6)]

    def _foot(self) -> Bool[np.ndarray, "v"]:
        bones = hanging(f"lowerleg01.{self.side}")
        return body_model().weights[:NUM_BODY, bones].sum(1) > 0.5

    def _frame(self, rest: Rest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The point round which the rings turn, the way forward and the way across (both level)."""
        model = body_model()
        ankle = rest.heads[model.bone(f"foot.{self.side}")]
        toes = np.mean([rest.heads[model.bone(f"toe{i}-1.{self.side}")] for i in (1, 2, 3, 4)], axis=0)
        forward = (toes - ankle) * [1, 1, 0]
        length = np.linalg.norm(forward)
        forward /= length
        across = np.array([-forward[1], forward[0], 0.0])
        pivot = ankle + forward * 0.42 * length + [0, 0, min(self.shaft_m, 0.02)]
        return pivot, forward, across

    def _place(self, rest: Rest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of every skin vertex of the foot: its ring, how far from the pivot, how far across."""
        pivot, forward, across = self._frame(rest)
        local = rest.vertices[:NUM_BODY][self._foot()] - pivot
        ahead, up = local @ forward, local[:, 2]
        fan = np.rad2deg(np.arctan2(-up, -ahead))
        shaft = max(self.shaft_m - 0.02, 1e-3)
        below = up <= 0
        ring = np.where(below, np.where(ahead > 0, 90 + ahead / ahead[below].max(), fan), -up / shaft)
        away = np.where(below, np.where(ahead > 0, -up, np.hypot(ahead, up)), -ahead)
        return ring, away, local @ across

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The shoe on a body."""
        pivot, forward, across = self._frame(rest)
        ring, away, aside = self._place(rest)
        local = rest.vertices[:NUM_BODY][self._foot()] - pivot
        ahead = (local @ forward)[local[:, 2] <= 0].max()
        angles = _angles(self.columns)
        rows = []
        for where in self._rings:
            toe = where > 90
            width = 0.09 if toe else 9.0 if where >= 0 else 0.15
            near = np.abs(ring - (min(where, 90.93) if toe else where)) < width
            if not toe:
                near &= (ring >= -0.01) & (ring <= 90.1) if where >= 0 else ring < 3
            points = np.stack([away[near], aside[near]], axis=1)
            centre = (points.max(0) + points.min(0)) / 2
            radius = outline(points - centre, angles) + self.offset_m
            shrink = np.sqrt(max(1 - max((where - 90.8) / 0.2, 0) ** 2, 0)) if toe else 1.0
            plane = centre + shrink * radius[:, None] * np.stack([np.sin(angles), -np.cos(angles)], axis=1)
            if toe:
                reach = (where - 90) * (ahead + self.offset_m)
                local = np.stack([np.full(len(plane), reach), plane[:, 1], -plane[:, 0]], axis=1)
            elif where >= 0:
                turn = np.deg2rad(where)
                local = np.stack([-np.cos(turn) * plane[:, 0], plane[:, 1], -np.sin(turn) * plane[:, 0]], axis=1)
            else:
                height = -where * max(self.shaft_m - 0.02, 1e-3)
                local = np.stack([-plane[:, 0], plane[:, 1], np.full(len(plane), height)], axis=1)
            rows.append(local)
        grid_points = np.concatenate(rows)
        ground = rest.vertices[:NUM_BODY, 2].min() - pivot[2]
        grid_points[:, 2] -= self.sole_m * np.clip(1 - (grid_points[:, 2] - ground) / 0.02, 0, 1)
        grid_points[:, 2] = np.maximum(grid_points[:, 2], ground - self.sole_m)
        return pivot + grid_points @ np.stack([forward, across, [0, 0, 1.0]])

    def weights(self) -> Float[np.ndarray, "g j"]:
        """Those of the nearest skin of the foot."""
        return _nearest_weights(self.fit(measures().rest), self._foot())


def grid(rows: int, columns: int, *, closed: bool = True) -> tuple[Int[np.ndarray, "f 3"], Float[np.ndarray, "f 3 2"]]:
    """Triangles of rows of vertices, the columns a ring if closed; u runs along the columns, v up from the last row."""
    row, column = np.divmod(np.arange((rows - 1) * columns), columns)
    if not closed:
        row, column = row[column < columns - 1], column[column < columns - 1]
    corners = np.stack([row, column, row + 1, column, row + 1, column + 1, row, column + 1], axis=1).reshape(-1, 4, 2)
    index = corners[..., 0] * columns + corners[..., 1] % columns
    uv = np.stack([corners[..., 1] / (columns - (not closed)), 1 - corners[..., 0] / (rows - 1)], axis=2)
    order = [[0, 1, 2], [0, 2, 3]]
    return index[:, order].reshape(-1, 3).astype(np.int32), uv[:, order].reshape(-1, 3, 2)


def outline(points: Float[np.ndarray, "n 2"], angles: Float[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
    """Distance from the origin to the points' convex hull in each direction (0: along -y, then towards +x)."""
    ways = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    support = (points @ ways.T).max(0)
    cosine = ways @ ways.T
    return np.where(cosine > 0.15, support / np.maximum(cosine, 0.15), np.inf).min(1)


@lru_cache(maxsize=4)
def _angles(columns: int) -> Float[np.ndarray, "m"]:
    return np.arange(columns) * 2 * np.pi / columns


def _nearest_weights(points: Float[np.ndarray, "g 3"], among: Bool[np.ndarray, "v"]) -> Float[np.ndarray, "g j"]:
    body = measures()
    _, nearest = cKDTree(body.places[among]).query(points, k=NEAREST)
    weights = body_model().weights[:NUM_BODY][among][nearest].mean(1)
    return weights / weights.sum(1, keepdims=True)
