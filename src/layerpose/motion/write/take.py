"""A person of a shape who moves: what is written to a file, and where its bones are, on the floor of the file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from PIL.Image import Image
from torch import Tensor

from layerpose.body.model import Rest, body_model
from layerpose.motion.performer import extent, leg_length
from layerpose.motion.posing import ADULT
from layerpose.types import Body, Camera, Motion, Pose

STILL_FPS = 30.0
"""Rate of a file that holds a single pose but must say one."""
LOWEST = 20
"""Frames whose skin is looked at for the lowest point: those whose lowest bone is lowest."""
Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Body axes (z up, facing -y) -> the axes of BVH, glTF and SMPL (y up, facing +z)."""


@dataclass(frozen=True, kw_only=True)
class Take:
    """Shape and motion; a pose is a motion of one frame. Photos bring along a camera and what the person looks like."""

    phenotype: Float[Tensor, "6"]
    motion: Motion
    camera: Camera | None = None
    texture: Image | None = None
    """The person's surface, laid out by the body's texture coordinates."""

    @property
    def is_still(self) -> bool:
        """A single pose."""
        return self.motion.num_frames == 1

    @cached_property
    def rest(self) -> Rest:
        """The shape before posing."""
        return body_model().rest(self.phenotype.double().numpy())

    @cached_property
    def rotations(self) -> Float[np.ndarray, "t j 3 3"]:
        """Of the bones, relative to their parents."""
        return self.motion.rotations.double().numpy()

    @cached_property
    def turns(self) -> Float[np.ndarray, "t j 3 3"]:
        """Of the bones in the world, away from the reference pose."""
        return self._kinematics[0] @ body_model().reference_orientations.swapaxes(-1, -2)

    @cached_property
    def heads_m(self) -> Float[np.ndarray, "t j 3"]:
        """Where the bones begin, in body axes; the lowest point of the whole clip is at height 0."""
        return self._kinematics[1] + self.pelvis_m[:, None]

    @cached_property
    def pelvis_m(self) -> Float[np.ndarray, "t 3"]:
        """The path of the pelvis, in body axes."""
        path = self.motion.path.double().numpy() * leg_length(self.rest)
        heights = path[:, 2] + self._kinematics[1][..., 2].min(1)
        near = np.argsort(heights)[:LOWEST]
        return path - [0, 0, min(path[frame, 2] + extent(self.motion, self.rest, frame)[:, 2].min() for frame in near)]

    @cached_property
    def _kinematics(self) -> tuple[Float[np.ndarray, "t j 3 3"], Float[np.ndarray, "t j 3"]]:
        return body_model().kinematics(self.rest, self.rotations)


def still(pose: Pose | Body) -> Take:
    """A take of one frame; a pose without a body is an average adult's."""
    found = pose.pose if isinstance(pose, Body) else pose
    motion = Motion(rotations=found.rotations[None].float(), path=torch.zeros(1, 3), ankles=None, fps=STILL_FPS)
    if isinstance(pose, Body):
        return Take(phenotype=pose.phenotype.float(), motion=motion, camera=pose.camera)
    return Take(phenotype=torch.tensor(ADULT), motion=motion)
