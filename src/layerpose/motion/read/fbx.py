"""An FBX file -> `Rig` -> `Clip`: the largest skeleton, its bind pose and one of its animations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import nearest_rotations
from layerpose.motion.read.chain import Local, local_to_world
from layerpose.motion.read.choice import choose_take
from layerpose.motion.read.fbx_curves import Curve, Curves, Track
from layerpose.motion.read.fbx_file import read_nodes
from layerpose.motion.read.fbx_scene import LIMBS, Model, Scene, name_of, nodes_to_scene
from layerpose.motion.read.keys import count_frames, distinct, rate_of
from layerpose.motion.retarget import RigClip, retarget
from layerpose.motion.rig import Rig, World

RATES = (0, 120, 100, 60, 50, 48, 30, 30, 30000 / 1001, 30000 / 1001, 25, 24, 1000, 24000 / 1001, 0, 96, 72,
         60000 / 1001, 120000 / 1001)  # fmt: skip
"""Frames a second by the setting TimeMode; 14 names its own."""
ORDERS = ("xyz", "xzy", "yzx", "yxz", "zxy", "zyx")
"""The setting RotationOrder: the axis that is turned about first stands first."""
IGNORES_PARENTS_SCALE = 2
"""The setting InheritType that leaves the parent's scale out."""


def fbx_to_rig(path: str | os.PathLike[str], person: str | None = None) -> Rig:
    """Read the skeleton and an animation (by its name; else the first with keys). ValueError says what is wrong."""
    path = Path(path)
    try:
        scene = nodes_to_scene(read_nodes(path))
        skeleton = scene.skeleton
        clip = _Clip(scene=scene, skeleton=skeleton, tracks=_choose_tracks(path, scene, skeleton, person))
        turns, places, bound = clip.rest
        return Rig(
            name=path.name, joints=tuple(model.name for model in skeleton), parents=clip.parents, rest_turns=turns,
            rest_places=places, bound=bound, num_frames=clip.num_frames, fps=clip.rate if clip.tracks else None,
            world=clip.world, up=np.array([0.0, 1.0, 0.0]),
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_fbx(path: str | os.PathLike[str], person: str | None = None) -> RigClip:
    """Open an FBX file; `person` is the name of an animation. ValueError also where nobody is found in it."""
    return retarget(fbx_to_rig(path, person))


def _choose_tracks(
    path: Path, scene: Scene, skeleton: Sequence[Model], person: str | None
) -> dict[tuple[int, str], Track]:
    curves, keys = Curves(scene), [model.key for model in skeleton]
    stacks = [(name_of(node), key) for key, node in scene.objects.items() if node.name == "AnimationStack"]
    return choose_take(path, stacks, lambda key: curves.tracks(key, keys), person) or {}


@dataclass(frozen=True, kw_only=True)
class _Clip:
    """A skeleton with the tracks of one animation."""

    scene: Scene
    skeleton: tuple[Model, ...]
    tracks: dict[tuple[int, str], Track]

    @cached_property
    def parents(self) -> tuple[int, ...]:
        rows = {model.key: row for row, model in enumerate(self.skeleton)}
        return tuple(rows.get(self.scene.parent(model.key), -1) for model in self.skeleton)

    @cached_property
    def _times(self) -> list[np.ndarray]:
        """The different arrays of key times, the longest first."""
        return distinct(c.times for track in self.tracks.values() for c in track.curves if isinstance(c, Curve))

    @cached_property
    def _span(self) -> tuple[int, int]:
        """Times of the first and the last key."""
        return min(int(t[0]) for t in self._times), max(int(t[-1]) for t in self._times)

    @cached_property
    def rate(self) -> float:
        """Frames a second."""
        return rate_of(self._times, self.scene.ticks, self._told_rate())

    def _told_rate(self) -> float | None:
        mode = self.scene.settings.get("TimeMode", (0,))[:1]
        custom = self.scene.settings.get("CustomFrameRate", (0,))[:1]
        rate = custom[0] if mode == (14,) and custom else 0
        if mode and isinstance(mode[0], int) and 0 <= mode[0] < len(RATES):
            rate = rate or RATES[mode[0]]
        return float(rate) if isinstance(rate, int | float) and 1 <= rate <= 1000 else None

    @cached_property
    def num_frames(self) -> int:
        if not self.tracks:
            return 1
        start, end = self._span
        return count_frames(start / self.scene.ticks, end / self.scene.ticks, self.rate)

    def world(self, frames: Sequence[int]) -> World:
        """The skeleton in frames of the animation."""
        start = self._span[0] if self.tracks else 0
        times = start + np.asarray(frames, dtype=np.float64) * (self.scene.ticks / self.rate if self.tracks else 0.0)
        return self._turned(*local_to_world(self._local(times, self.tracks), self.parents, self._unscaled))

    @cached_property
    def rest(self) -> tuple[Float[np.ndarray, "n 3 3"], Float[np.ndarray, "n 3"], bool]:
        """The bind pose; where most joints have none, the nodes' own values."""
        local = self._local(np.zeros(1), {})
        turns, places = (x[0] for x in local_to_world(local, self.parents, self._unscaled))
        bound = self.scene.bound()
        limbs = [model.key for model in self.skeleton if model.kind in LIMBS]
        spots = {tuple(np.round(bound[key][:3, 3], 6)) for key in limbs if key in bound}
        if 2 * len(spots) < len(limbs) or not limbs:
            return *(x[0] for x in self._turned(turns[None], places[None])), False
        for row, (model, parent) in enumerate(zip(self.skeleton, self.parents, strict=True)):
            if model.key in bound:
                turns[row], places[row] = nearest_rotations(bound[model.key][:3, :3]), bound[model.key][:3, 3]
            elif parent >= 0:
                turns[row] = turns[parent] @ local.turns[0, row]
                size = np.linalg.norm(bound[above][:3, 0]) if (above := self.skeleton[parent].key) in bound else 1.0
                places[row] = places[parent] + turns[parent] @ local.places[0, row] * size
        return *(x[0] for x in self._turned(turns[None], places[None])), True

    def _local(self, times: Float[np.ndarray, "t"], tracks: dict[tuple[int, str], Track]) -> Local:
        """T Roff Rp Rpre R Rpost^-1 Rp^-1 Soff Sp S Sp^-1 of every joint, as one turn, one scale and one place."""
        count = len(self.skeleton)
        turns, scales, places = np.zeros((len(times), count, 3, 3)), *np.zeros((2, len(times), count, 3))
        for row, model in enumerate(self.skeleton):
            place, angles, scale = (
                self._value(tracks, model, name, times, default)
                for name, default in (("Lcl Translation", 0.0), ("Lcl Rotation", 0.0), ("Lcl Scaling", 1.0))
            )
            turns[:, row] = _turn(model, angles)
            pivot, centre = model.vector("RotationPivot"), model.vector("ScalingPivot")
            inner = model.vector("ScalingOffset") + centre - pivot - scale * centre
            places[:, row] = place + model.vector("RotationOffset") + pivot
            places[:, row] += np.einsum("tij,tj->ti", turns[:, row], inner)
            scales[:, row] = scale
        return Local(turns=turns, scales=scales, places=places)

    def _value(self, tracks, model: Model, name: str, times: Float[np.ndarray, "t"], default: float):
        own, track = model.vector(name, default), tracks.get((model.key, name))
        return np.tile(own, (len(times), 1)) if track is None else track.at(times, self.scene.ticks, own)

    @cached_property
    def _unscaled(self) -> frozenset[int]:
        told = [model.choice("InheritType", 1) for model in self.skeleton]
        return frozenset(row for row, kind in enumerate(told) if kind == IGNORES_PARENTS_SCALE)

    def _turned(self, turns: Float[np.ndarray, "t n 3 3"], places: Float[np.ndarray, "t n 3"]) -> World:
        """From the file's axes to right, up and front, which a file may have mirrored."""
        axes = self._axes
        return axes @ turns @ axes.T, places @ axes.T

    @cached_property
    def _axes(self) -> Float[np.ndarray, "3 3"]:
        axes = np.zeros((3, 3))
        for row, (name, default) in enumerate((("CoordAxis", 0), ("UpAxis", 1), ("FrontAxis", 2))):
            axis, sign = (self.scene.settings.get(key, ())[:1] for key in (name, f"{name}Sign"))
            column = axis[0] if axis and type(axis[0]) is int and 0 <= axis[0] < 3 else default
            axes[row, column] = -1.0 if sign == (-1,) else 1.0
        return axes if abs(np.linalg.det(axes)) == 1 else np.eye(3)


def _turn(model: Model, angles: Float[np.ndarray, "t 3"]) -> Float[np.ndarray, "t 3 3"]:
    """Rpre R Rpost^-1; the first and the last only where the model has them switched on."""
    active = model.choice("RotationActive", 1) and not model.choice("RotationSpaceForLimitOnly", 0)
    order = model.choice("RotationOrder", 0) if active else 0
    turned = _euler(angles, ORDERS[order] if 0 <= order < len(ORDERS) else "xyz")
    if not active:
        return turned
    before, behind = (_euler(model.vector(name)[None], "xyz")[0] for name in ("PreRotation", "PostRotation"))
    return before @ turned @ behind.T


def _euler(angles: Float[np.ndarray, "t 3"], order: str) -> Float[np.ndarray, "t 3 3"]:
    columns = ["xyz".index(axis) for axis in order]
    return Rotation.from_euler(order, angles[:, columns], degrees=True).as_matrix()
