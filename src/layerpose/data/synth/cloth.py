"""A garment's texture -> the same cut in other colours, patterns and prints.

Patterns are drawn in the metres of the body, not in texture space, so that stripes run on across seams and a print sits
on the chest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from layerpose.body.model import Rest, body_model
from layerpose.data.synth.people import Colour, cloth_colour
from layerpose.data.synth.wardrobe import Garment, read_texture
from layerpose.maps.raster import draw, interpolate
from layerpose.motion.posing import ADULT

SMALLEST_REGION = 150
"""Connected pieces of a garment with fewer vertices (buttons, buckles) keep their colour."""
GREY_RANGE = 0.06
"""Cloth whose channels differ by less is grey."""
WORDS = ("SUN", "RIVER", "NORTH", "GO", "87", "23", "TEAM", "LUNA", "WILD", "05", "JAZZ", "PEAK", "OK", "ECHO", "KITE")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Of every texel of a garment: its piece (-1: none), its place on the body, its relative brightness."""

    pieces: Int[np.ndarray, "h w"]
    places: Float[np.ndarray, "h w 3"]
    front: Bool[np.ndarray, "h w"]
    shade: Float[np.ndarray, "h w"]
    num_pieces: int


MOST_CUTS = 24
"""Cuts kept in memory; the oldest goes first."""
_CUTS: dict[tuple[Garment, int], Cut] = {}


def restyle(garment: Garment, size: int, rng: np.random.Generator) -> UInt8[np.ndarray, "h w 4"]:
    """The garment's texture, each piece kept, shifted in hue, or dyed and patterned."""
    texture = read_texture(garment.textures[rng.integers(len(garment.textures))], size)
    cut = _cut(garment, texture.shape[0])
    colours = texture[..., :3].astype(np.float32) / 255
    for piece in range(cut.num_pieces):
        rows, columns = np.nonzero(cut.pieces == piece)
        if len(rows) == 0:
            continue
        own = colours[rows, columns]
        places = cut.places[rows, columns].astype(np.float32)
        choice = rng.random()
        if choice < 0.08:
            continue
        if choice < 0.35 and not (garment.undyed and _is_grey(own)):
            colours[rows, columns] = _shift(own, rng)
            continue
        top = float(np.median(places[:, 2])) > hip_height() + 0.02
        dye = np.broadcast_to(np.array(cloth_colour(rng), dtype=np.float32), own.shape)
        if rng.random() < (0.55 if top else 0.15):
            dye = _pattern(places, dye, rng)
        if top and rng.random() < 0.35:
            dye = _print(places, cut.front[rows, columns], dye, rng)
        colours[rows, columns] = dye * cut.shade[rows, columns][:, None]
    out = texture.copy()
    out[..., :3] = (colours.clip(0, 1) * 255).astype(np.uint8)
    return out


def _is_grey(colours: Float[np.ndarray, "n 3"]) -> bool:
    """No hue that could be shifted."""
    middle = np.median(colours, axis=0)
    return float(middle.max() - middle.min()) < GREY_RANGE


def dye_hair(texture: UInt8[np.ndarray, "h w 4"], colour: Colour) -> UInt8[np.ndarray, "h w 4"]:
    """Hair, brows or lashes in another colour; light and dark strands stay."""
    solid = texture[..., 3] > 100
    grey = texture[..., :3].astype(np.float32).mean(-1)
    mean = max(float(grey[solid].mean()), 8.0) if solid.any() else 128.0
    relative = (0.25 + 0.75 * grey / mean).clip(0.3, 1.9)
    out = texture.copy()
    out[..., :3] = (relative[..., None] * np.array(colour, dtype=np.float32) * 255).clip(0, 255).astype(np.uint8)
    return out


def _shift(colours: Float[np.ndarray, "n 3"], rng: np.random.Generator) -> Float[np.ndarray, "n 3"]:
    """Turn the hue (a rotation about grey), scale saturation and brightness."""
    angle, saturation, gain = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.1), rng.uniform(0.6, 1.3)
    cosine, sine = np.cos(angle), np.sin(angle)
    third, root = (1 - cosine) / 3, sine / np.sqrt(3)
    matrix = np.full((3, 3), third) + np.eye(3) * cosine + root * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    grey = np.full((3, 3), 1 / 3)
    return colours @ np.float32((grey + saturation * (matrix - grey)) * gain).T


def _pattern(
    places: Float[np.ndarray, "n 3"], dye: Float[np.ndarray, "n 3"], rng: np.random.Generator
) -> Float[np.ndarray, "n 3"]:
    """A second colour in stripes, checks, dots, blocks, blotches or a gradient."""
    second = np.array(cloth_colour(rng), dtype=np.float32)
    x, y, z = places.T
    around = np.arctan2(x, -y) * 0.15
    period = float(np.exp(rng.uniform(np.log(0.025), np.log(0.14))))
    duty = rng.uniform(0.25, 0.6)
    match rng.choice(["rings", "bars", "diagonal", "checks", "tartan", "dots", "block", "blotches", "gradient"]):
        case "rings":
            share = (z / period) % 1 < duty
        case "bars":
            share = (around / period) % 1 < duty
        case "diagonal":
            share = ((z + around * rng.choice([-1, 1])) / period) % 1 < duty
        case "checks":
            share = ((z / period) % 1 < 0.5) ^ ((around / period) % 1 < 0.5)
        case "tartan":
            share = 0.5 * (((z / period) % 1 < duty).astype(np.float32) + ((around / period) % 1 < duty))
        case "dots":
            row = np.floor(z / period)
            share = ((z / period % 1 - 0.5) ** 2 + ((around / period + row * 0.5) % 1 - 0.5) ** 2) < duty**2 / 3
        case "block":
            share = z > np.quantile(z, rng.uniform(0.3, 0.75) if z.mean() > hip_height() else 0.97)
        case "blotches":
            waves = rng.normal(size=(6, 3)) * rng.uniform(12, 40)
            share = np.sin(places @ waves.T.astype(np.float32) + rng.uniform(0, 6, size=6)).sum(1) > rng.uniform(
                -0.5, 1
            )
        case _:
            low, high = np.quantile(z, [0.02, 0.98])
            share = ((z - low) / max(high - low, 1e-3)).clip(0, 1)
    share = np.asarray(share, dtype=np.float32)[:, None]
    return dye * (1 - share) + second * share


def _print(
    places: Float[np.ndarray, "n 3"],
    front: Bool[np.ndarray, "n"],
    dye: Float[np.ndarray, "n 3"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "n 3"]:
    """A picture or word on the chest, on the heart's side, or on the back."""
    picture = np.asarray(_draw_print(rng), dtype=np.float32) / 255
    on_back = rng.random() < 0.3
    small = not on_back and rng.random() < 0.4
    side = rng.uniform(0.06, 0.1) if small else rng.uniform(0.14, 0.28)
    middle = (0.09 if small else 0.0, chest_height() + rng.uniform(-0.06, 0.08))
    across = (middle[0] - places[:, 0]) if on_back else (places[:, 0] - middle[0])
    column = ((across / side + 0.5) * picture.shape[1]).astype(np.int64)
    row = (((middle[1] - places[:, 2]) / side + 0.5) * picture.shape[0]).astype(np.int64)
    inside = (row >= 0) & (row < picture.shape[0]) & (column >= 0) & (column < picture.shape[1]) & (front != on_back)
    out = dye.copy()
    ink = picture[row[inside], column[inside]]
    out[inside] = out[inside] * (1 - ink[:, 3:]) + ink[:, :3] * ink[:, 3:]
    return out


def _draw_print(rng: np.random.Generator) -> Image.Image:
    """A square RGBA picture: shapes, a word, or a photo-like gradient."""
    side = 128
    picture = Image.new("RGBA", (side, side))
    draw_on = ImageDraw.Draw(picture)
    ink, other = ((*(int(255 * x) for x in cloth_colour(rng)), 255) for _ in range(2))
    kind = rng.choice(["word", "disc", "star", "frame", "bars", "mosaic"])
    if kind == "word":
        word = WORDS[rng.integers(len(WORDS))]
        font = ImageFont.load_default(size=int(min(100, 200 / len(word))))
        draw_on.text((side / 2, side / 2), word, font=font, anchor="mm", fill=ink, stroke_width=2)
    elif kind == "disc":
        draw_on.ellipse((8, 8, 120, 120), fill=ink)
        draw_on.ellipse((36, 36, 92, 92), fill=other)
    elif kind == "star":
        angles = np.arange(10) * np.pi / 5
        radii = np.where(np.arange(10) % 2, 24, 60)
        draw_on.polygon(
            [(64 + r * np.sin(a), 64 - r * np.cos(a)) for a, r in zip(angles, radii, strict=True)], fill=ink
        )
    elif kind == "frame":
        draw_on.rectangle((6, 24, 122, 104), fill=other, outline=ink, width=10)
        draw_on.text(
            (64, 64), WORDS[rng.integers(len(WORDS))], font=ImageFont.load_default(size=34), anchor="mm", fill=ink
        )
    elif kind == "bars":
        for i, left in enumerate(range(10, 118, 18)):
            draw_on.rectangle((left, 20 + 8 * (i % 4), left + 9, 110), fill=ink if i % 2 else other)
    else:
        cells = (rng.random((4, 4, 3)) * 255).astype(np.uint8)
        picture = Image.fromarray(cells).resize((side, side), Image.Resampling.BICUBIC).convert("RGBA")
    return picture


def _cut(garment: Garment, size: int) -> Cut:
    key = (garment, size)
    if key not in _CUTS:
        while len(_CUTS) >= MOST_CUTS:
            del _CUTS[next(iter(_CUTS))]
        _CUTS[key] = _make_cut(garment, size)
    return _CUTS[key]


def _make_cut(garment: Garment, size: int) -> Cut:
    worn = garment.fit(_adult())
    a, b, c = garment.faces.T
    links = coo_matrix((np.ones(len(a) * 2), (np.r_[a, b], np.r_[b, c])), (len(worn), len(worn)))
    _, piece_of_vertex = connected_components(links, directed=False)
    sizes = np.bincount(piece_of_vertex)
    large = np.flatnonzero(sizes >= SMALLEST_REGION)
    number = np.full(len(sizes), -1)
    number[large] = 0 if garment.name.startswith("shoes") else np.arange(len(large))
    pieces_of_faces = number[piece_of_vertex[a]]
    if garment.pieces is not None:
        pieces_of_faces = garment.pieces
    elif len(large) == 1:
        pieces_of_faces = _split_at_hips(garment, worn)
    corners = np.concatenate([garment.uv.reshape(-1, 2) * [size, -size] + [0, size], np.zeros((a.size * 3, 1))], axis=1)
    flat = torch.as_tensor(corners, dtype=torch.float32)
    faces = torch.arange(len(corners), dtype=torch.int32).reshape(-1, 3)
    hit = draw(flat, faces, torch.zeros(len(faces), dtype=torch.int32), num_parts=1, height=size, width=size).nearest()
    spots = torch.as_tensor(worn[garment.faces.reshape(-1)], dtype=torch.float32)
    places = interpolate(hit.triangle, flat, faces, spots).numpy()
    triangle = hit.triangle.numpy()
    normals = np.cross(worn[b] - worn[a], worn[c] - worn[a])
    pieces = np.where(triangle >= 0, pieces_of_faces[triangle], -1)
    front = (normals[:, 1] < 0)[triangle]
    gutter, nearest = cast(tuple, distance_transform_edt(triangle < 0, return_indices=True))
    rows, columns = nearest
    pieces = np.where(gutter < 6, pieces[rows, columns], -1)
    grey = read_texture(garment.textures[0], size)[..., :3].astype(np.float32).mean(-1) / 255
    shade = np.ones_like(grey)
    num_pieces = int(pieces_of_faces.max()) + 1
    for piece in range(num_pieces):
        own = pieces == piece
        if own.any():
            shade[own] = ((0.12 + grey[own]) / (0.12 + np.median(grey[own]))).clip(0.45, 1.5) ** 0.8
    return Cut(
        pieces=pieces.astype(np.int8), places=places[rows, columns].astype(np.float16), front=front[rows, columns],
        shade=shade.astype(np.float32), num_pieces=num_pieces,
    )  # fmt: skip


def _split_at_hips(garment: Garment, worn: Float[np.ndarray, "g 3"]) -> Int[np.ndarray, "f"]:
    """A one-piece garment that covers the legs: its texture's islands below the hips are trousers (1)."""
    corners, island_corner = np.unique(garment.uv.reshape(-1, 2).round(6), axis=0, return_inverse=True)
    a, b, c = island_corner.reshape(-1, 3).T
    links = coo_matrix((np.ones(len(a) * 2), (np.r_[a, b], np.r_[b, c])), (len(corners), len(corners)))
    count, island = connected_components(links, directed=False)
    middles = worn[garment.faces].mean(1)[:, 2]
    low = np.array([np.median(middles[island[a] == i]) < hip_height() for i in range(count)])
    return low[island[a]].astype(np.int64)


def chest_height() -> float:
    """Height of the breastbone on the body on which patterns are drawn."""
    return float(_adult().heads[body_model().bone("spine01"), 2]) + 0.02


def hip_height() -> float:
    """Height of the hips on the body on which patterns are drawn."""
    return float(_adult().heads[0, 2])


@lru_cache(maxsize=1)
def _adult() -> Rest:
    return body_model().rest(np.array(ADULT))
