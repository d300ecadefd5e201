"""Motion + the source's body + how the camera moves -> a body for each frame; one scale and one floor for the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.motion.performer import extent, leg_length, perform, rest_of
from layerpose.types import Body, Camera, Motion, Pose

Shot = Literal["fixed", "follow", "turntable"]
MARGIN = 0.05
"""Free space at each edge of the canvas, as a share of it."""

SAME = 1e-5
"""Turns (radians) and places (of the canvas) that differ by less are the same: a hundredth of a pixel."""


@dataclass(frozen=True, kw_only=True)
class Film:
    """A motion ready to be drawn: what is the same in all frames, and what changes."""

    source: Body
    script: Motion
    """As it was given."""
    motion: Motion
    """As the source's body performs it."""
    shot: Shot
    turns: Float[np.ndarray, "t 3 3"]
    """By which the whole body is turned about the vertical, for the turntable."""
    offsets: Float[np.ndarray, "t 2"]
    """Where the pelvis is on the canvas."""
    scale: float
    """Canvas units for a metre."""

    @property
    def num_frames(self) -> int:
        """Frames to draw."""
        return self.motion.num_frames

    def body(self, frame: int) -> Body:
        """The source's shape in the pose and place of a frame."""
        rotations = self.motion.rotations[frame].clone()
        rotations[0] = torch.from_numpy(self.turns[frame]).to(rotations) @ rotations[0]
        x, y = self.offsets[frame].tolist()
        camera = Camera(scale=self.scale, translation=(x, y))
        return Body(phenotype=self.source.phenotype, pose=Pose(rotations=rotations), camera=camera)

    def bodies(self) -> Iterator[Body]:
        """Frame after frame."""
        return (self.body(frame) for frame in range(self.num_frames))


def find_repeats(bodies: Iterable[Body]) -> list[int]:
    """Of each frame the first one in which the body is the same, as far as anyone can see."""
    first: dict[bytes, int] = {}
    return [first.setdefault(_rounded(body), number) for number, body in enumerate(bodies)]


def _rounded(body: Body) -> bytes:
    camera = body.camera
    numbers = [body.pose.rotations.double().numpy().ravel(), body.phenotype.double().numpy()]
    rounded = np.concatenate([*numbers, [camera.scale, *camera.translation]]) / SAME
    return repr(camera.distance_m).encode() + rounded.round().astype(np.int64).tobytes()


def film(motion: Motion, source: Body, shot: Shot, *, framed: bool = False) -> Film:
    """Choose one scale and one floor for the whole clip.

    `fixed` sees the whole path; `follow` and `turntable` keep the pelvis in the middle, and the turntable goes round
    the person once. The person is as large as in the photo if every frame fits then, and stands where it stands there
    if that can be. `framed`: as large as in the photo and the pelvis about its place there, whatever the canvas shows.
    """
    rest, script = rest_of(source), motion
    motion = perform(script, rest)
    path = motion.path.double().numpy() * leg_length(rest)
    angles = np.arange(motion.num_frames) / motion.num_frames * 2 * np.pi * (shot == "turntable")
    turns = Rotation.from_euler("z", angles[:, None]).as_matrix()
    if shot != "fixed":
        path = path * [0, 0, 1]
    to_camera = BODY_TO_CAMERA.numpy()[:2]
    places = path @ to_camera.T
    if framed:
        return Film(
            source=source, script=script, motion=motion, shot=shot, turns=turns, scale=source.camera.scale,
            offsets=source.camera.scale * (places - np.median(places, axis=0)) + np.array(source.camera.translation),
        )  # fmt: skip
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for frame in range(motion.num_frames):
        reach = places[frame] + extent(motion, rest, frame) @ turns[frame].T @ to_camera.T
        low, high = np.minimum(low, reach.min(0)), np.maximum(high, reach.max(0))
    scale = min(source.camera.scale, float((1 - 2 * MARGIN) / (high - low).max()))
    return Film(
        source=source,
        script=script,
        motion=motion,
        shot=shot,
        turns=turns,
        offsets=scale * places + _stand(source, scale, low, high),
        scale=scale,
    )


def _stand(
    source: Body, scale: float, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]
) -> Float[np.ndarray, "2"]:
    """Translation that puts the clip's lowest point on the photo's floor, its middle where the person stands."""
    still = Motion(rotations=source.pose.rotations[None].float(), path=torch.zeros(1, 3), ankles=None, fps=1.0)
    reach = extent(still, rest_of(source), 0) @ BODY_TO_CAMERA.numpy()[:2].T * source.camera.scale
    reach = reach + np.array(source.camera.translation)
    wanted = np.array([(reach[:, 0].min() + reach[:, 0].max()) / 2, reach[:, 1].max()])
    offset = wanted - scale * np.array([(low[0] + high[0]) / 2, high[1]])
    return np.clip(offset, MARGIN - scale * low, 1 - MARGIN - scale * high)
