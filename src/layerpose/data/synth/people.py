"""Seed -> who a synthetic person is: body shape, skin, eyes, hair, outfit, shoes. Always an adult, always dressed."""

from __future__ import annotations

import colorsys
import zlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from layerpose.data.synth.wardrobe import Wardrobe

MIN_AGE = 0.62
PAINTED_ON = "special_suit"
"""Skins with clothes painted on are not used."""
HAT_HAIR = (None, "short04")
"""Hair that fits under a hat."""
SPLIT_RULE = (
    "by person: of every 20, numbers 9 and 18 are test, 19 is val, the others train;"
    " no clip and no pair of skin and outfit in two splits"
)
HAIR_COLOURS = {
    "black": (0.035, 0.03, 0.03), "dark brown": (0.10, 0.065, 0.045), "brown": (0.20, 0.12, 0.07),
    "light brown": (0.34, 0.22, 0.13), "auburn": (0.33, 0.13, 0.06), "blond": (0.62, 0.46, 0.26),
    "pale blond": (0.78, 0.66, 0.45), "grey": (0.45, 0.45, 0.45), "white": (0.78, 0.77, 0.75),
}  # fmt: skip
"""Mean colours, sRGB 0..1."""

Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Person:
    """The recipe of one person; everything else follows from it and the asset folder."""

    phenotype: tuple[float, ...]
    skin: str
    skin_tint: Colour
    eyes: str
    brows: str
    lashes: str
    hair: str | None
    hair_colour: Colour
    outfit: str
    shoes: str
    hat: str | None
    style_seed: int
    """Seeds colours and patterns of the clothes."""


def split_of(index: int) -> str:
    """The split of a person: of 20, two are test and one is validation."""
    return {9: "test", 18: "test", 19: "val"}.get(index % 20, "train")


def split_of_name(name: str) -> str:
    """The split of a combination of clothes: about 12 % test, 8 % validation, by a hash of the name."""
    place = zlib.crc32(name.encode()) % 25
    return "test" if place < 3 else "val" if place < 5 else "train"


def sample_person(wardrobe: Wardrobe, split: str, rng: np.random.Generator) -> Person:
    """Draw a person; no pair of skin and outfit occurs in two splits."""
    female = bool(rng.random() < 0.5)
    word = "female" if female else "male"
    phenotype = _sample_phenotype(female, rng)
    age = ("young", "middleage", "old")[int(np.digitize(phenotype[1], [0.76, 0.88]))]
    skins = [name for name in wardrobe.names("skins", gender=word) if PAINTED_ON not in name]
    outfits = [name for name in wardrobe.names("clothes") if "suit" in name and (female or name.startswith("male"))]
    pairs = [(skin, outfit) for skin in skins for outfit in outfits if split_of_name(f"{skin}+{outfit}") == split]
    weights = np.array([_likelihood(skin, outfit, age, word) for skin, outfit in pairs])
    skin, outfit = pairs[rng.choice(len(pairs), p=weights / weights.sum())]
    hair = _pick(_hair_styles(wardrobe, female), rng)
    hat = None
    if rng.random() < 0.08:
        hat = _pick(wardrobe.names("clothes", tag="Hats"), rng)
        hair = HAT_HAIR[rng.integers(2)] if not female else "short04"
    elif not female and rng.random() < 0.08:
        hair = None
    return Person(
        phenotype=phenotype, skin=skin, skin_tint=_skin_tint(skin, rng),
        eyes=_pick(wardrobe.names("eyes"), rng), brows=_pick(wardrobe.names("eyebrows"), rng),
        lashes=_pick(wardrobe.names("eyelashes"), rng), hair=hair, hair_colour=_hair_colour(skin, age, rng),
        outfit=outfit, shoes=_pick(wardrobe.names("clothes", tag="Shoes"), rng), hat=hat,
        style_seed=int(rng.integers(2**31)),
    )  # fmt: skip


def cloth_colour(rng: np.random.Generator) -> Colour:
    """A colour that cloth may have: often black, white, grey, navy or beige."""
    if rng.random() < 0.45:
        plain = ((0.08, 0.08, 0.09), (0.9, 0.9, 0.88), (0.5, 0.5, 0.52), (0.12, 0.15, 0.3), (0.76, 0.68, 0.54),
                 (0.3, 0.22, 0.16), (0.28, 0.3, 0.24))  # fmt: skip
        jitter = rng.normal(scale=0.03, size=3)
        return _colour(np.clip(np.array(plain[rng.integers(len(plain))]) + jitter, 0.03, 0.95))
    return colorsys.hsv_to_rgb(rng.random(), 0.1 + 0.75 * rng.beta(1.6, 1.8), rng.uniform(0.2, 0.9))


def _sample_phenotype(female: bool, rng: np.random.Generator) -> tuple[float, ...]:
    gender = rng.beta(1.2, 6)
    age = MIN_AGE + (1 - MIN_AGE) * rng.beta(1.0, 1.8)
    build = np.clip(rng.normal(0.5, 0.2, size=4), 0.05, 0.95)
    return (float(1 - gender if female else gender), float(age), *(float(x) for x in build))


def _likelihood(skin: str, outfit: str, age: str, word: str) -> float:
    """Skins of the person's age are preferred, dark ones count double (there are few), outfits of the own sex too."""
    weight = 1.0 if skin.startswith(age) else 0.25
    weight *= 2.2 if "dark" in skin else 1.0
    return weight * (1.0 if outfit.startswith(word) else 0.45 if "casual" in outfit or "work" in outfit else 0.1)


def _hair_styles(wardrobe: Wardrobe, female: bool) -> list[str]:
    styles = wardrobe.names("hair", gender="female" if female else "male")
    return styles + (["short02", "short04"] if female else ["long01"])


def _skin_tint(skin: str, rng: np.random.Generator) -> Colour:
    """Gains on linear light; between a skin and a darker or lighter one."""
    level = float(np.exp(rng.normal(0.1 if "dark" in skin else -0.12, 0.22)))
    red = float(np.exp(rng.normal(0, 0.05)))
    return (min(level * red, 1.25), min(level, 1.25), min(level / red, 1.25))


def _hair_colour(skin: str, age: str, rng: np.random.Generator) -> Colour:
    if age == "old" and rng.random() < 0.7:
        names = ["grey", "white"]
    elif "dark" in skin:
        names = ["black", "black", "dark brown"]
    else:
        names = list(HAIR_COLOURS)[: 7 if age != "middleage" else 8]
    colour = np.array(HAIR_COLOURS[_pick(names, rng)]) * np.exp(rng.normal(scale=0.12))
    return _colour(colour.clip(0.02, 0.95))


def _colour(values: Float[np.ndarray, "3"]) -> Colour:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _pick(names: list[str], rng: np.random.Generator) -> str:
    return names[rng.integers(len(names))]
