"""Names -> clothes: tops, bottoms and shoes as lines of a cut on the body, and which go together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from layerpose.data.synth.builtin import cloth
from layerpose.data.synth.builtin.garment import Paint, Part, Sewn, sew
from layerpose.data.synth.builtin.loft import Shoe, Skirt
from layerpose.data.synth.builtin.shell import Shell, Slice
from layerpose.data.synth.builtin.tailoring import measures

Field = Float[np.ndarray, "v"]
FAR_M = 1.0
ARM_M, LEG_M = 0.29, 0.45
"""Length of an upper arm and of a thigh."""
OVERLAP_M = 0.06
"""How far the waist of a bottom goes on under the top."""
WAIST_M = 0.27
"""Height of a skirt's waist on the adult body."""
TUCK_M = 0.1
"""How far a tucked top goes on under the waist of a skirt."""
TUCKED_M = 0.003
UNDER_TOP_M = 0.007
"""A top is at least this much further off the skin than the bottom it covers."""


@dataclass(frozen=True, kw_only=True)
class Top:
    """A shirt, sweater or jacket."""

    paint: Paint
    offset_m: float
    cuff_offset_m: float
    sleeve: float
    """Along the arm: 1 is the elbow, 2 the wrist; None of it (0): the shoulder's edge."""
    hem_m: float
    """Height of the lower edge on the adult body (its hips are at 0.16)."""
    rounds: int
    neck: str = "crew"
    collar_m: float = 0.0
    tucked: bool = False
    """Under the waist of a skirt."""


@dataclass(frozen=True, kw_only=True)
class Bottom:
    """Trousers or shorts, or, with a flare, a skirt."""

    paint: Paint
    offset_m: float
    cuff_offset_m: float
    end: float
    """Along the leg: 1 is the knee, 2 the ankle."""
    rounds: int = 6
    flare: float | None = None


TOPS = {
    "tshirt": Top(paint=cloth.jersey, offset_m=0.008, cuff_offset_m=0.014, sleeve=0.62, hem_m=0.15, rounds=8),
    "vneck": Top(paint=cloth.jersey, offset_m=0.007, cuff_offset_m=0.009, sleeve=0.5, hem_m=0.17, rounds=8, neck="v"),
    "tank": Top(paint=cloth.jersey, offset_m=0.006, cuff_offset_m=0.006, sleeve=0, hem_m=0.15, rounds=6, neck="scoop"),
    "longsleeve": Top(paint=cloth.jersey, offset_m=0.006, cuff_offset_m=0.006, sleeve=1.93, hem_m=0.16, rounds=7),
    "sweater": Top(paint=cloth.knit, offset_m=0.013, cuff_offset_m=0.012, sleeve=1.93, hem_m=0.15, rounds=14),
    "shirt": Top(
        paint=cloth.shirt, offset_m=0.010, cuff_offset_m=0.009, sleeve=1.92, hem_m=0.13, rounds=9, collar_m=0.028
    ),
    "jacket": Top(
        paint=cloth.jacket, offset_m=0.016, cuff_offset_m=0.012, sleeve=1.92, hem_m=0.14, rounds=14, collar_m=0.035
    ),
}
BOTTOMS = {
    "jeans": Bottom(paint=cloth.denim, offset_m=0.005, cuff_offset_m=0.014, end=1.92),
    "trousers": Bottom(paint=cloth.chino, offset_m=0.006, cuff_offset_m=0.019, end=1.93, rounds=8),
    "sweatpants": Bottom(paint=cloth.sweats, offset_m=0.008, cuff_offset_m=0.014, end=1.86, rounds=10),
    "shorts": Bottom(paint=cloth.chino, offset_m=0.007, cuff_offset_m=0.018, end=0.72, rounds=8),
    "skirt": Bottom(paint=cloth.skirt, offset_m=0.012, cuff_offset_m=0.012, end=0.82, flare=0.11),
    "pencilskirt": Bottom(paint=cloth.skirt, offset_m=0.011, cuff_offset_m=0.012, end=0.85, flare=0.02),
}
SOLE_EDGE_M = 0.010
"""Height of the sole's upper edge above the bare foot's ground."""
SHOES = {"trainers": (-0.005, 0.012), "hightops": (0.05, 0.012), "boots": (0.2, 0.016)}
"""Height of the opening above the ankle and of the sole, in metres."""


def outfit(name: str, top_name: str, bottom_name: str) -> Sewn:
    """A top and a bottom; the same cloth above and below a skirt's waist makes a dress."""
    top, bottom = TOPS[top_name], BOTTOMS[bottom_name]
    if bottom.flare is not None:
        top = replace(top, hem_m=WAIST_M - TUCK_M, tucked=True)
        parts = [_top(top), *_bottom(bottom, WAIST_M)]
    else:
        parts = [_top(top), *_bottom(bottom, top.hem_m + OVERLAP_M)]
    if top.collar_m:
        parts.insert(1, _collar(top))
    return sew(name, "clothes", tuple(parts))


def dress(name: str, top_name: str) -> Sewn:
    """A top that goes on as a skirt, in one cloth."""
    waist = 0.31
    top, bottom = replace(TOPS[top_name], hem_m=waist - TUCK_M, tucked=True), BOTTOMS["skirt"]
    skirt = Part(
        shape=Skirt(waist_m=waist, hem=bottom.end, flare=bottom.flare or 0, offset_m=0.010),
        piece=0, paint=cloth.belted, area=(0.75, 0.4),
    )  # fmt: skip
    return sew(name, "clothes", (_top(top), skirt, _under(bottom.end, waist, piece=0)))


def shoes(name: str) -> Sewn:
    """A pair of shoes; low ones over socks."""
    shaft, sole = SHOES[name.removeprefix("shoes_")]
    upper, below = (cloth.boot, cloth.dark_sole) if shaft > 0.1 else (cloth.trainer, cloth.sole)
    parts = []
    for side in "LR":
        shoe = Shoe(side, shaft_m=shaft, sole_m=sole, offset_m=0.006)
        height = shoe.fit(measures().rest)[:, 2] - measures().places[:, 2].min() - SOLE_EDGE_M
        parts.append(Part(shape=Slice(shoe, height), piece=0, paint=upper, area=(0.9, 0.36)))
        parts.append(Part(shape=Slice(shoe, -height), piece=-1, paint=below, area=(0.9, 0.06)))
    if shaft < 0.1:
        body = measures()
        fields = [np.where(body.leg > 0, (body.leg - 1.74) * LEG_M, -FAR_M)]
        parts.append(_shell_part(fields, np.full(len(body.places), 0.0025), 0, -1, cloth.sock))
    return sew(name, "clothes", tuple(parts), behind_m=0.0)


def _top(top: Top) -> Part:
    fields = _top_fields(top)
    return _shell_part(
        fields, _top_offset(top), top.rounds, 0, top.paint, np.minimum(2 * fields[0], np.min(fields[1:], 0))
    )


def _top_fields(top: Top) -> list[Field]:
    """Neckline, sleeves, lower edge."""
    body = measures()
    x, y, z = body.places.T
    away = np.hypot(x, y + 0.028)
    low, outside = 0.72 + 0.35 * y - z, away - 0.078
    crew = np.minimum(0.757 - z, 0.5 * (low + outside + np.hypot(low - outside, 0.012)))
    neck = {
        "crew": crew,
        "v": np.minimum(crew, np.where(y < 0, 0.60 + 1.9 * np.abs(x) - z, FAR_M)),
        "scoop": np.minimum(
            0.75 - z, np.where(y < 0, np.hypot(x, 0.75 * (z - 0.72)) - 0.088, np.maximum(away - 0.085, 0.68 - z))
        ),
    }[top.neck]
    if top.sleeve:
        sleeve = np.where(body.arm > -0.5, (top.sleeve - body.arm) * ARM_M, FAR_M)
    else:
        sleeve = np.where(
            z > 0.45, 0.152 - 0.25 * np.clip(z - 0.6, 0, 1) - np.abs(x), np.where(body.arm > 0.1, -FAR_M, FAR_M)
        )
    return [neck, sleeve, np.where(body.arm > 0.5, FAR_M, z - top.hem_m)]


def _top_offset(top: Top) -> Field:
    body = measures()
    sleeve = np.clip(body.arm / max(top.sleeve, 0.4), 0, 1)
    offset = top.offset_m + sleeve * (top.cuff_offset_m - top.offset_m)
    height = body.places[:, 2]
    if top.tucked:
        low = np.clip((top.hem_m + TUCK_M + 0.1 - height) / 0.08, 0, 1) * (body.arm < 0.5)
        return offset + low * (TUCKED_M - offset)
    low = np.clip((0.33 - height) / 0.12, 0, 1) * (body.arm < 0.5)
    return np.maximum(offset, low * (0.006 + UNDER_TOP_M))


def _collar(top: Top) -> Part:
    """A band round the neck, open in front."""
    body = measures()
    x, y, z = body.places.T
    height = z - 0.3 * (y + 0.02)
    fields = [
        0.082 - np.hypot(x, y + 0.028), 0.722 + top.collar_m - height, height - 0.705,
        np.where(y < -0.02, np.abs(x) - 0.010 - 0.4 * (height - 0.71), FAR_M),
    ]  # fmt: skip
    return _shell_part(fields, np.full(len(x), top.offset_m + 0.004), top.rounds, 0, cloth.jersey)


def _bottom(bottom: Bottom, waist: float) -> list[Part]:
    if bottom.flare is not None:
        shape = Skirt(waist_m=waist, hem=bottom.end, flare=bottom.flare, offset_m=0.01)
        return [
            Part(shape=shape, piece=1, paint=bottom.paint, area=(0.7, 0.36)),
            _under(bottom.end, waist - 0.02, piece=1),
        ]
    body = measures()
    down = np.clip(body.leg / bottom.end, 0, 1) ** 1.5
    offset = bottom.offset_m + down * (bottom.cuff_offset_m - bottom.offset_m)
    return [_shell_part(_leg_fields(bottom.end, waist), offset, bottom.rounds, 1, bottom.paint)]


def _under(end: float, waist: float, *, piece: int) -> Part:
    """Shorts below a skirt, in its colour: when people squat, they show."""
    offset = np.full(len(measures().places), 0.002)
    return _shell_part(_leg_fields(end - 0.3, waist), offset, 0, piece, cloth.lining)


def _leg_fields(end: float, waist: float) -> list[Field]:
    body = measures()
    return [
        np.where(body.arm > -0.5, -FAR_M, waist - body.places[:, 2]),
        np.where(body.leg > -0.5, (end - body.leg) * LEG_M, FAR_M),
    ]


def _shell_part(
    fields: list[Field], offset: Field, rounds: int, piece: int, paint: Paint, edge_m: Field | None = None
) -> Part:
    body = measures()
    shell = Shell(fields, offset, rounds=rounds)
    edge = np.min(fields, axis=0) if edge_m is None else edge_m
    marks = shell.points @ np.stack([body.arm, body.leg, edge], axis=1)
    return Part(shape=shell, piece=piece, paint=paint, marks=np.asarray(marks))
