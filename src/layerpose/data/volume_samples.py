"""Records -> samples for the volume network: one frame of a person, and another one's pose and labelled volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn.functional import max_pool2d
from torch.utils.data import Dataset

from layerpose.data.augment import FLIPPED_SHARE, Shot, flip, flip_body, jitter, move
from layerpose.data.pairs import fit
from layerpose.data.records import Records
from layerpose.estimation.volume import lay_capsules
from layerpose.maps.limbs import draw_limbs, limb_points
from layerpose.maps.render import draw_body, mesh
from layerpose.maps.voxels import SIZE, voxelise
from layerpose.networks.capsules import Skeleton
from layerpose.runtime.arrays import read_arrays
from layerpose.runtime.cache import writing
from layerpose.types import Body

FARTHEST = 24
"""Voxels by which a target is moved at most."""
CLOSE = 8 / 256
"""How far from the body's outline still counts as close by, as a share of the canvas."""
JUDGED_SHARE = 1 / 32
"""Share of a volume's columns that a step judges."""
CLOSE_SHARE = 0.75
"""Share of these that lie on the body or close by."""
MIRRORED = torch.tensor([0, 1, 2, 4, 3, 6, 5], dtype=torch.uint8)
"""Label of the mirrored part."""


@dataclass(frozen=True, kw_only=True)
class VolumeSample:
    """What the network is told, source and limb maps, and what it should say."""

    source: Float[Tensor, "b 3 h w"]
    pose: Float[Tensor, "b c h//2 w//2"]
    skeleton: Skeleton
    labels: UInt8[Tensor, "b d s s"]
    columns: Int64[Tensor, "b n"]
    """Places (row * width + column) of the columns of voxels that are judged; one may come twice."""


class VolumePairs(Dataset[VolumeSample]):
    """Random pairs of frames of the given people, changed as a user's photos may be; an index is always one sample.

    Solid volumes take a second each to make; those of the frames are kept in the folder `labels`, if one is given.
    """

    def __init__(
        self, records: Records, people: Sequence[str], *, size: int, length: int, seed: int, vary: bool = True,
        labels: Path | None = None,
    ) -> None:  # fmt: skip
        if not people:
            raise ValueError(f"{records.path} has no people for this; expected some; make more with `layerpose synth`")
        self.records, self.people, self.size = records, people, size
        self.length, self.seed, self.vary, self.labels = length, seed, vary, labels

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> VolumeSample:
        rng, person, first, second = self._choose(index)
        shot, target = self._read(person, first), self.records.body(person, second)
        labels = self._read_labels(person, second, target)
        if self.vary:
            shot = _vary_source(shot, rng)
            if rng.random() < FLIPPED_SHARE:
                shot, target, labels = flip(shot), flip_body(target), flip_labels(labels)
            target, labels = shift(target, labels, rng)
        return make_sample(shot, target, labels, self.size, rng)

    def draw(self, index: int) -> tuple[Shot, Shot]:
        """Source and target frame as they are."""
        _, person, first, second = self._choose(index)
        return self._read(person, first), self._read(person, second)

    def _choose(self, index: int) -> tuple[np.random.Generator, str, str, str]:
        rng = np.random.default_rng([self.seed, index])
        person = self.people[int(rng.integers(len(self.people)))]
        first, second = (str(frame) for frame in rng.choice(self.records.frames(person), 2, replace=False))
        return rng, person, first, second

    def _read(self, person: str, frame: str) -> Shot:
        image, mask, body = self.records.load(person, frame)
        return Shot(image=fit(image, self.size), mask=fit(mask, self.size), body=body)

    def _read_labels(self, person: str, frame: str, body: Body) -> UInt8[Tensor, "d s s"]:
        if self.labels is None:
            return label(body)
        path = self.labels / f"{person}-{frame}.npz"
        if not path.exists():
            self.labels.mkdir(parents=True, exist_ok=True)
            with writing(path) as temporary, temporary.open("wb") as file:
                np.savez_compressed(file, labels=label(body).numpy())
        return torch.from_numpy(read_arrays(path)["labels"])


def label(body: Body) -> UInt8[Tensor, "d s s"]:
    """The solid volume of a body."""
    drawn, topology = draw_body(body, SIZE), mesh(torch.device("cpu"))
    return voxelise(drawn.vertices, topology.faces, topology.parts, scale=drawn.scale).labels


def make_sample(
    shot: Shot, target: Body, labels: UInt8[Tensor, "d s s"], size: int, rng: np.random.Generator
) -> VolumeSample:
    """The sample of a frame, a body and its volume. A network of another size gets fewer voxels."""
    step = SIZE // size
    small = labels[:, step // 2 :: step, step // 2 :: step]
    points = limb_points(draw_body(target, SIZE))
    return VolumeSample(
        source=shot.image, pose=draw_limbs(points, size // 2)[None], skeleton=lay_capsules(points, target.camera.scale),
        labels=small[None], columns=choose_columns(small, rng)[None],
    )  # fmt: skip


def choose_columns(labels: UInt8[Tensor, "d s s"], rng: np.random.Generator) -> Int64[Tensor, "n"]:
    """Columns of a volume to judge: most on the body or close by, where the mistakes are, the others from anywhere."""
    body = (labels > 0).any(0)
    reach = round(CLOSE * len(body))
    close = max_pool2d(body[None].float(), 2 * reach + 1, 1, reach).flatten().nonzero().flatten()
    total = round(JUDGED_SHARE * body.numel())
    near = rng.choice(close.numpy(), round(CLOSE_SHARE * total))
    return torch.from_numpy(np.concatenate([near, rng.integers(body.numel(), size=total - len(near))]))


def flip_labels(labels: UInt8[Tensor, "d s s"]) -> UInt8[Tensor, "d s s"]:
    """Mirrored; left and right change places."""
    return MIRRORED[labels.long()].flip(-1)


def shift(
    target: Body, labels: UInt8[Tensor, "d s s"], rng: np.random.Generator
) -> tuple[Body, UInt8[Tensor, "d s s"]]:
    """The body elsewhere on the canvas, by whole voxels."""
    rows, columns = (torch.nonzero((labels > 0).any(0).any(axis)).flatten() for axis in (1, 0))
    down, right = (
        int(rng.integers(max(-int(found[0]), -FARTHEST), min(SIZE - 1 - int(found[-1]), FARTHEST) + 1))
        for found in (rows, columns)
    )
    x, y = target.camera.translation
    camera = replace(target.camera, translation=(x + right / SIZE, y + down / SIZE))
    return replace(target, camera=camera), labels.roll((down, right), (1, 2))


def _vary_source(shot: Shot, rng: np.random.Generator) -> Shot:
    shot = move(shot, rng)
    return jitter(shot, shot, rng)[0]
