"""Names -> hair, hats, brows and lashes with their textures; what is hair is grey and dyed later."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from layerpose.data.synth.builtin import cloth
from layerpose.data.synth.builtin.garment import Part, Sewn, Spots, sew
from layerpose.data.synth.builtin.hair import Ball, Dome, hairline
from layerpose.data.synth.builtin.shell import Shell
from layerpose.data.synth.builtin.skin import eyeballs
from layerpose.data.synth.builtin.tailoring import measures
from layerpose.data.synth.wardrobe import Painted

FACE_OPEN_DEG = 66.0
"""Long hair leaves this much free to either side of the nose."""
BROW_BOX_M = (0.009, 0.062, 0.914, 0.948)
"""Inner and outer end, lowest and highest place of a brow's patch on the adult body."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """A way to wear hair."""

    gender: str
    offset_m: float
    drop_m: float = 0.0
    flare: float = 0.0
    bun_m: float = 0.0
    fringe_deg: float = 0.0
    """How far a fringe falls over the forehead."""
    jag_deg: float = 4.0
    """How uneven the hairline is."""


HAIR = {
    "short01": Style(gender="male", offset_m=0.016),
    "short02": Style(gender="any", offset_m=0.020, fringe_deg=7, jag_deg=7),
    "short04": Style(gender="male", offset_m=0.007, jag_deg=3),
    "curly01": Style(gender="any", offset_m=0.038, jag_deg=7),
    "bob01": Style(gender="female", offset_m=0.020, drop_m=0.105, flare=0.05, fringe_deg=12),
    "long01": Style(gender="female", offset_m=0.018, drop_m=0.21, flare=-0.02),
    "long02": Style(gender="female", offset_m=0.022, drop_m=0.165, flare=0.1),
    "bun01": Style(gender="female", offset_m=0.012, bun_m=0.036),
}
HATS = {"beanie": (0.022, 68.0), "skullcap": (0.011, 60.0)}
"""Thickness and lowest ring in front."""
BROWS = {"straight": (0.10, 0.16), "arched": (0.30, 0.13), "thin": (0.24, 0.09), "bushy": (0.16, 0.21)}
"""Rise of the arch and half thickness, in heights of the patch."""
LASHES = {"short": 1.13, "long": 1.19}
"""Outer edge in radii of the eyeball."""


def hair(name: str) -> Sewn:
    """A cap of hair, with a curtain or a bun if the style has one."""
    style = HAIR[name]
    dome = Dome(
        offset_m=style.offset_m,
        end_deg=148,
        drop_m=style.drop_m,
        flare=style.flare,
        line=lambda azimuth: _ends(style, azimuth),
    )
    parts = [Part(shape=dome, piece=0, paint=cloth.jersey)]
    if style.bun_m:
        parts.append(Part(shape=Ball(radius_m=style.bun_m), piece=0, paint=cloth.jersey))
    return _with_texture(name, "hair", parts, lambda size: _paint_hair(name, style, dome, min(size, 640)))


def hat(name: str) -> Sewn:
    """A woollen hat."""
    offset, end = HATS[name]
    return sew(
        name,
        "clothes",
        (Part(shape=Dome(offset_m=offset, end_deg=end, line=None, tilt=0.55), piece=0, paint=_wool, area=(0.9, 0.4)),),
    )


def brows(name: str) -> Sewn:
    """Two patches on the brow ridges."""
    near, far, low, high = BROW_BOX_M
    x, y, z = measures().places.T
    fields = [np.abs(x) - near, far - np.abs(x), z - low, high - z, np.where(y < -0.09, 1.0, -1.0)]
    shell = Shell(fields, np.full(len(x), 0.0008), rounds=0, hems=False)
    points = shell.points @ measures().places
    shell.uv = np.stack([(np.abs(points[:, 0]) - near) / (far - near), (points[:, 2] - low) / (high - low)], 1)[
        shell.faces
    ]
    shell.hidden = shell.hidden[:0]
    rise, half = BROWS[name]
    return _with_texture(
        name, "eyebrows", [Part(shape=shell, piece=0, paint=cloth.jersey)], lambda _size: _paint_brow(name, rise, half)
    )


def lashes(name: str) -> Sewn:
    """A dark line on the upper lids."""
    places = measures().places
    away, above = np.full(len(places), 9.0), np.zeros(len(places))
    for centre, radius in eyeballs():
        own = np.linalg.norm(places - centre, axis=1) / radius
        above = np.where(own < away, (places[:, 2] - centre[2]) / radius - 0.05, above)
        away = np.minimum(away, own)
    shell = Shell([LASHES[name] - away, above], np.full(len(places), 0.0006), rounds=0, hems=False)
    shell.uv = np.full_like(shell.uv, 0.5)
    shell.hidden = shell.hidden[:0]
    return _with_texture(name, "eyelashes", [Part(shape=shell, piece=0, paint=cloth.jersey)], _paint_lash)


def _with_texture(name: str, kind: str, parts: list[Part], paint: Callable[[int], UInt8[np.ndarray, "h w 4"]]) -> Sewn:
    starts = np.cumsum([0, *(part.shape.weights().shape[0] for part in parts)])
    faces = np.concatenate([part.shape.faces + start for part, start in zip(parts, starts, strict=False)])
    return Sewn(
        name=name, kind=kind, parts=tuple(parts), faces=faces.astype(np.int32),
        uv=np.concatenate([part.shape.uv for part in parts]), hidden=np.empty(0, dtype=np.int64),
        textures=(Painted(name=f"{kind}/{name}", paint=paint),),
    )  # fmt: skip


def _ends(style: Style, azimuth: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    ends = hairline(azimuth) + style.fringe_deg * np.exp(-((azimuth / 45) ** 4))
    return np.where(azimuth > FACE_OPEN_DEG, 400.0, ends) if style.drop_m else ends


def _paint_hair(name: str, style: Style, dome: Dome, size: int) -> UInt8[np.ndarray, "h w 4"]:
    """Strands from the crown downwards; between their ends the skin shows."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    row = np.linspace(0, len(dome.polar) - 1, size)
    polar = np.interp(row, np.arange(len(dome.polar)), dome.polar)[:, None]
    drop = np.interp(row, np.arange(len(dome.polar)), dome.drops)[:, None]
    azimuth = np.abs(np.linspace(-180, 180, size))[None]
    strands = np.zeros((size, size), dtype=np.float32)
    for width, strength in ((1.0, 0.5), (3.0, 0.7), (9.0, 0.6)):
        few = rng.standard_normal((6 + int(24 / width), size), dtype=np.float32)
        noise = cv2.resize(
            cv2.GaussianBlur(few, (0, 0), width, sigmaY=0.5), (size, size), interpolation=cv2.INTER_CUBIC
        )
        strands += strength * noise / noise.std()
    if name.startswith("curly"):
        noise = cv2.GaussianBlur(rng.standard_normal((size, size), dtype=np.float32), (0, 0), 5)
        strands = 0.4 * strands + 1.1 * noise / noise.std()
    jag = cv2.GaussianBlur(rng.standard_normal((1, size)), (0, 0), 1.5)
    jag = style.jag_deg * (jag / np.abs(jag).max())
    ends = _ends(style, azimuth[0])[None] + jag
    solid = polar < ends
    if style.drop_m:
        solid &= drop < style.drop_m * (0.93 + 0.06 * jag / style.jag_deg)
    shine = 0.25 * np.exp(-(((polar + 0.3 * jag - 42) / 12) ** 2))
    root = 1 - 0.25 * np.clip(1 - (ends - polar) / 12, 0, 1)
    grey = (0.5 * (1 + 0.2 * strands + shine) * root).clip(0.05, 1)
    out = np.repeat((grey * 255).astype(np.uint8)[..., None], 4, axis=2)
    out[..., 3] = np.where(solid, 255, 0)
    return out


def _paint_brow(name: str, rise: float, half: float) -> UInt8[np.ndarray, "h w 4"]:
    """Short strokes along an arch that thins outwards."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    height, width = 128, 256
    row, column = np.mgrid[:height, :width]
    u, v = (column + 0.5) / width, 1 - (row + 0.5) / height
    middle = 0.36 + rise * np.sin(np.pi * np.clip(u * 1.15, 0, 1)) + 0.04 * u
    thick = half * np.clip(u / 0.12, 0, 1) ** 0.5 * np.clip((0.97 - u) / 0.6, 0, 1) ** 0.6
    strokes = cv2.GaussianBlur(rng.standard_normal((height, width), dtype=np.float32), (0, 0), 3.5, sigmaY=0.8)
    inside = thick - np.abs(v - middle) + 0.03 * strokes / strokes.std()
    grey = (0.5 + 0.08 * strokes / strokes.std()).clip(0.1, 1)
    out = np.repeat((grey * 255).astype(np.uint8)[..., None], 4, axis=2)
    out[..., 3] = np.where(inside > 0, 255, 0)
    return out


def _paint_lash(_size: int) -> UInt8[np.ndarray, "h w 4"]:
    return np.full((4, 4, 4), (128, 128, 128, 255), dtype=np.uint8)


def _wool(spots: Spots) -> Float[np.ndarray, "n 3"]:
    """Ribs from the crown down, a turned-up rim."""
    turn, height = spots.uv.T
    ribs = 1 + 0.12 * np.sin(turn * 2 * np.pi * 90)
    grey = cloth.CLOTH * ribs * np.where(height < 0.22, 1.06, 0.97) * cloth.line(height - 0.22, 0.012, 0.6)
    return np.repeat((grey * (1 + 0.03 * spots.grain))[:, None], 3, axis=1)
