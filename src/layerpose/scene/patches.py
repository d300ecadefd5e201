"""A picture with a hole -> the hole filled with what the picture shows elsewhere, patch by patch, from coarse to fine.

Wexler, Shechtman, Irani (2007): every patch that touches the hole looks like one that is known, and a pixel is what the
patches over it say. Barnes et al. (2009): where the likest patches are is guessed, and good guesses are handed on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import warp as wp
from jaxtyping import Bool, Float, Float32, Int32, UInt8

from layerpose.scene.kernels import REACH, search, vote
from layerpose.scene.poisson import COARSEST, solve, sum_steps

LEAST_SOURCES = 300
"""Where fewer patches are known, they are not enough to choose from."""
ROUNDS = (6, 5, 4, 2, 2, 1)
"""Of search and vote, from the coarsest level on; the last holds for all finer ones."""
MOST = 400_000
"""A hole of more pixels is not worked on at that size but at half of it."""
NEAR = 12.0
"""How far a fine level looks around what a coarser one has found, in pixels."""
SHARE = 0.75
"""Patches as good as this share of all have a say that counts."""
HELD = 8.0
"""Into the middle of the hole colours are led from its edge as far as one of so many parts of the picture, or so."""
TRUST = 0.5
"""How fast trust in what was filled falls towards the middle of the hole, a pixel of the coarsest level."""


@dataclass
class Level:
    """The picture at one size."""

    image: Float32[np.ndarray, "h w 3"]
    """In the hole, what it is thought to be."""
    hole: Bool[np.ndarray, "h w"]
    known: Bool[np.ndarray, "h w"]
    """Pixels that may be copied: not in the hole, nor anywhere else where nothing is to be taken from."""

    def __post_init__(self) -> None:
        patch = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
        whole = cv2.erode(self.known.astype(np.uint8), patch, borderValue=0)
        inner = np.zeros_like(self.hole)
        inner[REACH:-REACH, REACH:-REACH] = True
        self.sources: UInt8[np.ndarray, "h w"] = whole * inner
        inward = cv2.distanceTransform(self.hole.astype(np.uint8), cv2.DIST_L2, 3)
        fading = np.exp(-TRUST * inward / max(min(self.hole.shape) / COARSEST, 1))
        self.trust: Float32[np.ndarray, "h w"] = ((self.known | self.hole) * fading).astype(np.float32)
        touching = cv2.dilate(self.hole.astype(np.uint8), patch).astype(bool) & inner
        self.places = np.argwhere(touching).astype(np.int32)
        self.pixels = np.argwhere(self.hole).astype(np.int32)
        self.found: Int32[np.ndarray, "h w 2"] = np.full((*self.hole.shape, 2), -1, np.int32)
        self.cost = np.zeros(self.hole.shape, np.float32)

    def begin(self, coarser: Level | None, rng: np.random.Generator) -> None:
        """Where the likest patches may be: as at half the size. Without that anywhere, and the hole filled smoothly."""
        choice = np.argwhere(self.sources)
        guessed = choice[rng.integers(len(choice), size=len(self.places))].astype(np.int32)
        if coarser is not None:
            half = np.minimum(self.places // 2, np.array(coarser.hole.shape) - 1)
            handed = coarser.found[half[:, 0], half[:, 1]]
            finer = np.clip(2 * handed + self.places % 2, 0, np.array(self.hole.shape) - 1)
            good = (handed[:, 0] >= 0) & (self.sources[finer[:, 0], finer[:, 1]] > 0)
            guessed[good] = finer[good]
        self.found[self.places[:, 0], self.places[:, 1]] = guessed
        if coarser is not None:
            self.say()
            return
        nowhere = (~self.known).astype(np.uint8)
        smooth = cv2.inpaint(self.image.round().astype(np.uint8), nowhere, REACH, cv2.INPAINT_TELEA)
        self.image = np.where(self.hole[..., None], smooth, self.image).astype(np.float32)

    def look(self, radius: float, seed: int) -> None:
        """Search there and back."""
        for way, places in ((1, self.places), (-1, np.ascontiguousarray(self.places[::-1]))):
            wp.launch(
                search, dim=len(places), device="cpu",
                inputs=[self.image, self.trust, self.sources, places, way, radius, seed + way],
                outputs=[self.found, self.cost],
            )  # fmt: skip

    def say(self) -> None:
        """Fill the hole with what was found."""
        self.image = self._voted(self.pixels)[0]

    def melt(self) -> None:
        """From pixel to pixel the steps stay as they were found; where they lead to is what is known round the hole."""
        around = cv2.dilate(self.hole.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        voted, steps = self._voted(np.argwhere(around).astype(np.int32))
        image = np.where(self.hole[..., None], voted, self.image)
        counts = (self.known | self.hole).astype(np.float32)
        wrong = sum_steps(image, counts, (steps[:-1, :, :3], steps[:, :-1, 3:]))
        hold = (HELD / len(image)) ** 2
        self.image = (image + solve(wrong * self.hole[..., None], self.hole, counts, hold)).clip(0, 255)

    def _voted(
        self, pixels: Int32[np.ndarray, "n 2"]
    ) -> tuple[Float32[np.ndarray, "h w 3"], Float32[np.ndarray, "h w 6"]]:
        prices = self.cost[self.places[:, 0], self.places[:, 1]]
        scale = 1 / max(2 * float(np.quantile(prices, SHARE)), 1.0)
        filled, steps = self.image.copy(), np.zeros((*self.hole.shape, 6), np.float32)
        wp.launch(
            vote, dim=len(pixels), device="cpu",
            inputs=[self.image, pixels, self.found, self.cost, self.trust, scale], outputs=[filled, steps],
        )  # fmt: skip
        return filled, steps


def complete(
    image: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], known: Bool[np.ndarray, "h w"], seed: int = 0
) -> Float[np.ndarray, "h w 3"] | None:
    """The picture with its hole filled; only what is `known` is copied. None if too little of it is."""
    rng, done = np.random.default_rng(seed), None
    for number, level in enumerate(_levels(image, hole, known)):
        if (level.sources > 0).sum() < LEAST_SOURCES or (done is not None and len(level.pixels) > MOST):
            continue
        radius = float(max(level.hole.shape)) if done is None else NEAR
        level.begin(done, rng)
        for again in range(ROUNDS[min(number, len(ROUNDS) - 1)]):
            level.look(radius, seed + 100 * number + 2 * again)
            level.say()
        done = level
    if done is None:
        return None
    done.melt()
    return cv2.resize(done.image, hole.shape[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 255)


def _levels(
    image: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], known: Bool[np.ndarray, "h w"]
) -> Iterator[Level]:
    """The picture at a small size, at twice that, and so on."""
    whole = [one.astype(np.float32) for one in (image, hole, known)]
    for halving in range(max(int(np.log2(min(hole.shape) / COARSEST)), 0), -1, -1):
        size = hole.shape[1] >> halving, hole.shape[0] >> halving
        smaller, within, free = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in whole)
        yield Level(image=smaller, hole=within > 0, known=(free > 0.999) & (within == 0))
