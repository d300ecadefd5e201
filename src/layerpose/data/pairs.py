"""Records -> training samples: two frames of one person, the source as in a user's photo, the target as the truth.

The source body is disturbed like a well fitted one (joint noise, camera noise, now and then without perspective), now
more, now less, and its mask is eroded or dilated; the target's maps are exact. The network is told nothing of the
target picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.model import body_model
from layerpose.config import ModelConfig
from layerpose.data.augment import FLIPPED_SHARE, STRONGEST, Shot, disturb, disturb_mask, flip, jitter, move
from layerpose.data.records import Records
from layerpose.maps.clothing import draw_dressed
from layerpose.maps.crops import cut
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import DrawnBody, draw_posed, pose_body
from layerpose.maps.source import SourceView, view_source
from layerpose.stages.conditions import Conditions, prepare
from layerpose.types import CLASSES, LAYERS

LIMB_BONES = ("spine02", "head", "upperarm01", "lowerarm01", "upperleg01", "lowerleg01")
"""Bones whose directions tell how far apart two poses are; limbs on both sides."""

CPU = torch.device("cpu")
Prepare = Callable[[SourceView, DrawnBody, ModelConfig], Conditions]
"""How a source and a target body become what a model is told."""


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
    """Random pairs of the given people, the far apart ones preferred; the same index gives the same pair."""

    def __init__(
        self, records: Records, people: list[str], config: ModelConfig, *, length: int, seed: int, disturb: bool = True,
        prepare: Prepare = prepare,
    ) -> None:  # fmt: skip
        if not people:
            raise ValueError(f"{records.path} has no people for this; expected some; make more with `layerpose synth`")
        self.records, self.people, self.config = records, people, config
        self.length, self.seed, self.disturb, self.prepare = length, seed, disturb, prepare
        self._chances = lru_cache(maxsize=4096)(self._find_chances)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng([self.seed, index])
        return self.make(*self.draw(rng), rng)

    def draw(self, rng: np.random.Generator) -> tuple[str, str, str]:
        """A person, a source frame and a target frame."""
        person = self.people[rng.integers(len(self.people))]
        chances = self._chances(person)
        source, target = divmod(int(rng.choice(chances.size, p=chances.ravel())), len(chances))
        frames = self.records.frames(person)
        return person, frames[source], frames[target]

    def name(self, index: int) -> str:
        """Which frames a sample is made of, for messages."""
        person, source, target = self.draw(np.random.default_rng([self.seed, index]))
        return f"{person}/{source} to {target}"

    def shots(self, person: str, source: str, target: str, rng: np.random.Generator) -> tuple[Shot, Shot, bool]:
        """Two frames of a person: the source like a user's photo, the target as it is; and whether both are flipped."""
        shot, truth = (self.read(person, frame) for frame in (source, target))
        flipped = False
        if self.disturb:
            flipped = bool(rng.random() < FLIPPED_SHARE)
            if flipped:
                shot, truth = flip(shot), flip(truth)
            shot, truth = jitter(move(shot, rng), move(truth, rng), rng)
            mask = disturb_mask(shot.mask, rng)
            shot = Shot(
                image=shot.image * mask, mask=mask, body=disturb(shot.body, rng, strength=STRONGEST * rng.random())
            )
        return shot, truth, flipped

    def make(self, person: str, source: str, target: str, rng: np.random.Generator) -> Sample:
        """The sample of two frames of a person."""
        shot, truth, _ = self.shots(person, source, target, rng)
        return self.finish(view_shot(shot, self.config), truth)

    def finish(self, view: SourceView, truth: Shot) -> Sample:
        """The sample of what a source shows and a target frame."""
        drawn = draw_dressed(pose_body(truth.body), truth.body.camera, self.config.canvas, view.clothes, device=CPU)
        conditions = self.prepare(view, drawn, self.config)
        targets, visible = (), ()
        if conditions.parts:
            targets = tuple(cut(truth.image, part.boxes, part.source.shape[-1]) for part in conditions.parts)
            shown = conditions.maps.parsing * truth.mask
            visible = tuple(
                cut(shown[:, CLASSES.index(name)][:, None], part.boxes, part.source.shape[-1])
                for name, part in zip(LAYERS, conditions.parts, strict=True)
            )
        return Sample(
            conditions=conditions, target=truth.image, mask=truth.mask, part_targets=targets, part_visible=visible
        )

    def read(self, person: str, frame: str) -> Shot:
        """A frame as it is, on the model's canvas."""
        image, mask, body = self.records.load(person, frame)
        return Shot(image=fit(image, self.config.canvas), mask=fit(mask, self.config.canvas), body=body)

    def _find_chances(self, person: str) -> Float[np.ndarray, "n n"]:
        """How likely each pair of a person's frames is: in proportion to how far apart they are."""
        directions = np.stack([_directions(self.records, person, f) for f in self.records.frames(person)])
        apart = np.linalg.norm(directions[:, None] - directions[None], axis=-1).mean(-1)
        if apart.sum() == 0:
            raise ValueError(f"person {person} of {self.records.path} has no two frames that differ; make it again")
        return apart / apart.sum()


def view_shot(
    shot: Shot, config: ModelConfig, device: torch.device = CPU, *, parsing: Float[Tensor, "1 7 h w"] | None = None
) -> SourceView:
    """What a frame shows of its body, for a model; without a `parsing` that of body and mask."""
    posed = pose_body(shot.body)
    drawn = draw_posed(posed, shot.body.camera, shot.image.shape[-1], device=device)
    if parsing is None:
        parsing = parse_source(drawn, shot.mask.to(device))
    return view_source(shot.image.to(device), parsing, drawn, posed, dressed=config.guides.dressed)


def fit(picture: Float[Tensor, "b c h w"], size: int) -> Float[Tensor, "b c s s"]:
    """Resample to the canvas's size."""
    if picture.shape[-1] == size:
        return picture
    return torch.nn.functional.interpolate(
        picture, size=(size, size), mode="bilinear", antialias=picture.shape[-1] > size, align_corners=False
    )


def view_difference(records: Records, person: str, source: str, target: str) -> float:
    """By how many degrees (0..180) the body has turned about the vertical between two frames."""
    headings = []
    for frame in (source, target):
        rotation = records.body(person, frame).pose.rotations[0].double().numpy()
        front = BODY_TO_CAMERA.numpy() @ rotation @ np.array([0.0, -1.0, 0.0])
        headings.append(np.degrees(np.arctan2(front[0], -front[2])))
    turn = abs(headings[0] - headings[1])
    return float(min(turn, 360 - turn))


def _directions(records: Records, person: str, frame: str) -> Float[np.ndarray, "n 3"]:
    """Where the trunk and the limbs point, and where the body faces."""
    model, body = body_model(), records.body(person, frame)
    turned, _ = model.kinematics(_rest(records, person), body.pose.rotations.double().numpy())
    return limb_directions(turned @ model.reference_orientations.transpose(0, 2, 1))


def limb_directions(orientations: Float[np.ndarray, "j 3 3"]) -> Float[np.ndarray, "n 3"]:
    """Where trunk and limbs point, and where the body faces, for bones turned from the template."""
    bones = [body_model().bone(name) for name in _limb_bones()]
    return np.concatenate([orientations[bones] @ [0, 0, 1.0], (orientations[0] @ [[0, 1.0], [1.0, 0], [0, 0]]).T])


@lru_cache(maxsize=1)
def _limb_bones() -> tuple[str, ...]:
    names = body_model().bone_names
    return tuple(n for bone in LIMB_BONES for n in ((bone,) if bone in names else (f"{bone}.L", f"{bone}.R")))


@lru_cache(maxsize=8)
def _rest(records: Records, person: str):
    return body_model().rest(records.body(person, "000").phenotype.numpy())
