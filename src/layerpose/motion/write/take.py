"""A person of a shape who moves: what is written to a file, and where its bones are, on the floor of the file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from PIL.Image import Image
from torch import Tensor

from layerpose.body.camera import frame
from layerpose.body.model import Rest, body_model
from layerpose.motion.legs import turns_to
from layerpose.motion.performer import extent, leg_length
from layerpose.motion.posing import ADULT
from layerpose.types import Body, Camera, Motion, Pose

CANVAS = 1024
"""Side of the picture, in pixels, where a file does not belong to one."""
CENTRED = 0.12
"""Free space round the keypoints of a centred body, whose head and hands reach beyond them."""
STILL_FPS = 30.0
"""Rate of a file that holds a single pose but must say one."""
LOWEST = 20
"""Frames whose skin is looked at for the lowest point: those whose lowest bone is lowest."""
Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Body axes (z up, facing -y) -> the axes of BVH, glTF and SMPL (y up, facing +z)."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture, in pixels, and the square in it that the camera's canvas is."""

    width: int
    height: int
    left: int
    top: int
    side: int


@dataclass(frozen=True, kw_only=True)
class Take:
    """Shape and motion; a pose is a motion of one frame. Photos bring along a camera and what the person looks like."""

    phenotype: Float[Tensor, "6"]
    motion: Motion
    camera: Camera | None = None
    """That sees the pelvis of the first frame where the photo or pose file has it; None: there was none."""
    picture: Picture = Picture(width=CANVAS, height=CANVAS, left=0, top=0, side=CANVAS)
    texture: Image | None = None
    """The person's surface, laid out by the body's texture coordinates."""
    clothes: Float[np.ndarray, "v"] | None = None
    """How far clothes and hair stand off each vertex, in metres."""

    @property
    def is_still(self) -> bool:
        """A single pose."""
        return self.motion.num_frames == 1

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.motion.num_frames / self.motion.fps

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

    def aimed_turns(
        self, bone: str, turning: str, towards: str, start_m: Float[np.ndarray, "t 3"] | None = None
    ) -> Float[np.ndarray, "t 3 3"]:
        """World turns of one joint that stands for the bones from `bone` up to `towards`.

        They are those of `turning`, one of these, and beyond that as little as points to where `towards` begins, seen
        from where `bone` does, or from `start_m` where the file has it elsewhere.
        """
        model = body_model()
        start, end = model.bone(bone), model.bone(towards)
        own = self.turns[:, model.bone(turning)]
        along = own @ (self.reference_heads_m[end] - self.reference_heads_m[start])
        return turns_to(along, self.heads_m[:, end] - (self.heads_m[:, start] if start_m is None else start_m)) @ own

    @cached_property
    def reference_heads_m(self) -> Float[np.ndarray, "j 3"]:
        """Where the bones of this shape begin when none is turned, relative to the pelvis."""
        model = body_model()
        return model.kinematics(self.rest, np.tile(np.eye(3), (len(model.parents), 1, 1)))[1]

    @cached_property
    def heads_m(self) -> Float[np.ndarray, "t j 3"]:
        """Where the bones begin, in body axes; the lowest point of the whole clip is at height 0."""
        return self._kinematics[1] + self.pelvis_m[:, None]

    @cached_property
    def pelvis_m(self) -> Float[np.ndarray, "t 3"]:
        """The path of the pelvis, in body axes."""
        path = self.motion.path.double().numpy() * leg_length(self.rest)
        heights = path[:, 2] + self._kinematics[1][..., 2].min(1)
        near = np.argsort(heights)[:LOWEST].tolist()
        return path - [0, 0, min(path[frame, 2] + extent(self.motion, self.rest, frame)[:, 2].min() for frame in near)]

    @cached_property
    def keypoints_m(self) -> Float[np.ndarray, "t 23 3"]:
        """The body's keypoints, in its order, in the same place."""
        model = body_model()
        linear = self.turns @ self._unturned
        moved = self.heads_m - np.einsum("tjab,jb->tja", linear, self.rest.heads)
        weights = np.einsum("kv,vj->kj", model.keypoint_weights, model.weights)
        spread = np.einsum("kv,vj,vb->kjb", model.keypoint_weights, model.weights, self.rest.vertices, optimize=True)
        return np.einsum("tjab,kjb->tka", linear, spread, optimize=True) + weights @ moved

    @property
    def first_body(self) -> Body:
        """The first frame as a whole body; without a camera it is centred."""
        camera = self.camera or frame(torch.as_tensor(self.keypoints_m[0] - self.pelvis_m[0]), margin=CENTRED)
        return Body(phenotype=self.phenotype, pose=Pose(rotations=self.motion.rotations[0]), camera=camera)

    @property
    def _unturned(self) -> Float[np.ndarray, "j 3 3"]:
        """Orientations in the shape before posing -> in the reference pose."""
        return body_model().reference_orientations @ self.rest.orientations.swapaxes(-1, -2)

    @cached_property
    def _kinematics(self) -> tuple[Float[np.ndarray, "t j 3 3"], Float[np.ndarray, "t j 3"]]:
        return body_model().kinematics(self.rest, self.rotations)


def still(pose: Pose | Body) -> Take:
    """A take of one frame; a pose without a body is an average adult's."""
    found = pose.pose if isinstance(pose, Body) else pose
    motion = Motion(rotations=found.rotations[None].float(), path=torch.zeros(1, 3), ankles=None, fps=STILL_FPS)
    if isinstance(pose, Body):
        return Take(phenotype=pose.phenotype.float(), motion=motion, camera=pose.camera)
    return moving(motion)


def moving(motion: Motion) -> Take:
    """A motion as an average adult performs it."""
    return Take(phenotype=torch.tensor(ADULT), motion=motion)
