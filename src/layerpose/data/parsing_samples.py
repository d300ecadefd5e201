"""Parsed frames -> samples for the parsing network: photo-like pictures with what `estimate` knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from layerpose.data.backgrounds import paint_backgrounds
from layerpose.data.parsed import ParsedFrames
from layerpose.data.photo_like import Figure, Scene, photograph
from layerpose.estimation.parsing import describe

NUM_BACKGROUNDS = 240
MISTAKEN_SHARE = 0.8
"""Share of the windows that are laid around a mistake."""


@dataclass(frozen=True, kw_only=True)
class ParsingSample:
    """What the network is told, and the classes that it should find."""

    image: Float[Tensor, "b 3 s s"]
    outlines: Float[Tensor, "b 2 s s"]
    rough: Float[Tensor, "b 7 s s"]
    labels: UInt8[Tensor, "b s s"]


class Scenes(Dataset[ParsingSample]):
    """Frames of one or more sets, photographed anew each time; the same index gives the same sample.

    With `window` they are cut to squares so many pixels wide, most of them around a mistake of the rough parsing: these
    cost less than whole pictures, and most of what there is to learn is in them.
    """

    def __init__(
        self, sets: Sequence[ParsedFrames], *, length: int, seed: int, window: int | None = None
    ) -> None:  # fmt: skip
        self.sets, self.length, self.seed, self.window = sets, length, seed, window
        self._rows = [(which, row) for which, frames in enumerate(sets) for row in range(len(frames))]
        size = sets[0].labels.shape[-1]
        self._backgrounds = paint_backgrounds(NUM_BACKGROUNDS, size, np.random.default_rng(seed))

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> ParsingSample:
        round_, place = divmod(index, len(self._rows))
        order = np.random.default_rng([self.seed, round_]).permutation(len(self._rows))
        which, row = self._rows[order[place]]
        rng = np.random.default_rng([self.seed, round_, place])
        frames = self.sets[which]
        body = frames.bodies[row, rng.integers(frames.bodies.shape[1])]
        picture = frames.pictures[row]
        figure = Figure(colour=picture[..., :3], alpha=picture[..., 3], labels=frames.labels[row], body=body)
        background, cover = (self._background(rng) for _ in range(2))
        sample = make_sample(photograph(figure, background, cover, rng))
        return sample if self.window is None else cut_window(sample, self.window, rng)

    def _background(self, rng: np.random.Generator) -> UInt8[np.ndarray, "s s 3"]:
        """One of the painted pictures, turned or mirrored."""
        picture = self._backgrounds[rng.integers(len(self._backgrounds))]
        return picture[:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]


def make_sample(scene: Scene) -> ParsingSample:
    """Numbers as the network reads them."""
    mask = torch.from_numpy(scene.mask)[None, None].float() / 255
    outlines, rough = describe(scene.body, mask)
    return ParsingSample(
        image=torch.from_numpy(scene.photo).permute(2, 0, 1).float()[None] / 127.5 - 1,
        outlines=outlines, rough=rough, labels=torch.from_numpy(scene.labels)[None],
    )  # fmt: skip


def cut_window(sample: ParsingSample, side: int, rng: np.random.Generator) -> ParsingSample:
    """A square of the sample, more often than not around a pixel that the rough parsing tells wrong."""
    size, labels = sample.labels.shape[-1], sample.labels[0]
    wrong = sample.rough[0].argmax(0) != labels
    pixels = torch.nonzero(wrong if wrong.any() and rng.random() < MISTAKEN_SHARE else labels >= 0)
    top, left = (pixels[int(rng.integers(len(pixels)))] - side // 2).clamp(0, size - side).tolist()
    box = (..., slice(top, top + side), slice(left, left + side))
    return ParsingSample(
        image=sample.image[box], outlines=sample.outlines[box], rough=sample.rough[box], labels=sample.labels[box]
    )
