"""A frame -> the same frame as a user's photo could be: fitted instead of exact, other colours, mirrored, moved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from layerpose.body.model import body_model
from layerpose.maps.crops import cut
from layerpose.motion.posing import mirror
from layerpose.types import Body, Pose

NOISY_BONES = (
    "spine03", "neck01", "head", "upperarm01.L", "upperarm01.R", "lowerarm01.L", "lowerarm01.R", "wrist.L", "wrist.R",
    "upperleg01.L", "upperleg01.R", "lowerleg01.L", "lowerleg01.R", "foot.L", "foot.R",
)  # fmt: skip
JOINT_NOISE = 0.045
"""Standard deviation, in radians about each axis, of what a fitted joint is off."""
CAMERA_NOISE = 0.004
"""Standard deviation of a fitted body's place, in canvas units."""
PHENOTYPE_NOISE = 0.06
STRONGEST = 0.2
"""Share of these errors that a training sample has at most. With all of them the networks learn to blur, and do no
better where the fit is bad (docs/results/weights.md)."""
FLAT_SHARE = 0.1
"""Share of the fitted bodies whose camera has no perspective: the fit from one photo finds none."""
JITTERED_SHARE = 0.3
"""Share of the pairs whose colours are changed, source and target alike."""
FLIPPED_SHARE = 0.5
MOVED_SHARE = 0.1
"""Share of the pairs that are moved on the canvas; it softens them a little."""
LARGEST_ZOOM = 1.12
"""How many times larger or smaller a moved person becomes."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One frame as it is read: image over flat grey (0), mask 0..1, body."""

    image: Float[Tensor, "1 3 h w"]
    mask: Float[Tensor, "1 1 h w"]
    body: Body


def flip(shot: Shot) -> Shot:
    """Mirrored; left and right of the body change places."""
    return Shot(image=shot.image.flip(-1), mask=shot.mask.flip(-1), body=flip_body(shot.body))


def flip_body(body: Body) -> Body:
    """The body in the mirrored picture."""
    rotations = torch.as_tensor(mirror(body.pose.rotations.double().numpy()), dtype=body.pose.rotations.dtype)
    left, top = body.camera.translation
    camera = replace(body.camera, translation=(1 - left, top))
    return replace(body, pose=Pose(rotations=rotations), camera=camera)


def move(shot: Shot, rng: np.random.Generator) -> Shot:
    """A little larger or smaller, and elsewhere on the canvas; nobody is cut off who was not."""
    if rng.random() > MOVED_SHARE:
        return shot
    rows, columns = (torch.nonzero(shot.mask[0, 0].amax(axis) > 0).flatten() for axis in (1, 0))
    size = shot.mask.shape[-1]
    low = np.array([int(columns[0]), int(rows[0])]) / size
    high = np.array([int(columns[-1]) + 1, int(rows[-1]) + 1]) / size
    side = float(np.exp(rng.uniform(-np.log(LARGEST_ZOOM), np.log(LARGEST_ZOOM))))
    side = max(side, float((high - low).max()) + 0.02)
    corner = rng.uniform(np.minimum(high - side, low), np.maximum(high - side, low))
    box = torch.tensor([[*corner, side]], dtype=torch.float32)
    left, top = (np.array(shot.body.camera.translation) - corner) / side
    camera = replace(shot.body.camera, scale=shot.body.camera.scale / side, translation=(float(left), float(top)))
    return Shot(
        image=cut(shot.image, box, size), mask=cut(shot.mask, box, size), body=replace(shot.body, camera=camera)
    )


def disturb(body: Body, rng: np.random.Generator, strength: float = 1.0) -> Body:
    """The body as a fit would find it; a smaller `strength` is a better fit."""
    model = body_model()
    rotations = body.pose.rotations.double().numpy().copy()
    bones = [0, *(model.bone(name) for name in NOISY_BONES)]
    noise = Rotation.from_rotvec(rng.normal(scale=strength * JOINT_NOISE, size=(len(bones), 3))).as_matrix()
    rotations[bones] = rotations[bones] @ noise
    x, y = np.array(body.camera.translation) + rng.normal(scale=strength * CAMERA_NOISE, size=2)
    noise_of_shape = torch.as_tensor(rng.normal(scale=strength * PHENOTYPE_NOISE, size=6))
    camera = replace(body.camera, translation=(float(x), float(y)))
    if rng.random() < FLAT_SHARE:
        camera = replace(camera, distance_m=math.inf)
    return Body(
        phenotype=(body.phenotype + noise_of_shape).clamp(0, 1),
        pose=Pose(rotations=torch.as_tensor(rotations)),
        camera=camera,
    )


def disturb_mask(mask: Float[Tensor, "1 1 h w"], rng: np.random.Generator) -> Float[Tensor, "1 1 h w"]:
    """The mask a little too large or too small, and soft."""
    reach = int(rng.integers(-1, 2))
    if reach > 0:
        mask = max_pool2d(mask, 3, 1, 1)
    elif reach < 0:
        mask = 1 - max_pool2d(1 - mask, 3, 1, 1)
    return avg_pool2d(mask, 3, 1, 1) if rng.random() < 0.5 else mask


def jitter(source: Shot, target: Shot, rng: np.random.Generator) -> tuple[Shot, Shot]:
    """The same change of colours for both: channels swapped, gains, offsets."""
    if rng.random() > JITTERED_SHARE:
        return source, target
    order = rng.permutation(3) if rng.random() < 0.4 else np.arange(3)
    gain = torch.as_tensor(rng.uniform(0.7, 1.2, size=(3, 1, 1)), dtype=torch.float32)
    offset = torch.as_tensor(rng.uniform(-0.2, 0.2) + rng.uniform(-0.1, 0.1, size=(3, 1, 1)), dtype=torch.float32)

    def change(shot: Shot) -> Shot:
        return replace(shot, image=(shot.image[:, order] * gain + offset * shot.mask).clamp(-1, 1))

    return change(source), change(target)
