"""Parts -> one garment with one texture: packed side by side, painted by where each texel lies on the body."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from layerpose.body.model import Rest
from layerpose.data.synth.builtin.tailoring import measures
from layerpose.data.synth.wardrobe import Garment, Painted
from layerpose.maps.raster import draw, interpolate

LARGEST_PX = 1024
"""Side of the largest texture that is painted; with the body spread over it a texel is about 2 mm."""
MARGIN = 0.01
GUTTER_PX = 9


@runtime_checkable
class Shape(Protocol):
    """Triangles that know how to lie on any body."""

    faces: Int[np.ndarray, "f 3"]
    uv: Float[np.ndarray, "f 3 2"]
    hidden: Int[np.ndarray, "n"]

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """Where the vertices are on a body."""
        ...

    def weights(self) -> Float[np.ndarray, "g j"]:
        """Skinning weights."""
        ...


@dataclass(frozen=True, kw_only=True)
class Spots:
    """Points of a part, on the adult body in its A-pose."""

    places: Float[np.ndarray, "n 3"]
    arm: Float[np.ndarray, "n"]
    leg: Float[np.ndarray, "n"]
    edge_m: Float[np.ndarray, "n"]
    """About how far from the nearest hem; infinite where a part has none."""
    uv: Float[np.ndarray, "n 2"]
    grain: Float[np.ndarray, "n"]
    """Noise about 0, of deviation 1: the threads of the cloth."""


Paint = Callable[[Spots], Float[np.ndarray, "n 3"]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A shape, how it is dyed (parts of one number alike, -1: not) and how its cloth is painted (sRGB, 0..1)."""

    shape: Shape
    piece: int
    paint: Paint
    marks: Float[np.ndarray, "g 3"] | None = None
    """Along the arm, along the leg, distance from the hem."""
    area: tuple[float, float] | None = None
    """Width and height in the texture; None: as on the body's own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sewn(Garment):
    """A garment of parts."""

    parts: tuple[Part, ...]

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """All parts on a body."""
        return np.concatenate([part.shape.fit(rest) for part in self.parts])

    def weights(self) -> Float[np.ndarray, "g j"]:
        """Those of all parts."""
        return np.concatenate([part.shape.weights() for part in self.parts])


def sew(name: str, kind: str, parts: tuple[Part, ...], *, behind_m: float | None = None) -> Sewn:
    """Join parts into a garment."""
    uv = _pack(parts)
    starts = np.cumsum([0, *(part.shape.weights().shape[0] for part in parts)])
    faces = np.concatenate([part.shape.faces + start for part, start in zip(parts, starts, strict=False)])
    counts = [len(part.shape.faces) for part in parts]
    packed = np.concatenate(uv)
    picture = Painted(name=f"{kind}/{name}", paint=lambda size: _paint(name, parts, packed, min(size, LARGEST_PX)))
    return Sewn(
        name=name, kind=kind, parts=parts, faces=faces.astype(np.int32), uv=packed,
        hidden=np.unique(np.concatenate([part.shape.hidden for part in parts])), textures=(picture,),
        behind_m=behind_m, undyed=True, pieces=np.repeat([part.piece for part in parts], counts),
    )  # fmt: skip


def _pack(parts: tuple[Part, ...]) -> list[Float[np.ndarray, "f 3 2"]]:
    """Parts below each other; each as large as on the body's own texture if there is room."""
    boxes = [(part.shape.uv.reshape(-1, 2).min(0), part.shape.uv.reshape(-1, 2).max(0)) for part in parts]
    sizes = [np.array(part.area or (high - low)) for part, (low, high) in zip(parts, boxes, strict=True)]
    room = 1 - MARGIN * (len(parts) + 1)
    scale = min(1.0, room / sum(size[1] for size in sizes), (1 - 2 * MARGIN) / max(size[0] for size in sizes))
    out, bottom = [], MARGIN
    for part, (low, high), size in zip(parts, boxes, sizes, strict=True):
        out.append((part.shape.uv - low) / (high - low) * size * scale + [MARGIN, bottom])
        bottom += size[1] * scale + MARGIN
    return out


def lay_out(
    uv: Float[np.ndarray, "f 3 2"], values: Float[np.ndarray, "c n"], size: int
) -> tuple[Int[np.ndarray, "h w"], Float[np.ndarray, "h w n"]]:
    """The triangle of every texel, -1 where there is none, and there the values of the triangles' corners, blended."""
    flat = uv.reshape(-1, 2) * [size, -size] + [0, size]
    corners = torch.as_tensor(np.concatenate([flat, np.zeros((len(flat), 1))], axis=1), dtype=torch.float32)
    faces = torch.arange(len(corners), dtype=torch.int32).reshape(-1, 3)
    hit = draw(
        corners, faces, torch.zeros(len(faces), dtype=torch.int32), num_parts=1, height=size, width=size
    ).nearest()
    texels = interpolate(hit.triangle, corners, faces, torch.as_tensor(values, dtype=torch.float32))
    return hit.triangle.numpy(), texels.numpy()


def _paint(name: str, parts: tuple[Part, ...], uv: Float[np.ndarray, "f 3 2"], size: int) -> UInt8[np.ndarray, "h w 4"]:
    triangle, texels = lay_out(uv, np.concatenate([_corner_values(part) for part in parts]), size)
    part_of_face = np.repeat(np.arange(len(parts)), [len(part.shape.faces) for part in parts])
    own = np.where(triangle >= 0, part_of_face[triangle], -1)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    grain = rng.standard_normal((size, size), dtype=np.float32)
    colours = np.zeros((size, size, 3), dtype=np.float32)
    for number, part in enumerate(parts):
        rows, columns = np.nonzero(own == number)
        spot = texels[rows, columns]
        spots = Spots(
            places=spot[:, :3], arm=spot[:, 3], leg=spot[:, 4], edge_m=spot[:, 5], uv=spot[:, 6:],
            grain=grain[rows, columns],
        )  # fmt: skip
        colours[rows, columns] = part.paint(spots)
    out = np.full((size, size, 4), 255, dtype=np.uint8)
    out[..., :3] = (_bleed(colours, own >= 0).clip(0, 1) * 255).astype(np.uint8)
    return out


def _corner_values(part: Part) -> Float[np.ndarray, "c 8"]:
    shape = part.shape
    points = shape.fit(measures().rest)
    marks = np.tile([-1.0, -1.0, 1.0], (len(points), 1)) if part.marks is None else part.marks
    return np.concatenate(
        [np.concatenate([points, marks], axis=1)[shape.faces.reshape(-1)], shape.uv.reshape(-1, 2)], 1
    )


def _bleed(colours: Float[np.ndarray, "h w 3"], solid: np.ndarray) -> Float[np.ndarray, "h w 3"]:
    """Carry the colours a little over the borders of the parts, so that no seam shows."""
    share = cv2.blur(solid.astype(np.float32), (GUTTER_PX, GUTTER_PX))
    spread = cv2.blur(colours, (GUTTER_PX, GUTTER_PX)) / np.maximum(share, 1e-4)[..., None]
    return np.where(solid[..., None], colours, spread)
