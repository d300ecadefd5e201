"""Person -> one textured mesh: skin, eyes, hair and clothes joined, all that does not change with the pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.sparse import csr_matrix

from layerpose.body.model import Rest, body_model
from layerpose.body.parts import triangles_to_parts
from layerpose.data.synth.cloth import dye_hair, restyle
from layerpose.data.synth.people import Person
from layerpose.data.synth.wardrobe import Garment, Wardrobe, read_texture

EYES = {"left": (14598, 14670), "right": (14670, 14742)}
"""Base vertices of the eyeballs, first and one past the last."""
EYE_CENTRES = {"left": (0.7045, 0.7038), "right": (0.2962, 0.3004)}
EYE_RADIUS = (0.242, 0.2435)
BEHIND_M = {"shoes": 0.009, "eyebrows": -0.003, "eyelashes": -0.003}
"""How far from the viewer a garment is drawn behind its place, so that what lies over it covers it."""
GLOSS = {"skin": (0.035, 18.0), "eyes": (0.25, 60.0), "shoes": (0.06, 25.0), "hair": (0.06, 14.0)}
"""Strength and sharpness of the highlight; other materials have none."""


@dataclass(frozen=True, kw_only=True)
class Dressed:
    """A dressed person in the rest pose."""

    rest: Rest
    vertices: Float[np.ndarray, "n 3"]
    weights: Float[np.ndarray, "n j"]
    faces: Int[np.ndarray, "f 3"]
    parts: Int[np.ndarray, "f"]
    """Index into `PARTS` for every triangle, clothes included."""
    incidence: csr_matrix
    """Vertex x face: sums the faces' normals at the vertices."""
    uv: Float[np.ndarray, "f 3 2"]
    materials: Int[np.ndarray, "f"]
    bias: Float[np.ndarray, "f"]
    texels: UInt8[np.ndarray, "t 4"]
    shapes: Int[np.ndarray, "m 4"]
    """Per material: first texel, width, height, 1 if its texture has holes."""
    tints: Float[np.ndarray, "m 3"]
    gloss: Float[np.ndarray, "m 2"]


@dataclass(frozen=True, kw_only=True)
class _Piece:
    vertices: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    texture: np.ndarray
    kind: str
    see_through: bool
    behind_m: float = 0.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


def dress(person: Person, wardrobe: Wardrobe, texture_size: int) -> Dressed:
    """Put the clothes on."""
    rest = body_model().rest(np.array(person.phenotype))
    rng = np.random.default_rng(person.style_seed)
    outfit = wardrobe.garment("clothes", person.outfit)
    shoes = wardrobe.garment("clothes", person.shoes)
    worn = [outfit, shoes]
    pieces = [
        _wear(outfit, rest, "clothes", restyle(outfit, texture_size, rng)),
        _wear(shoes, rest, "shoes", restyle(shoes, texture_size // 2, rng)),
    ]
    if person.hat:
        hat = wardrobe.garment("clothes", person.hat)
        worn.append(hat)
        pieces.append(_wear(hat, rest, "clothes", restyle(hat, texture_size // 2, rng)))
    strands = [("eyebrows", person.brows, 0.7), ("eyelashes", person.lashes, 0.3)]
    if person.hair:
        strands.append(("hair", person.hair, 1.0))
    for kind, name, darker in strands:
        hair = wardrobe.garment(kind, name)
        texture = read_texture(hair.textures[0], texture_size if kind == "hair" else texture_size // 2)
        red, green, blue = person.hair_colour
        dyed = dye_hair(texture, (red * darker, green * darker, blue * darker))
        pieces.append(_wear(hair, rest, kind, dyed))
        if kind == "hair":
            worn.append(hair)
    hidden = np.concatenate([garment.hidden for garment in worn])
    pieces += _naked(person, wardrobe, rest, hidden, texture_size)
    return _join(rest, pieces)


def _wear(garment: Garment, rest: Rest, kind: str, texture: np.ndarray) -> _Piece:
    return _Piece(
        vertices=garment.fit(rest), weights=_weights(garment), faces=garment.faces, uv=garment.uv, texture=texture,
        kind=kind, see_through=bool((texture[..., 3] < 110).any()),
        behind_m=BEHIND_M.get(kind, 0.0) if garment.behind_m is None else garment.behind_m,
    )  # fmt: skip


_WEIGHTS: dict[Garment, np.ndarray] = {}


def _weights(garment: Garment) -> np.ndarray:
    if garment not in _WEIGHTS:
        _WEIGHTS[garment] = garment.weights()
    return _WEIGHTS[garment]


def _naked(person: Person, wardrobe: Wardrobe, rest: Rest, hidden: np.ndarray, texture_size: int) -> list[_Piece]:
    """Skin that no garment hides, and the eyes."""
    model = body_model()
    covered = np.zeros(len(rest.vertices), dtype=bool)
    covered[hidden] = True
    first, last = EYES["left"][0], EYES["right"][1]
    eye = (model.faces >= first).all(1) & (model.faces < last).all(1)
    bare = ~covered[model.faces].all(1) & ~eye
    skin = _part(rest, model.faces[bare], model.uv[model.uv_faces[bare]])
    eyes = _part(rest, model.faces[eye], eye_uv()[model.faces[eye]])
    texture = read_texture(wardrobe.texture("skins", person.skin), texture_size)
    iris = read_texture(wardrobe.texture("eyes", person.eyes), 512)
    return [
        _Piece(**skin, texture=texture, kind="skin", see_through=False, tint=person.skin_tint),
        _Piece(**eyes, texture=iris, kind="eyes", see_through=False),
    ]


def _part(rest: Rest, faces: np.ndarray, uv: np.ndarray) -> dict[str, Any]:
    used, corners = np.unique(faces, return_inverse=True)
    weights = body_model().weights[used]
    return {"vertices": rest.vertices[used], "weights": weights, "faces": corners.reshape(-1, 3), "uv": uv}


def eye_uv() -> Float[np.ndarray, "v 2"]:
    """Texture coordinates of the eyeballs, by base vertex: seen from the front, the right eye mirrored."""
    template = body_model().template
    coordinates = np.zeros((len(template), 2))
    for side, (first, last) in EYES.items():
        points = template[first:last]
        low, high = points.min(0), points.max(0)
        centre, radius = (low + high) / 2, (high[0] - low[0]) / 2
        sign = 1 if side == "left" else -1
        coordinates[first:last, 0] = EYE_CENTRES[side][0] + sign * EYE_RADIUS[0] * (points[:, 0] - centre[0]) / radius
        coordinates[first:last, 1] = EYE_CENTRES[side][1] + EYE_RADIUS[1] * (points[:, 2] - centre[2]) / radius
    return coordinates


def _join(rest: Rest, pieces: list[_Piece]) -> Dressed:
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    faces = np.concatenate([p.faces + start for p, start in zip(pieces, starts, strict=False)]).astype(np.int32)
    texels = np.cumsum([0, *(p.texture.shape[0] * p.texture.shape[1] for p in pieces)])
    num, total = len(faces), int(starts[-1])
    incidence = csr_matrix(
        (np.ones(num * 3, dtype=np.float32), (faces.reshape(-1), np.repeat(np.arange(num), 3))), (total, num)
    )
    counts = [len(piece.faces) for piece in pieces]
    shapes = [
        (start, p.texture.shape[1], p.texture.shape[0], p.see_through) for p, start in zip(pieces, texels, strict=False)
    ]
    weights = np.concatenate([p.weights for p in pieces]).astype(np.float32)
    return Dressed(
        rest=rest,
        vertices=np.concatenate([p.vertices for p in pieces]).astype(np.float32),
        weights=weights,
        faces=faces,
        parts=triangles_to_parts(weights, body_model().bone_parts, faces),
        incidence=incidence,
        uv=np.concatenate([p.uv for p in pieces]).astype(np.float32),
        materials=np.repeat(np.arange(len(pieces), dtype=np.int32), counts),
        bias=np.repeat(np.array([p.behind_m for p in pieces], dtype=np.float32), counts),
        texels=np.concatenate([p.texture.reshape(-1, 4) for p in pieces]),
        shapes=np.array(shapes, dtype=np.int32),
        tints=np.array([p.tint for p in pieces], dtype=np.float32),
        gloss=np.array([GLOSS.get(p.kind, (0.0, 1.0)) for p in pieces], dtype=np.float32),
    )
