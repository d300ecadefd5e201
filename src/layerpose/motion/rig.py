"""A skeleton and how it moves, as a BVH, an FBX or a glTF tells it: the input of `retarget`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

World = tuple[Float[np.ndarray, "t n 3 3"], Float[np.ndarray, "t n 3"]]
"""World rotation and place of every joint, in the file's own axes and units."""


@dataclass(frozen=True, kw_only=True)
class Rig:
    """Joints and their movement, in the axes and units of the file; nothing is normalised yet."""

    name: str
    """The file's name, for messages."""
    joints: tuple[str, ...]
    """Names as the file spells them, each parent before its children; "" for an end site."""
    parents: tuple[int, ...]
    """Row of each joint's parent; -1 for a root."""
    rest_turns: Float[np.ndarray, "n 3 3"]
    """World rotations in the rest pose: the bind pose where the file has one, else the pose of all zeros."""
    rest_places: Float[np.ndarray, "n 3"]
    """World places in the rest pose."""
    bound: bool
    """The rest pose is one that a skin was bound to, or the format promises a T-pose: limbs can be read off it."""
    num_frames: int
    fps: float | None
    world: Callable[[Sequence[int]], World]
    """The frames with these numbers, worked out when asked for."""
    bones: Mapping[str, str] | None = None
    """Bone of the body -> joint, where the file itself says which joint is which (VRM); else names and shape decide."""
    up: Float[np.ndarray, "3"] | None = None
    """The axis that points upwards, where the format fixes it (glTF); else the joints' places decide."""
    facing: Float[np.ndarray, "3"] | None = None
    """Where the person of the rest pose looks, where the format fixes it (VRM); else the joints' places decide."""
    up: Float[np.ndarray, "3"] | None = None
    """Where the sky is, where the format fixes it (glTF) or the file says it (FBX); else the joints' places decide."""
