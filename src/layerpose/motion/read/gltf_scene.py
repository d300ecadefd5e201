"""The nodes of a glTF file -> the largest skeleton and the pose that a skin was bound in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import nearest_rotations
from layerpose.motion.read.chain import Local, largest_tree, local_to_world, quarter_turn
from layerpose.motion.read.gltf_file import Document
from layerpose.motion.read.vrm import Humanoid, find_humanoid


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """The nodes that are joints, each parent before its children."""

    document: Document
    above: tuple[int, ...]
    """Every node's parent; -1: none."""
    nodes: tuple[int, ...]
    humanoid: Humanoid | None

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Row of each joint's parent."""
        rows = {node: row for row, node in enumerate(self.nodes)}
        return tuple(rows.get(self.above[node], -1) for node in self.nodes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The nodes' names, told apart by their numbers where two are the same."""
        names = [str(self.document.items("nodes")[node].get("name") or f"node {node}") for node in self.nodes]
        many = Counter(names)
        return tuple(n if many[n] == 1 else f"{n} {node}" for n, node in zip(names, self.nodes, strict=True))

    @cached_property
    def own(self) -> Local:
        """How the nodes stand by themselves, as one frame."""
        return nodes_to_local(self.document, self.nodes)

    @cached_property
    def rest(self) -> tuple[Float[np.ndarray, "n 3 3"], Float[np.ndarray, "n 3"], bool]:
        """The bind pose of the skins; VRM promises a T-pose by its nodes, other files without a skin nothing."""
        turns, places = (x[0] for x in local_to_world(self.own, self.parents))
        bound = {} if self.humanoid else self._bound()
        if 2 * len({tuple(np.round(m[:3, 3], 6)) for m in bound.values()}) < len(self.nodes):
            return turns, places, self.humanoid is not None
        away = _best_turn([(turns[row], bound[node]) for row, node in enumerate(self.nodes) if node in bound])
        for row, (node, parent) in enumerate(zip(self.nodes, self.parents, strict=True)):
            if node in bound:
                turns[row], places[row] = away @ nearest_rotations(bound[node][:3, :3]), away @ bound[node][:3, 3]
            elif parent >= 0:
                size = np.linalg.norm(bound[above][:3, 0]) if (above := self.nodes[parent]) in bound else 1.0
                places[row] = places[parent] + turns[parent] @ self.own.places[0, row] * size
                turns[row] = turns[parent] @ self.own.turns[0, row]
        return turns, places, True

    def _bound(self) -> dict[int, Float[np.ndarray, "4 4"]]:
        """Joints in the space of the skin that has most of them."""
        document, kept = self.document, set(self.nodes)
        skins = [skin for skin in document.items("skins") if "inverseBindMatrices" in skin]
        found: dict[int, np.ndarray] = {}
        for skin in sorted(skins, key=lambda skin: -len(_numbers(skin, "joints")))[:1]:
            joints, inverse = _numbers(skin, "joints"), document.accessor(skin["inverseBindMatrices"])
            if inverse.shape != (len(joints), 16):
                raise ValueError("it is a damaged glTF file: a skin has not one inverse bind matrix for each joint")
            matrices = inverse.reshape(-1, 4, 4).swapaxes(1, 2).astype(np.float64)
            good = np.abs(np.linalg.det(matrices[:, :3, :3])) > 1e-12
            for joint, matrix in zip(np.array(joints)[good], matrices[good], strict=True):
                if int(joint) in kept:
                    found[int(joint)] = np.linalg.inv(matrix)
        return found


def find_skeleton(document: Document) -> Skeleton:
    """The joints of a VRM's table, of the skins, or what moves. ValueError without any."""
    nodes = document.items("nodes")
    above = [-1] * len(nodes)
    for row, node in enumerate(nodes):
        for child in _numbers(node, "children"):
            if child >= len(nodes) or above[child] >= 0:
                raise ValueError(f"it is a damaged glTF file: node {child} is missing or hangs on two nodes")
            above[child] = row
    humanoid = find_humanoid(document)
    if humanoid is not None:
        wanted = list(humanoid.nodes.values())
    else:
        wanted = [joint for skin in document.items("skins") for joint in _numbers(skin, "joints")]
        wanted = (
            wanted or _moved(document) or [r for r, node in enumerate(nodes) if not {"mesh", "camera"} & node.keys()]
        )
    if wanted and max(wanted) >= len(nodes):
        raise ValueError(f"it is a damaged glTF file: it has no node {max(wanted)}")
    kept = largest_tree(list(dict.fromkeys(wanted)), above)
    return Skeleton(document=document, above=tuple(above), nodes=tuple(kept), humanoid=humanoid)


def nodes_to_local(document: Document, rows: tuple[int, ...]) -> Local:
    """The turns, scales and places that nodes tell by themselves, as one frame."""
    turns, scales, places = np.zeros((1, len(rows), 3, 3)), *np.zeros((2, 1, len(rows), 3))
    for at, row in enumerate(rows):
        node = document.items("nodes")[row]
        if "matrix" in node:
            matrix = _vector(node, "matrix", tuple(np.eye(4).ravel())).reshape(4, 4).T
            turns[0, at] = nearest_rotations(matrix[:3, :3])
            scales[0, at], places[0, at] = np.linalg.norm(matrix[:3, :3], axis=0), matrix[:3, 3]
        else:
            turns[0, at] = quaternions_to_matrices(_vector(node, "rotation", (0.0, 0.0, 0.0, 1.0)))
            scales[0, at] = _vector(node, "scale", (1.0, 1.0, 1.0))
            places[0, at] = _vector(node, "translation", (0.0, 0.0, 0.0))
    return Local(turns=turns, scales=scales, places=places)


def quaternions_to_matrices(quaternions: Float[np.ndarray, "*t 4"]) -> Float[np.ndarray, "*t 3 3"]:
    """x, y, z, w, of any length; one of none turns nothing."""
    length = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    unit = np.where(length > 1e-9, quaternions, [0.0, 0.0, 0.0, 1.0])
    return Rotation.from_quat(unit.reshape(-1, 4)).as_matrix().reshape(*quaternions.shape[:-1], 3, 3)


def _best_turn(pairs: list[tuple[np.ndarray, np.ndarray]]) -> Float[np.ndarray, "3 3"]:
    """From the skin's space to the world: a turn by quarters that brings joints near to how the nodes stand."""
    total = sum(turn @ nearest_rotations(matrix[:3, :3]).T for turn, matrix in pairs)
    return quarter_turn(nearest_rotations(np.asarray(total)))


def _moved(document: Document) -> list[int]:
    """Nodes that animations turn."""
    return [
        target["node"] for animation in document.items("animations") if isinstance(animation.get("channels"), list)
        for channel in animation["channels"]
        if isinstance(channel, dict) and isinstance(target := channel.get("target"), dict)
        and target.get("path") == "rotation" and type(target.get("node")) is int and target["node"] >= 0
    ]  # fmt: skip


def _numbers(record: dict[str, Any], name: str) -> list[int]:
    found = record.get(name, [])
    if not isinstance(found, list) or not all(type(x) is int and x >= 0 for x in found):
        raise ValueError(f"it is a damaged glTF file: {name!r} is {found!r:.40}; expected numbers of nodes")
    return found


def _vector(node: dict[str, Any], name: str, default: tuple[float, ...]) -> np.ndarray:
    found = node.get(name, default)
    good = isinstance(found, list | tuple) and len(found) == len(default)
    if not good or not all(isinstance(x, int | float) and abs(x) < 1e9 for x in found):
        raise ValueError(f"it is a damaged glTF file: {name!r} is {found!r:.60}; expected {len(default)} numbers")
    return np.array(found, dtype=np.float64)
