"""Tone, sex and age -> skin texture: cheeks, lips, nostrils, lids, stubble, scalp, placed on the adult body's face."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from layerpose.data.synth.builtin.garment import LARGEST_PX, lay_out
from layerpose.data.synth.builtin.hair import hairline, skull_centre
from layerpose.data.synth.builtin.tailoring import measures

MOUTH_M = 0.8303
"""Height of the line between the lips on the adult body."""
LIP_HALF_WIDTH_M = 0.026
NOSTRIL_M = (0.0085, 0.8515)
LIDS = (1.02, 1.55)
"""Shares of the eyeball's radius within which the skin round it darkens."""


@dataclass(frozen=True, kw_only=True)
class Skin:
    """One skin: mean colour (sRGB, 0..1), whose it is."""

    colour: tuple[float, float, float]
    gender: str
    age: str


TONES = {
    "light": (0.86, 0.67, 0.58), "fair": (0.82, 0.61, 0.50), "olive": (0.72, 0.53, 0.41),
    "brown": (0.58, 0.40, 0.30), "dark": (0.41, 0.27, 0.20), "verydark": (0.29, 0.19, 0.145),
}  # fmt: skip
SKINS = {
    f"{age}_{tone}_{gender}": Skin(colour=colour, gender=gender, age=age)
    for age in ("young", "middleage", "old") for tone, colour in TONES.items() for gender in ("female", "male")
}  # fmt: skip


def paint_skin(name: str, size: int) -> UInt8[np.ndarray, "h w 4"]:
    """The whole body's skin."""
    skin, size = SKINS[name], min(size, LARGEST_PX)
    chart = _chart(size)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    base = np.array(skin.colour, dtype=np.float32)
    out = np.broadcast_to(base, (size, size, 3)) * _mottle(size, rng)[..., None]
    out = _blush(out, chart)
    face = chart.face
    out[face] = _face(out[face], chart.places[face], skin)
    solid = np.full((size, size, 1), 255, dtype=np.uint8)
    return np.concatenate([(out.clip(0, 1) * 255).astype(np.uint8), solid], axis=2)


@dataclass(frozen=True, kw_only=True)
class _Chart:
    places: Float[np.ndarray, "h w 3"]
    face: np.ndarray
    reddish: Float[np.ndarray, "h w"]


@lru_cache(maxsize=2)
def _chart(size: int) -> _Chart:
    """Where on the adult body each texel lies."""
    body = measures()
    joints = np.exp(-(((body.arm - 1) / 0.12) ** 2)) + np.exp(-(((body.leg - 1) / 0.12) ** 2)) + (body.arm > 2.25)
    values = np.concatenate([body.places, (joints + 0.8 * body.ear)[:, None], body.head[:, None]], axis=1)
    triangle, spots = lay_out(body.uv, values[body.faces.reshape(-1)], size)
    return _Chart(places=spots[..., :3], face=(spots[..., 4] > 0.02) & (triangle >= 0), reddish=spots[..., 3])


def _mottle(size: int, rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Uneven colour and pores."""
    coarse = cv2.resize(rng.standard_normal((24, 24)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(rng.standard_normal((size, size), dtype=np.float32), (0, 0), 0.8)
    return 1 + 0.018 * coarse + 0.03 * fine


def _blush(colours: Float[np.ndarray, "h w 3"], chart: _Chart) -> Float[np.ndarray, "h w 3"]:
    """Redder elbows, knees, hands and ears."""
    return colours * (1 + chart.reddish[..., None] * np.array([0.01, -0.06, -0.05], dtype=np.float32))


def _face(colours: Float[np.ndarray, "n 3"], places: Float[np.ndarray, "n 3"], skin: Skin) -> Float[np.ndarray, "n 3"]:
    x, y, z = places.T
    side = np.abs(x)
    front = np.clip((-0.06 - y) / 0.03, 0, 1)
    cheeks = front * _bump(side - 0.045, 0.022) * _bump(z - 0.868, 0.02) + 0.6 * front * _bump(x, 0.012) * _bump(
        z - 0.865, 0.01
    )
    out = colours * (1 + cheeks[:, None] * np.array([0.03, -0.10, -0.08]))
    out = _eyelids(out, places)
    if skin.gender == "male":
        beard = front * _stubble(side, z)
        out = out * (1 - beard[:, None] * np.array([0.17, 0.14, 0.11]))
    if skin.age != "young":
        out = out * _wrinkles(side, z, 0.5 if skin.age == "middleage" else 1.0)[:, None] ** front[:, None]
    bow = 0.0125 - 0.0022 * _bump(x, 0.004) + 0.0008 * _bump(side - 0.008, 0.004)
    curve = np.clip(1 - (side / LIP_HALF_WIDTH_M) ** 2, 0, 1)
    upper = _edge((bow * curve**0.8 - (z - MOUTH_M)) / 0.002) * (z >= MOUTH_M)
    lower = _edge((0.0135 * curve**0.6 + (z - MOUTH_M)) / 0.002) * (z < MOUTH_M)
    lips = (upper + lower) * (side < LIP_HALF_WIDTH_M) * (y < -0.135)
    red = np.array([0.92, 0.75, 0.75]) if skin.gender == "male" else np.array([0.9, 0.64, 0.66])
    out = out * (1 - lips[:, None] * (1 - red))
    crease = _bump(z - MOUTH_M, 0.0014) * (side < LIP_HALF_WIDTH_M + 0.001) * (y < -0.12)
    nostril = _bump(np.hypot(side - NOSTRIL_M[0], z - NOSTRIL_M[1]), 0.0035) * (y < -0.14)
    under = front * _bump(z - 0.813, 0.004) * _bump(x, 0.015) * 0.25
    inside = (y > -0.148) & (np.abs(z - MOUTH_M) < 0.012) & (side < 0.024) & (y < -0.06)
    out = out * (1 - 0.6 * crease - 0.65 * nostril - under - 0.6 * inside).clip(0.1, 1)[:, None]
    return (out * _scalp(places)[:, None]).astype(np.float32)


def _eyelids(colours: Float[np.ndarray, "n 3"], places: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """A dark rim of lashes, a shade on the upper lid and below the eye."""
    out = colours
    for centre, radius in eyeballs():
        away = np.linalg.norm(places - centre, axis=1) / radius
        above = places[:, 2] > centre[2] - 0.1 * radius
        shade = np.clip((LIDS[1] - away) / (LIDS[1] - LIDS[0]), 0, 1)
        out = out * (1 - shade[:, None] * np.array([0.16, 0.22, 0.22]))
        rim = _edge((np.where(above, 1.09, 1.05) - away) / 0.04)
        out = out * (1 - 0.62 * rim * np.where(above, 1, 0.6))[:, None]
    return out


def eyeballs() -> list[tuple[Float[np.ndarray, "3"], float]]:
    """Middle and radius of the adult body's eyes."""
    found = []
    for first, last in ((14598, 14670), (14670, 14742)):
        points = measures().rest.vertices[first:last]
        low, high = points.min(0), points.max(0)
        found.append(((low + high) / 2, float(high[0] - low[0]) / 2))
    return found


def _stubble(side: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Where a beard grows: jaw, chin, above the lip."""
    jaw = np.clip((0.862 - 0.35 * np.clip(0.06 - side, 0, 1) - z) / 0.03 + 0.3, 0, 1) * np.clip(
        (z - 0.765) / 0.025, 0, 1
    )
    clear = _bump(np.hypot(side / 1.7, z - 0.828), 0.013)
    return jaw * (1 - clear)


def _wrinkles(side: np.ndarray, z: np.ndarray, depth: float) -> np.ndarray:
    """Lines across the forehead and from nose to mouth."""
    forehead = np.clip(np.sin((z + 0.3 * side**2) * 900), 0, 1) ** 3 * _bump(z - 0.956, 0.014) * _bump(side, 0.035)
    smile = _bump(side - 0.021 - 0.5 * np.clip(0.856 - z, 0, 0.03), 0.0022) * _bump(z - 0.843, 0.012)
    return 1 - depth * (0.10 * forehead + 0.16 * smile)


def _scalp(places: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n"]:
    """A grey tint where hair grows."""
    away = places - skull_centre(measures().rest)
    polar = np.rad2deg(np.arctan2(np.hypot(away[:, 0], away[:, 1]), away[:, 2]))
    azimuth = np.abs(np.rad2deg(np.arctan2(away[:, 0], -away[:, 1])))
    return 1 - 0.38 * np.clip((hairline(azimuth) - polar) / 6, 0, 1)


def _bump(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distance / width) ** 2))


def _edge(value: np.ndarray) -> np.ndarray:
    return np.clip(value + 0.5, 0, 1)
