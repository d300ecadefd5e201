"""Keyframes of one person -> cut-outs and bodies, all of one shape; and the problem with each, if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from layerpose.data.footage.people import Source
from layerpose.data.footage.watch import Sight, find_again
from layerpose.data.records import Frame
from layerpose.estimation.canvas import canvas_around
from layerpose.estimation.estimate import cut_canvas
from layerpose.estimation.fit import Fit, fit_body
from layerpose.estimation.landmarks import Landmarks
from layerpose.estimation.matte import separate
from layerpose.media.videos.reading import Look

SHAPE_FRAMES = 12
"""The shape is the median over fits of so many keyframes."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far a body may be off until its frame is put aside."""

    reprojection: float = 0.02
    """Of the landmarks, as a share of the stature."""
    overlap: float = 0.78
    """Of the outlines, intersection over union."""

    def problem(self, fit: Fit) -> str:
        """What is wrong with a fit; nothing if it holds."""
        if fit.reprojection > self.reprojection:
            return f"reprojection: landmarks missed by {fit.reprojection:.1%}, more than {self.reprojection:.1%}"
        if fit.overlap < self.overlap:
            return f"mask overlap: {fit.overlap:.2f}, less than {self.overlap:.2f}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A keyframe with its body."""

    frame: Frame
    index: int
    """Of the picture in its source."""
    time: float
    reprojection: float
    overlap: float
    problem: str


def find_shape(source: Source, keyframes: Sequence[Sight]) -> Float[np.ndarray, "6"]:
    """The median of what the first keyframes say of the person's shape. ValueError if no body fits any."""
    found = []
    for _, _, landmarks in find_again(source, keyframes[:SHAPE_FRAMES]):
        try:
            found.append(fit_body(landmarks).body.phenotype.double().numpy())
        except ValueError:
            continue
    if not found:
        raise ValueError(f"{source.path} shows nobody to whom a body could be fitted, in {len(keyframes)} keyframes")
    return np.median(found, axis=0)


def measure(
    source: Source, keyframes: Sequence[Sight], phenotype: Float[np.ndarray, "6"], size: int, limits: Limits
) -> Iterator[Candidate | Sight]:
    """Keyframes in the order of the source: cut out and fitted, or with the problem why they cannot be."""
    for sight, look, landmarks in find_again(source, keyframes):
        try:
            fit = fit_body(landmarks, phenotype)
        except ValueError as error:
            yield Sight(index=sight.index, time=sight.time, shot=sight.shot, problem=str(error))
            continue
        yield Candidate(
            frame=_cut(source, look, landmarks, fit, size), index=sight.index, time=sight.time,
            reprojection=fit.reprojection, overlap=fit.overlap, problem=limits.problem(fit),
        )  # fmt: skip


def _cut(source: Source, look: Look, landmarks: Landmarks, fit: Fit, size: int) -> Frame:
    canvas = canvas_around(landmarks, size)
    colour, alpha = separate(*cut_canvas(look.pixels, landmarks, canvas))
    picture = np.concatenate([colour, alpha[..., None]], axis=2) * 255
    return Frame(
        picture=picture.round().clip(0, 255).astype(np.uint8),
        rotations=fit.body.pose.rotations.double().numpy(),
        camera=canvas.place(fit.body.camera),
        source=source.name(look.time),
    )
