"""MakeHuman asset folder -> garments that fit any body: the border to .mhclo, .obj and texture files."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image, UnidentifiedImageError

from layerpose.body.model import Rest, body_model

FILE_AXIS_TO_BODY = (0, 2, 1)
"""x, y, z of a .mhclo (left, up, forward) lie along these body axes (forward is -y)."""
SCALE_WITHOUT_REFERENCE = 0.1


@dataclass(frozen=True, kw_only=True)
class Painted:
    """A texture that code draws, at whatever size is asked for; the name says all about it."""

    name: str
    paint: Callable[[int], UInt8[np.ndarray, "h w 4"]] = field(compare=False, repr=False)


Texture = Path | Painted


@dataclass(frozen=True, kw_only=True, eq=False)
class Garment(ABC):
    """Clothes, shoes, hats, hair, brows or lashes that fit any body."""

    name: str
    kind: str
    hidden: Int[np.ndarray, "n"]
    """Base vertices that the garment covers."""
    faces: Int[np.ndarray, "f 3"]
    uv: Float[np.ndarray, "f 3 2"]
    textures: tuple[Texture, ...]
    pieces: Int[np.ndarray, "f"] | None = None
    """Which triangles are dyed alike; -1: they keep their colour. None: the connected pieces."""
    undyed: bool = False
    """What is grey in its texture waits for a dye."""
    behind_m: float | None = None
    """How far from the viewer it is drawn behind its place; None: what its kind needs."""

    @abstractmethod
    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The garment on a body, in its rest pose."""

    @abstractmethod
    def weights(self) -> Float[np.ndarray, "g j"]:
        """Skinning weights."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FileGarment(Garment):
    """A garment of an asset folder, tied to the base mesh's vertices."""

    anchors: Int[np.ndarray, "g 3"]
    shares: Float[np.ndarray, "g 3"]
    offsets: Float[np.ndarray, "g 3"]
    references: tuple[tuple[int, int, float] | None, ...]
    """For x, y and z of the file: base vertices A and B and their reference distance."""

    def fit(self, rest: Rest) -> Float[np.ndarray, "g 3"]:
        """The garment on a body, in its rest pose."""
        scales = np.full(3, SCALE_WITHOUT_REFERENCE)
        for axis, reference in enumerate(self.references):
            if reference is not None:
                a, b, distance = reference
                along = FILE_AXIS_TO_BODY[axis]
                scales[axis] = abs(rest.vertices[a, along] - rest.vertices[b, along]) / distance
        x, y, z = (self.offsets * scales).T
        return (rest.vertices[self.anchors] * self.shares[..., None]).sum(1) + np.stack([x, -z, y], axis=1)

    def weights(self) -> Float[np.ndarray, "g j"]:
        """Skinning weights, carried over from the base mesh."""
        carried = np.einsum("gk,gkj->gj", self.shares.astype(np.float32), body_model().weights[self.anchors])
        carried = carried.clip(0)
        return carried / carried.sum(1, keepdims=True)


class Wardrobe:
    """An asset folder: what is in it by kind, and the garments, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        manifest = folder / "MANIFEST.json"
        if not manifest.is_file():
            raise ValueError(f"{folder} is no asset folder: it has no MANIFEST.json; expected MakeHuman's base assets")
        try:
            self.entries: list[dict[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))["assets"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{manifest} cannot be read ({error}); copy the asset folder again") from error
        self._garments: dict[tuple[str, str], Garment] = {}

    def names(self, kind: str, *, gender: str | None = None, tag: str | None = None) -> list[str]:
        """Names of the assets of a kind, in order; with `gender` those meant for it or for any."""
        return sorted(
            entry["name"]
            for entry in self.entries
            if entry["kind"] == kind
            and (gender is None or entry["gender"] in (gender, "any"))
            and (tag is None or tag in (entry.get("tags") or []))
        )

    def texture(self, kind: str, name: str) -> Texture:
        """The texture of a skin or of eyes."""
        return self._present(self.folder / kind / f"{name}.webp")

    def garment(self, kind: str, name: str) -> Garment:
        """A garment by kind (clothes, hair, eyebrows, eyelashes) and name."""
        if (kind, name) not in self._garments:
            folder = self.folder / kind / name
            clothes, mesh = (self._present(folder / f"{name}.{ending}") for ending in ("mhclo", "obj"))
            try:
                parts = _read_mhclo(clothes.read_text(encoding="utf-8", errors="replace"))
                faces, uv = _read_obj(mesh.read_text(encoding="utf-8", errors="replace"))
            except (ValueError, IndexError) as error:
                raise ValueError(f"{folder} is damaged ({error}); copy the asset folder again") from error
            textures = tuple(sorted(folder.glob("*.webp")))
            if not textures:
                raise ValueError(f"{folder} has no texture; copy the asset folder again")
            self._garments[kind, name] = FileGarment(
                name=name, kind=kind, faces=faces, uv=uv, textures=textures, **parts
            )
        return self._garments[kind, name]

    def _present(self, path: Path) -> Path:
        if not path.is_file():
            raise ValueError(f"{path} is missing; copy the asset folder again")
        return path


@lru_cache(maxsize=96)
def read_texture(texture: Texture, size: int) -> UInt8[np.ndarray, "h w 4"]:
    """A texture as RGBA, at most `size` pixels a side; not to be written to."""
    if isinstance(texture, Painted):
        return texture.paint(size)
    try:
        picture = Image.open(texture).convert("RGBA")
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f"the texture {texture} cannot be read ({error}); copy the asset folder again") from error
    if max(picture.size) > size:
        picture = picture.resize((size, size), Image.Resampling.BOX)
    return np.asarray(picture)


def _read_mhclo(text: str) -> dict[str, Any]:
    references: list[tuple[int, int, float] | None] = [None, None, None]
    rows: list[list[float]] = []
    hidden: list[int] = []
    section = ""
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("x_scale", "y_scale", "z_scale"):
            references["xyz".index(words[0][0])] = (int(words[1]), int(words[2]), float(words[3]))
        elif words[0] in ("verts", "delete_verts"):
            section = words[0]
        elif section == "verts" and (words[0].isdigit() or words[0].startswith("-")):
            rows.append([float(word) for word in words])
        elif section == "delete_verts" and words[0].isdigit():
            hidden += _read_ranges(words)
        elif words[0][0].isalpha() and section == "delete_verts":
            section = ""
    if not rows:
        raise ValueError("it has no vertices")
    whole = [row if len(row) >= 9 else [row[0]] * 3 + [1.0, 0, 0, 0, 0, 0] for row in rows]
    table = np.array([row[:9] for row in whole])
    return {
        "anchors": table[:, :3].astype(np.int64),
        "shares": table[:, 3:6],
        "offsets": table[:, 6:9],
        "references": tuple(references),
        "hidden": np.array(sorted(set(hidden)), dtype=np.int64),
    }


def _read_ranges(words: list[str]) -> list[int]:
    """``3 7 - 12 20`` -> 3, 7 .. 12, 20."""
    numbers: list[int] = []
    position = 0
    while position < len(words):
        if words[position] == "-":
            numbers += range(numbers[-1] + 1, int(words[position + 1]) + 1)
            position += 1
        else:
            numbers.append(int(words[position]))
        position += 1
    return numbers


def _read_obj(text: str) -> tuple[Int[np.ndarray, "f 3"], Float[np.ndarray, "f 3 2"]]:
    coordinates: list[list[float]] = []
    faces: list[list[int]] = []
    corners: list[list[int]] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "vt":
            coordinates.append([float(words[1]), float(words[2])])
        elif words[0] == "f":
            pairs = [[int(number) - 1 for number in word.split("/")[:2]] for word in words[1:]]
            for i in range(1, len(pairs) - 1):
                fan = (pairs[0], pairs[i], pairs[i + 1])
                faces.append([pair[0] for pair in fan])
                corners.append([pair[1] for pair in fan])
    return np.array(faces, dtype=np.int32), np.array(coordinates)[np.array(corners)]
