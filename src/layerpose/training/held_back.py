"""Model + one person's held-back frames -> how well it draws them, and the pictures side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.data.album.closest import Closest
from layerpose.data.album.opening import Album
from layerpose.data.pairs import Pairs, view_shot
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.protocols import measure_fg
from layerpose.evaluation.ssim import ssim
from layerpose.evaluation.truth import Prediction, Truth
from layerpose.maps.render import pose_body
from layerpose.stages.model import Model
from layerpose.training.batches import move
from layerpose.training.personal import sized

NUM_PAIRS = 12
SEED = 7
"""Of the choice of pairs."""


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """What a model makes of the held-back pairs."""

    figures: dict[str, float]
    """Means over the pairs: LPIPS of the person where its weights were given, SSIM of the person."""
    images: tuple[Float[Tensor, "1 3 h w"], ...]
    sources: tuple[Float[Tensor, "1 3 h w"], ...]
    targets: tuple[Float[Tensor, "1 3 h w"], ...]


@torch.inference_mode()
def draw_held_back(
    model: Model, album: Album, size: int, lpips: Path | None, report: Callable[[int, int], None], *,
    known: Album | None = None,
) -> HeldBack:  # fmt: skip
    """Draw and measure pairs whose source and target were both held back, `size` pixels a side.

    `known` is the album that a personal model looks things up in beside the source.
    """
    device = next(model.parameters()).device
    config = sized(model.config, size)
    pairs = Pairs(album, [album.owner], config, length=0, seed=SEED, disturb=False)
    closest = None if known is None else Closest(known, config)
    metric = None if lpips is None else Lpips(lpips)
    chosen = choose_pairs(album.frames(album.owner))
    found: dict[str, list[float]] = {}
    images, sources, targets = [], [], []
    for done, (source, target) in enumerate(chosen, start=1):
        shot, truth = (pairs.read(album.owner, frame) for frame in (source, target))
        view = view_shot(shot, config)
        if closest is not None:
            view = closest.view(pose_body(truth.body).transforms[:, :3, :3], also=view)
        sample = pairs.finish(view, truth)
        image = model(move(sample.conditions, device)).image.float().cpu().clamp(-1, 1)
        found.setdefault("SSIM person", []).append(float(ssim(image, sample.target, sample.mask)))
        if metric is not None:
            truth = Truth(image=sample.target, mask=sample.mask, metric=metric)
            figures = measure_fg(Prediction(image=image, truth=truth))
            found.setdefault("LPIPS person", []).append(figures.lpips)
        images.append(image)
        sources.append(shot.image)
        targets.append(sample.target)
        report(done, len(chosen))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return HeldBack(figures=means, images=tuple(images), sources=tuple(sources), targets=tuple(targets))


def choose_pairs(frames: Sequence[str]) -> list[tuple[str, str]]:
    """Some of the ordered pairs of different frames, every frame about as often."""
    every = [(source, target) for source in frames for target in frames if source != target]
    order = np.random.default_rng(SEED).permutation(len(every))[:NUM_PAIRS]
    return [every[row] for row in order]
