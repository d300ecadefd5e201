"""The nouns: frozen records of tensors that travel between the folders.

Conventions, stated here and nowhere else:

- An image is float in [-1, 1], ``b 3 h w``, between reading and writing a file.
- The canvas is square. A `Camera` maps metres to *canvas units*, 0..1 from the left or top edge to the right or bottom
  edge, so one body can be drawn at any resolution: ``pixel = size * unit``; the centre of pixel 0 is at 0.5.
- Body axes: x to the person's left, y to the back, z up, metres, the pelvis at the origin (the person faces -y).
  Camera axes: x right, y down, z away from the viewer.
- Depth is in metres along the camera's z, relative to the pelvis; smaller is nearer.
- Angles are in radians; left and right are the *person's*.
- The seven classes of a parsing are in `CLASSES`; the six parts are its rows 1..6.

Dimensions: b batch, d slices, c channels, h w rows and columns, j bones, k keypoints, v vertices, f triangles,
t frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from jaxtyping import Float, UInt8
from torch import Tensor

CLASSES = ("background", "head", "torso", "left_arm", "right_arm", "left_leg", "right_leg")
PARTS = CLASSES[1:]
MIRRORED_CLASSES = (0, 1, 2, 4, 3, 6, 5)
"""The class that each class becomes when a picture is flipped."""

LAYERS = ("head", "left_arm", "right_arm", "left_leg", "right_leg")
"""The parts that stage 2 generates as complete layers, in the order in which they are kept."""

PHENOTYPES = ("gender", "age", "muscle", "weight", "height", "proportions")
"""The six numbers in 0..1 of a body shape; gender 0 is male, age 2/3 a young adult and 1 old."""

NUM_SLICES = 64
DEPTH_RANGE_M = 1.25
"""A `Volume` reaches from so far before the pelvis to as far behind it; its slices are 39 mm thick."""


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Joint rotations of the body model.

    `rotations[0]` is the orientation of the whole body; every other row is the rotation of a bone relative to its
    parent, in axes aligned with the reference pose (a relaxed A-pose is all identities).
    """

    rotations: Float[Tensor, "j 3 3"]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Weak perspective: ``unit = scale * (x, y of the camera axes) + translation``, in canvas units.

    With a distance it has a photo's perspective: what is nearer than the pelvis grows, what is farther shrinks.
    """

    scale: float
    translation: tuple[float, float]
    distance_m: float = math.inf
    """From the camera to the pelvis. Infinite: weak perspective, as in the paper."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """One person: shape, pose and camera; everything needed to draw the maps."""

    phenotype: Float[Tensor, "6"]
    pose: Pose
    camera: Camera


@dataclass(frozen=True, kw_only=True)
class Motion:
    """Poses at an even rate and where they take the body, whoever performs them.

    Places are in body axes and in *leg lengths* (hip to knee to ankle) of the performer, so that another person takes
    steps that fit its own legs. `path` is the pelvis; `ankles` are the left and the right one, where they are known.
    """

    rotations: Float[Tensor, "t j 3 3"]
    path: Float[Tensor, "t 3"]
    ankles: Float[Tensor, "t 2 3"] | None
    fps: float

    @property
    def num_frames(self) -> int:
        """Frames; the last one is shown as long as the others."""
        return len(self.rotations)


@dataclass(frozen=True, kw_only=True)
class Maps:
    """What the 3D body tells the networks: parsing S (one-hot), depth D (0 outside the body), heatmaps H."""

    parsing: Float[Tensor, "b 7 h w"]
    depth: Float[Tensor, "b 1 h w"]
    heatmaps: Float[Tensor, "b 18 h w"]


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A body as labelled voxels: class numbers over the canvas and, nearest slice first, over its depth."""

    labels: UInt8[Tensor, "d h w"]


@dataclass(frozen=True, kw_only=True)
class Warp:
    """The source image carried to the target by body correspondence.

    `image` holds the source's colour where the same body point is visible in the source and 0 elsewhere; `visible` says
    where that is; `filled` has every hole inside the body closed. `points` are the body points: where they lie on
    the template, in metres from its middle, x to the person's left, y backwards, z up; 0 where there is no body.
    `normals` are the surface's in camera axes: in the target, where they are the slopes of its D, then in the source
    where the filled colour is from.
    """

    image: Float[Tensor, "b 3 h w"]
    visible: Float[Tensor, "b 1 h w"]
    filled: Float[Tensor, "b 3 h w"]
    points: Float[Tensor, "b 3 h w"]
    normals: Float[Tensor, "b 6 h w"]


@dataclass(frozen=True, kw_only=True)
class Carried:
    """The photo's pixels at their places in the target where nothing about them changes, and how surely (0..1)."""

    image: Float[Tensor, "b 3 h w"]
    trust: Float[Tensor, "b 1 h w"]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One complete part: where it lies, what the network saw, and what it made of it.

    A row of `boxes` is a square on the canvas (left, top, side; canvas units), which may reach over the edge.
    """

    part: str
    boxes: Float[Tensor, "b 3"]
    maps: Maps
    source: Float[Tensor, "b 3 s s"]
    coarse: Float[Tensor, "b 3 s s"]
    image: Float[Tensor, "b 3 s s"]
    mask: Float[Tensor, "b 1 s s"]

    @property
    def offset(self) -> Float[Tensor, "b 3 s s"]:
        """What the layer adds to the coarse crop."""
        return self.image - self.coarse


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A person cut out on the square canvas: image over flat grey (0) and soft mask."""

    image: Float[Tensor, "1 3 h w"]
    mask: Float[Tensor, "1 1 h w"]


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Every intermediate of one transfer."""

    source: Float[Tensor, "b 3 h w"]
    source_parsing: Float[Tensor, "b 7 h w"]
    maps: Maps
    warp: Warp | None
    coarse: Float[Tensor, "b 3 c c"]
    layers: tuple[Layer, ...]
    pasted: Float[Tensor, "b 3 h w"]
    image: Float[Tensor, "b 3 h w"]


@dataclass(frozen=True, kw_only=True)
class Term:
    """One weighted term of an objective."""

    name: str
    value: Float[Tensor, ""]
    weight: float
