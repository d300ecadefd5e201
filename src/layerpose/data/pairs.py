"""Records -> training samples: two frames of one person, the source as in a user's photo, the target as the truth.

The source body is disturbed like a fitted one (joint noise, camera noise) and its mask is eroded or dilated; the
target's maps are exact. The network is told nothing of the target picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn.functional import max_pool2d
from torch.utils.data import Dataset

from layerpose.body.model import body_model
from layerpose.config import ModelConfig
from layerpose.data.records import Records
from layerpose.maps.correspondence import view_source
from layerpose.maps.crops import cut
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import draw_posed, pose_body
from layerpose.stages.conditions import Conditions, prepare
from layerpose.types import CLASSES, LAYERS, Body, Camera, Pose

NOISY_BONES = (
    "spine03", "neck01", "head", "upperarm01.L", "upperarm01.R", "lowerarm01.L", "lowerarm01.R", "wrist.L", "wrist.R",
    "upperleg01.L", "upperleg01.R", "lowerleg01.L", "lowerleg01.R", "foot.L", "foot.R",
)  # fmt: skip
JOINT_NOISE = 0.045
"""Standard deviation, in radians about each axis, of what a fitted joint is off."""
CAMERA_NOISE = 0.004
"""Standard deviation of a fitted body's place, in canvas units."""
PHENOTYPE_NOISE = 0.06
JITTERED_SHARE = 0.6
"""Share of the pairs whose colours are changed, source and target alike."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One training sample: what the model is told, and what it should have made."""

    conditions: Conditions
    target: Float[Tensor, "b 3 h w"]
    mask: Float[Tensor, "b 1 h w"]
    part_targets: tuple[Float[Tensor, "b 3 _ _"], ...]
    part_visible: tuple[Float[Tensor, "b 1 _ _"], ...]
    """Where the target shows each complete part, in its box."""


class Pairs(Dataset[Sample]):
    """Random pairs of the given people; the same index gives the same pair."""

    def __init__(
        self, records: Records, people: list[str], config: ModelConfig, *, length: int, seed: int, disturb: bool = True
    ) -> None:
        self.records, self.people, self.config = records, people, config
        self.length, self.seed, self.disturb = length, seed, disturb

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng([self.seed, index])
        person = self.people[rng.integers(len(self.people))]
        source, target = rng.choice(self.records.frames(person), 2, replace=False)
        return self.make(person, source, target, rng)

    def make(self, person: str, source: str, target: str, rng: np.random.Generator) -> Sample:
        """The sample of two frames of a person."""
        size = self.config.canvas
        image, mask, body = self.records.load(person, source)
        wanted, wanted_mask, target_body = self.records.load(person, target)
        image, mask, wanted, wanted_mask = (fit(x, size) for x in (image, mask, wanted, wanted_mask))
        if self.disturb:
            image, wanted = jitter((image, mask), (wanted, wanted_mask), rng)
            body = disturb(body, rng)
            mask = disturb_mask(mask, rng)
            image = image * mask
        posed, target_posed = pose_body(body), pose_body(target_body)
        drawn = draw_posed(posed, body.camera, size, device=torch.device("cpu"))
        view = view_source(image, parse_source(drawn, mask), drawn, posed)
        target_drawn = draw_posed(target_posed, target_body.camera, size, device=torch.device("cpu"))
        conditions = prepare(view, target_drawn, target_posed.transforms[:, :3, :3], self.config)
        targets, visible = (), ()
        if conditions.parts:
            targets = tuple(cut(wanted, part.boxes, part.source.shape[-1]) for part in conditions.parts)
            shown = conditions.maps.parsing * wanted_mask
            visible = tuple(
                cut(shown[:, CLASSES.index(name)][:, None], part.boxes, part.source.shape[-1])
                for name, part in zip(LAYERS, conditions.parts, strict=True)
            )
        return Sample(
            conditions=conditions, target=wanted, mask=wanted_mask, part_targets=targets, part_visible=visible
        )


def fit(picture: Float[Tensor, "b c h w"], size: int) -> Float[Tensor, "b c s s"]:
    """Resample to the canvas's size."""
    if picture.shape[-1] == size:
        return picture
    return torch.nn.functional.interpolate(
        picture, size=(size, size), mode="bilinear", antialias=picture.shape[-1] > size, align_corners=False
    )


def disturb(body: Body, rng: np.random.Generator) -> Body:
    """The body as a fit would find it."""
    model = body_model()
    rotations = body.pose.rotations.double().numpy().copy()
    bones = [0, *(model.bone(name) for name in NOISY_BONES)]
    noise = Rotation.from_rotvec(rng.normal(scale=JOINT_NOISE, size=(len(bones), 3))).as_matrix()
    rotations[bones] = rotations[bones] @ noise
    x, y = np.array(body.camera.translation) + rng.normal(scale=CAMERA_NOISE, size=2)
    noise_of_shape = torch.as_tensor(rng.normal(scale=PHENOTYPE_NOISE, size=6))
    return Body(
        phenotype=(body.phenotype + noise_of_shape).clamp(0, 1),
        pose=Pose(rotations=torch.as_tensor(rotations)),
        camera=Camera(scale=body.camera.scale, translation=(float(x), float(y))),
    )


def disturb_mask(mask: Float[Tensor, "1 1 h w"], rng: np.random.Generator) -> Float[Tensor, "1 1 h w"]:
    """The mask a little too large or too small, and soft."""
    reach = int(rng.integers(-1, 2))
    if reach > 0:
        mask = max_pool2d(mask, 3, 1, 1)
    elif reach < 0:
        mask = 1 - max_pool2d(1 - mask, 3, 1, 1)
    return torch.nn.functional.avg_pool2d(mask, 3, 1, 1) if rng.random() < 0.5 else mask


def jitter(
    source: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor], rng: np.random.Generator
) -> tuple[Float[Tensor, "1 3 h w"], Float[Tensor, "1 3 h w"]]:
    """The same change of colours for both (image over grey, mask): channels swapped, gains, offsets."""
    if rng.random() > JITTERED_SHARE:
        return source[0], target[0]
    order = rng.permutation(3) if rng.random() < 0.4 else np.arange(3)
    gain = torch.as_tensor(rng.uniform(0.7, 1.2, size=(3, 1, 1)), dtype=torch.float32)
    offset = torch.as_tensor(rng.uniform(-0.2, 0.2) + rng.uniform(-0.1, 0.1, size=(3, 1, 1)), dtype=torch.float32)
    changed = [(image[:, order] * gain + offset * mask).clamp(-1, 1) for image, mask in (source, target)]
    return changed[0], changed[1]
