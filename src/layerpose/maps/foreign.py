"""What a photo shows of hands and arms -> which of it is something else: clothes on a hand, hair on an arm.

A fit is a few pixels off, and fingers are thin: a hand on a hip has the skirt's colour in part, and would carry it
into the air. Hair that falls over an arm would go with the arm. Neither is shown then, and the other side or what is
near by tells how the place looks.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float

from layerpose.body.model import body_model
from layerpose.maps.hair import FEWEST, STRAY, Told, find_skin, head_vertices, tell_hair
from layerpose.maps.joints import vertex_parts
from layerpose.types import CLASSES

SHADE = 2.0
"""Hands and arms are lit otherwise than the face: their variance is so much larger."""
BARE = 0.8
"""A hand of which more than this share has the face's skin wears no glove, an arm no sleeve, nor does the other."""
SLEEVE = 0.6
"""What covers more than this share of an upper arm is a sleeve, not hair."""
LIKE_CLOTH = 0.3
"""Nor can hair be told from clothes if so much of the trunk looks like it."""
BONES = {"hand": ("wrist", "metacarpal", "finger"), "upper arm": ("shoulder", "upperarm")}


@lru_cache(maxsize=4)
def vertices_of(limb: str, side: str) -> Bool[np.ndarray, "v"]:
    """Skin vertices that follow bones of a limb's part most ("hand", "upper arm") of a side ("L", "R")."""
    model = body_model()
    bones = [name.startswith(BONES[limb]) and name.endswith(f".{side}") for name in model.bone_names]
    return np.array(bones)[np.asarray(model.weights).argmax(1)] & (vertex_parts() > 0)


def find_foreign(colours: Float[np.ndarray, "v 3"], shown: Bool[np.ndarray, "v"]) -> Bool[np.ndarray, "v"]:
    """Which of the vertices that are `shown` have something else's colours; `colours` in -1..1."""
    head, foreign = head_vertices(), np.zeros(len(shown), dtype=bool)
    told = tell_hair(colours[head], shown[head])
    skin = told.skin if told else find_skin(colours[head], shown[head])
    if skin is None:
        return foreign
    hands = [shown & vertices_of("hand", side) for side in "LR"]
    alike = skin.widened(SHADE).distance(colours) < STRAY
    bare = any(hand.sum() >= FEWEST and alike[hand].mean() > BARE for hand in hands)
    for hand in hands:
        foreign |= hand & ~alike & bare
    return foreign | (_find_hair_on_arms(colours, shown, told) if told else False)


def _find_hair_on_arms(
    colours: Float[np.ndarray, "v 3"], shown: Bool[np.ndarray, "v"], told: Told
) -> Bool[np.ndarray, "v"]:
    hair, skin = told.hair.widened(SHADE), told.skin.widened(SHADE)
    alike = (hair.likelihood(colours) > told.skin.likelihood(colours)) & (hair.distance(colours) < STRAY)
    trunk, found = shown & (vertex_parts() == CLASSES.index("torso")), np.zeros_like(shown)
    unlike_cloth = trunk.any() and alike[trunk].mean() <= LIKE_CLOTH
    arms = [shown & vertices_of("upper arm", side) for side in "LR"]
    for arm, other in zip(arms, arms[::-1], strict=True):
        bare = other.sum() >= FEWEST and (~alike & (skin.distance(colours) < STRAY))[other].mean() > BARE
        if (arm & alike).sum() >= FEWEST and (bare or (unlike_cloth and alike[arm].mean() < SLEEVE)):
            found |= arm & alike
    return found
