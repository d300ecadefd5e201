"""Key poses with times -> a body for each frame: every bone turns the shorter way, places go in straight lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from layerpose.types import Body, Camera, Pose

Ease = Literal["linear", "in", "out", "in-out"]


@dataclass(frozen=True, kw_only=True)
class Key:
    """A whole body at a time."""

    seconds: float
    body: Body
    ease: Ease = "linear"
    """How the way to the next key begins and ends."""


def ease(share: float, how: Ease) -> float:
    """Share of the time between two keys -> share of the way."""
    match how:
        case "in":
            return share * share
        case "out":
            return 1 - (1 - share) ** 2
        case "in-out":
            return share * share * (3 - 2 * share)
    return share


def bodies_between(keys: Sequence[Key], fps: float) -> list[Body]:
    """A body for each frame, from the first key's time to the last one's."""
    start, end = keys[0].seconds, keys[-1].seconds
    return [_body_at(keys, start + frame / fps) for frame in range(round((end - start) * fps) + 1)]


def _body_at(keys: Sequence[Key], seconds: float) -> Body:
    row = min(max(sum(key.seconds <= seconds for key in keys) - 1, 0), len(keys) - 1)
    if row == len(keys) - 1:
        return keys[-1].body
    before, after = keys[row], keys[row + 1]
    share = ease((seconds - before.seconds) / (after.seconds - before.seconds), before.ease)
    return blend(before.body, after.body, min(max(share, 0.0), 1.0))


def blend(start: Body, end: Body, share: float) -> Body:
    """A share of the way from one body to another."""
    first, last = start.camera, end.camera
    x, y = ((1 - share) * a + share * b for a, b in zip(first.translation, last.translation, strict=True))
    # Distances are blended by their inverse: an infinite one, weak perspective, is 0 then.
    nearness = (1 - share) / first.distance_m + share / last.distance_m
    camera = Camera(
        scale=(1 - share) * first.scale + share * last.scale, translation=(x, y),
        distance_m=1 / nearness if nearness else float("inf"),
    )  # fmt: skip
    return Body(
        phenotype=start.phenotype.float().lerp(end.phenotype.float(), share),
        pose=Pose(rotations=turn_towards(start.pose.rotations, end.pose.rotations, share)),
        camera=camera,
    )


def turn_towards(start: Float[Tensor, "j 3 3"], end: Float[Tensor, "j 3 3"], share: float) -> Float[Tensor, "j 3 3"]:
    """Each rotation a share of the shorter way on."""
    first, last = (Rotation.from_matrix(turns.double().numpy()) for turns in (start, end))
    way = (first.inv() * last).as_rotvec()
    found = first * Rotation.from_rotvec(share * way)
    return torch.from_numpy(found.as_matrix().astype(np.float32))
