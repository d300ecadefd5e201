"""Bones -> parts: which of the six parts each vertex and each triangle of the body belongs to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from layerpose.types import PARTS

ROOTS = {
    "neck01": "head",
    "upperarm01.L": "left_arm",
    "upperarm01.R": "right_arm",
    "upperleg01.L": "left_leg",
    "upperleg01.R": "right_leg",
}
"""The bone from which a part hangs; what hangs from none of them is torso."""


def bones_to_parts(
    names: list[str], parents: Int[np.ndarray, "j"], *, roots: Mapping[str, str] = ROOTS
) -> Int[np.ndarray, "j"]:
    """Index into `PARTS` for every bone; `roots` names the bone from which each part hangs. Parents come first."""
    parts = np.zeros(len(names), dtype=np.int64)
    for bone, (name, parent) in enumerate(zip(names, parents, strict=True)):
        inherited = PARTS[parts[parent]] if parent >= 0 else "torso"
        parts[bone] = PARTS.index(roots.get(name, inherited))
    return parts


def triangles_to_parts(
    weights: Float[np.ndarray, "v j"], bone_parts: Int[np.ndarray, "j"], faces: Int[np.ndarray, "f 3"]
) -> Int[np.ndarray, "f"]:
    """Index into `PARTS` for every triangle: the part with the largest sum of skinning weights over its corners."""
    by_part = np.stack([weights[:, bone_parts == part].sum(1) for part in range(len(PARTS))], axis=1)
    return by_part[faces].sum(1).argmax(1)
