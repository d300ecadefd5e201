"""Records -> samples for the volume network: one frame of a person, and another one's pose and labelled volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from layerpose.data.augment import FLIPPED_SHARE, Shot, flip, jitter, move
from layerpose.data.pairs import fit
from layerpose.data.records import Records
from layerpose.maps.limbs import draw_limbs
from layerpose.maps.render import draw_body, mesh
from layerpose.maps.voxels import SIZE, voxelise


@dataclass(frozen=True, kw_only=True)
class VolumeSample:
    """What the network is told, source and limb maps, and what it should say."""

    source: Float[Tensor, "b 3 h w"]
    pose: Float[Tensor, "b c h w"]
    labels: UInt8[Tensor, "b d s s"]


class VolumePairs(Dataset[VolumeSample]):
    """Random pairs of frames of the given people, changed like in `pairs`; the same index gives the same sample."""

    def __init__(
        self, records: Records, people: Sequence[str], *, size: int, length: int, seed: int, vary: bool = True
    ) -> None:
        if not people:
            raise ValueError(f"{records.path} has no people for this; expected some; make more with `layerpose synth`")
        self.records, self.people, self.size = records, people, size
        self.length, self.seed, self.vary = length, seed, vary

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> VolumeSample:
        return make_sample(*self.draw(index), self.size)

    def draw(self, index: int) -> tuple[Shot, Shot]:
        """Source and target frame."""
        rng = np.random.default_rng([self.seed, index])
        person = self.people[int(rng.integers(len(self.people)))]
        shot, target = (self._read(person, str(f)) for f in rng.choice(self.records.frames(person), 2, replace=False))
        if not self.vary:
            return shot, target
        if rng.random() < FLIPPED_SHARE:
            shot, target = flip(shot), flip(target)
        return jitter(move(shot, rng), move(target, rng), rng)

    def _read(self, person: str, frame: str) -> Shot:
        image, mask, body = self.records.load(person, frame)
        return Shot(image=fit(image, self.size), mask=fit(mask, self.size), body=body)


def make_sample(shot: Shot, target: Shot, size: int) -> VolumeSample:
    """The sample of two frames; the target's picture is not looked at. A network of another size gets fewer voxels."""
    drawn, topology = draw_body(target.body, SIZE), mesh(torch.device("cpu"))
    labels = voxelise(drawn.vertices, topology.faces, topology.parts, scale=drawn.scale).labels
    step = SIZE // size
    return VolumeSample(
        source=shot.image, pose=draw_limbs(drawn.keypoints, size)[None],
        labels=labels[None, :, step // 2 :: step, step // 2 :: step],
    )  # fmt: skip
