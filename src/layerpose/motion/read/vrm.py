"""The extensions of a VRM or a VRMA file -> which node is which bone of the body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layerpose.motion.read.gltf_file import Document, mapping

VRM_TRUNK = {
    "hips": "root", "spine": "spine05", "chest": "spine03", "upperChest": "spine02", "neck": "neck01", "head": "head",
}  # fmt: skip
VRM_LIMBS = {
    "Shoulder": "clavicle", "UpperArm": "upperarm01", "LowerArm": "lowerarm01", "Hand": "wrist",
    "UpperLeg": "upperleg01", "LowerLeg": "lowerleg01", "Foot": "foot", "Toes": "toe1-1",
} | {
    f"{finger}{part}": f"finger{row}-{joint}"
    for row, finger in enumerate(("Index", "Middle", "Ring", "Little"), start=2)
    for joint, part in enumerate(("Proximal", "Intermediate", "Distal"), start=1)
}  # fmt: skip
VRM_THUMBS = {0: ("ThumbProximal", "ThumbIntermediate", "ThumbDistal"),
              1: ("ThumbMetacarpal", "ThumbProximal", "ThumbDistal")}  # fmt: skip
"""Joints of the thumb by version of VRM, from the wrist on."""
FACINGS = {0: (0.0, 0.0, -1.0), 1: (0.0, 0.0, 1.0)}
"""Where a person in the rest pose looks, by version of VRM."""


@dataclass(frozen=True, kw_only=True)
class Humanoid:
    """What VRM says about a file's nodes."""

    version: int
    nodes: dict[str, int]
    """VRM's name of a bone -> node."""

    def bones(self) -> dict[str, int]:
        """Bone of the body -> node."""
        table = dict(VRM_TRUNK)
        for side, letter in (("left", "L"), ("right", "R")):
            table |= {f"{side}{part}": f"{bone}.{letter}" for part, bone in VRM_LIMBS.items()}
            table |= {f"{side}{t}": f"finger1-{i}.{letter}" for i, t in enumerate(VRM_THUMBS[self.version], start=1)}
        return {table[name]: node for name, node in self.nodes.items() if name in table}


def find_humanoid(document: Document) -> Humanoid | None:
    """The table of bones of VRM 1.0, 0.x or a VRM animation; None where there is none."""
    extensions = mapping(document.record.get("extensions", {}), "extensions")
    for name, version in (("VRMC_vrm_animation", 1), ("VRMC_vrm", 1), ("VRM", 0)):
        told = mapping(mapping(extensions.get(name, {}), name).get("humanoid", {}), "humanoid").get("humanBones", {})
        nodes: dict[str, int] = {}
        for bone, node in _entries(told):
            if isinstance(bone, str) and type(node) is int and 0 <= node < len(document.items("nodes")):
                nodes.setdefault(bone, node)
        if nodes:
            return Humanoid(version=version, nodes=nodes)
    return None


def _entries(told: Any) -> Iterator[tuple[Any, Any]]:
    """VRM 1.0 has an object of bones, 0.x a list."""
    if isinstance(told, dict):
        yield from ((bone, entry.get("node")) for bone, entry in told.items() if isinstance(entry, dict))
    if isinstance(told, list):
        yield from ((entry.get("bone"), entry.get("node")) for entry in told if isinstance(entry, dict))
