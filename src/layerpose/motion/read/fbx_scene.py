"""The nodes of an FBX file -> its models (joints among them), what hangs on what, and the pose skins were bound in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from layerpose.motion.read.chain import FEW, largest_tree
from layerpose.motion.read.fbx_file import Node

LIMBS = ("LimbNode", "Limb", "Root")
"""Kinds of models that are joints."""
OTHERS = ("Mesh", "Camera", "CameraSwitcher", "Light", "NurbsSurface", "NurbsCurve", "LodGroup", "Optical", "Marker")
"""Kinds of models that are none, if any model is."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """Something with a place: a joint, an empty node, a mesh."""

    key: int
    name: str
    kind: str
    properties: dict[str, tuple]

    def vector(self, name: str, default: float = 0.0) -> Float[np.ndarray, "3"]:
        """Three numbers. ValueError if they are not finite."""
        values = self.properties.get(name, ())[:3]
        if len(values) < 3 or not all(isinstance(x, int | float) for x in values):
            return np.full(3, default)
        vector = np.array(values, dtype=np.float64)
        if not np.isfinite(vector).all() or np.abs(vector).max() > 1e9:
            raise ValueError(f"{name} of {self.name[:40]!r} is {values}; expected finite numbers")
        return vector

    def choice(self, name: str, default: int) -> int:
        """A whole number."""
        values = self.properties.get(name, ())
        return int(values[0]) if values and isinstance(values[0], int) else default


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Objects by number and what is connected to what."""

    objects: dict[int, Node]
    below: dict[int, list[tuple[int, str]]]
    """Number -> what hangs on it, each with the property that it drives ("" for none)."""
    above: dict[int, list[tuple[int, str]]]
    settings: dict[str, tuple]
    ticks: int
    """Units of time a second."""
    models: dict[int, Model] = field(default_factory=dict)

    def connected(self, key: int, kind: str) -> Iterator[tuple[int, str]]:
        """Objects of a kind that hang on one, with the property that they drive."""
        return ((k, p) for k, p in self.below.get(key, ()) if k in self.objects and self.objects[k].name == kind)

    def parent(self, key: int) -> int:
        """The model that one hangs on; 0: the scene itself."""
        return next((k for k, prop in self.above.get(key, ()) if not prop and k in self.models), 0)

    @cached_property
    def skeleton(self) -> tuple[Model, ...]:
        """The joints, each parent before its children, with the nodes they hang on. ValueError without any."""
        limbs = [key for key, model in self.models.items() if model.kind in LIMBS]
        if len(limbs) < FEW:
            limbs = [key for key, model in self.models.items() if model.kind not in OTHERS]
        if len(limbs) < FEW:
            limbs = list(self.models)
        rows = {key: row for row, key in enumerate(self.models)}
        above = [rows.get(self.parent(key), -1) for key in self.models]
        keys = list(self.models)
        kept = dict.fromkeys(keys[row] for row in largest_tree([rows[key] for key in limbs], above))
        kept |= dict.fromkeys(self._tips(kept))
        return tuple(self.models[key] for key in kept)

    def _tips(self, kept: dict[int, None]) -> list[int]:
        """Empty nodes that hang on joints: where the last bones end."""
        return [
            key for key, model in self.models.items()
            if key not in kept and model.kind == "Null" and self.models.get(self.parent(key), model).kind in LIMBS
            and self.parent(key) in kept
        ]  # fmt: skip

    def bound(self) -> dict[int, Float[np.ndarray, "4 4"]]:
        """Where models were when skins were bound to them, in the world: clusters say it, else bind poses."""
        found: dict[int, np.ndarray] = {}
        for pose in self.objects.values():
            if pose.name == "Pose" and "BindPose" in pose.values:
                for node in pose.children("PoseNode"):
                    found[node.number("Node", 0)] = node.array("Matrix")
        for key, cluster in self.objects.items():
            if cluster.name == "Deformer" and "Cluster" in cluster.values:
                for model, _ in self.connected(key, "Model"):
                    found[model] = cluster.array("TransformLink")
        return {
            key: matrix.reshape(4, 4).T.astype(np.float64) for key, matrix in found.items()
            if key in self.models and matrix.size == 16 and np.isfinite(matrix).all()
        }  # fmt: skip


def nodes_to_scene(root: Node) -> Scene:
    """Objects and connections. ValueError if the file has none."""
    objects: dict[int, Node] = {}
    for part in root.children("Objects"):
        for node in part.below:
            if node.values and isinstance(node.values[0], int):
                objects[node.values[0]] = node
    if not objects:
        raise ValueError("it holds no objects; expected an FBX file with a skeleton")
    below, above = defaultdict(list), defaultdict(list)
    for part in root.children("Connections"):
        for node in part.below:
            if len(node.values) >= 3 and all(isinstance(x, int) for x in node.values[1:3]):
                child, parent = node.values[1:3]
                drives = str(node.values[3]) if len(node.values) > 3 else ""
                below[parent].append((child, drives))
                above[child].append((parent, drives))
    settings = root.child("GlobalSettings")
    models = {key: _to_model(key, node) for key, node in objects.items() if node.name == "Model"}
    return Scene(
        objects=objects, below=dict(below), above=dict(above), ticks=_ticks(root), models=models,
        settings=properties_of(settings) if settings else {},
    )  # fmt: skip


def properties_of(node: Node) -> dict[str, tuple]:
    """What a node's table of properties says, by name."""
    found = node.child("Properties70")
    return {str(p.values[0]): p.values[4:] for p in found.below if p.values} if found else {}


def name_of(node: Node) -> str:
    """An object's name without its class."""
    name = str(node.values[1]) if len(node.values) > 1 else ""
    return (
        name.split("\x00", 1)[0]
        .removeprefix(f"{'Anim' if node.name.startswith('Animation') else node.name}::")
        .removeprefix("AnimStack::")
    )


def _to_model(key: int, node: Node) -> Model:
    kind = str(node.values[2]) if len(node.values) > 2 else ""
    return Model(key=key, name=name_of(node), kind=kind, properties=properties_of(node))


def _ticks(root: Node) -> int:
    """FBX 8 counts time in larger units, and a file may say that it does already."""
    header = root.child("FBXHeaderExtension")
    flags = header.child("OtherFlags") if header else None
    if header is None or flags is None or header.number("FBXHeaderVersion", 0) < 1004:
        return 46_186_158_000
    return 46_186_158_000 if flags.number("TCDefinition", 127) == 127 else 141_120_000
