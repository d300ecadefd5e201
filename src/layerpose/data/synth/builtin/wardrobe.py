"""Names -> garments, skins and eyes that code draws: what stands in where there is no asset folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from layerpose.data.synth.builtin.clothes import BOTTOMS, SHOES, TOPS, dress, outfit, shoes
from layerpose.data.synth.builtin.eyes import IRISES, paint_eyes
from layerpose.data.synth.builtin.skin import SKINS, paint_skin
from layerpose.data.synth.builtin.styles import BROWS, HAIR, HATS, LASHES, brows, hair, hat, lashes
from layerpose.data.synth.wardrobe import Garment, Painted, Texture, Wardrobe

DRESSES = ("vneck", "tank", "longsleeve")


class BuiltinWardrobe(Wardrobe):
    """What code can draw, under the names by which people are sampled."""

    def __init__(self) -> None:
        self._garments: dict[tuple[str, str], Garment] = {}
        self._outfits = {
            f"{'female' if BOTTOMS[bottom].flare is not None else 'male'}_casualsuit_{top}_{bottom}": (top, bottom)
            for top in TOPS for bottom in BOTTOMS if top != "jacket" or BOTTOMS[bottom].flare is None
        }  # fmt: skip
        self.entries = [
            *(_entry("clothes", name) for name in self._outfits),
            *(_entry("clothes", f"female_elegantsuit_dress_{top}") for top in DRESSES),
            *(_entry("clothes", f"shoes_{name}", tags=["Shoes"]) for name in SHOES),
            *(_entry("clothes", name, tags=["Hats"]) for name in HATS),
            *(_entry("hair", name, gender=style.gender) for name, style in HAIR.items()),
            *(_entry("eyebrows", name) for name in BROWS),
            *(_entry("eyelashes", name) for name in LASHES),
            *(_entry("skins", name, gender=skin.gender) for name, skin in SKINS.items()),
            *(_entry("eyes", name) for name in IRISES),
        ]

    def texture(self, kind: str, name: str) -> Texture:
        """The texture of a skin or of eyes."""
        paint = {"skins": paint_skin, "eyes": paint_eyes}[kind]
        return Painted(name=f"{kind}/{name}", paint=lambda size: paint(name, size))

    def garment(self, kind: str, name: str) -> Garment:
        """A garment by kind (clothes, hair, eyebrows, eyelashes) and name."""
        if (kind, name) not in self._garments:
            self._garments[kind, name] = self._make(kind, name)
        return self._garments[kind, name]

    def _make(self, kind: str, name: str) -> Garment:
        if kind != "clothes":
            return {"hair": hair, "eyebrows": brows, "eyelashes": lashes}[kind](name)
        if name in self._outfits:
            return outfit(name, *self._outfits[name])
        if name in HATS:
            return hat(name)
        return shoes(name) if name.startswith("shoes") else dress(name, name.rpartition("_")[2])


@lru_cache(maxsize=4)
def open_wardrobe(assets: Path | None) -> Wardrobe:
    """The asset folder's wardrobe, or without one the built-in."""
    return BuiltinWardrobe() if assets is None else Wardrobe(assets)


def _entry(kind: str, name: str, *, gender: str = "any", tags: list[str] | None = None) -> dict[str, object]:
    return {"kind": kind, "name": name, "gender": gender, "tags": tags or []}
