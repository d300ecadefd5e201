"""Picture + roughly known parts -> how likely each part is at each pixel by its colour.

A fit is a few pixels off: a hand beside its place lies on trousers or a shirt. What is well inside a part tells which
colours it has; a pixel near the border of two parts belongs to the one that has its colour. Parts of one colour stay as
the fit has them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, Integer
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist

from layerpose.types import CLASSES, MIRRORED_CLASSES

NUM_COLOURS = 5
"""Of a part, at most: skin, hair, cloth, its shade, a print."""
LEAST_SHARE = 0.01
"""Of a part's pixels: a colour that fewer have is none of it."""
ROUNDS = 8
BOTH = tuple((part, other) for part, other in enumerate(MIRRORED_CLASSES) if 0 < part <= other)
"""Left and right wear the same: one is only in the shade of the other."""
INNER = 0.5
"""So much of a part, the inmost, tells its colours: at its borders it may be another's."""
FEWEST = 30
"""Of fewer pixels nothing is learnt."""
REACH = 3 / 256
"""Standard deviation of the places of borders (share of the picture)."""
BLUR = 25.0
"""Variance that each of a part's colours has at least, in CIE Lab."""
TRUST = 0.5
"""Neighbouring pixels share their colour: the likelihood counts with this power."""
NEVER, UNKNOWN = 1e-5, 1e-3
"""Likelihood of a colour that a part does not have, and of any colour of a part whose colours nothing tells."""


def weigh_by_colour(
    picture: Float[np.ndarray, "s s 3"], labels: Integer[np.ndarray, "s s"], body: Integer[np.ndarray, "s s"],
    joined: Bool[np.ndarray, "s s 7"],
) -> Float[np.ndarray, "s s 7"]:  # fmt: skip
    """Chances of the seven classes: `labels` are where the parts roughly are, `body` what the naked body shows there.

    No pixel goes to a class in `joined` that is not its own: there a shirt ends where it likes.
    """
    size, inside = len(labels), labels > 0
    colours = cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2LAB)
    chances = np.zeros((size, size, len(CLASSES)), dtype=np.float32)
    models = {both[0]: _learn(colours, labels, body, both) for both in BOTH}
    for part in range(1, len(CLASSES)):
        near = gaussian_filter((labels == part).astype(np.float32), REACH * size)
        asked = inside & (near > 0) & ((labels == part) | ~joined[..., part])
        chances[asked, part] = near[asked]
        known = models[min(part, MIRRORED_CLASSES[part])]
        likely = UNKNOWN if known is None else known.likelihood(colours[asked]) + NEVER
        chances[asked, part] *= likely**TRUST
    total = chances.sum(-1, keepdims=True)
    chances = np.divide(chances, total, out=chances, where=total > 0)
    chances[..., 0] = ~inside
    return chances


@dataclass(frozen=True, kw_only=True)
class _Colours:
    """A few colours and how much of a part has each: a mixture of normal distributions along Lab's axes."""

    means: Float[np.ndarray, "k 3"]
    variances: Float[np.ndarray, "k 3"]
    shares: Float[np.ndarray, "k"]

    def likelihood(self, colours: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n"]:
        """Up to a factor that is the same for every part."""
        distance = ((colours[:, None] - self.means) ** 2 / self.variances).sum(-1)
        return (self.shares / np.sqrt(self.variances.prod(-1)) * np.exp(-distance / 2)).sum(-1)


def _learn(
    colours: Float[np.ndarray, "s s 3"], labels: Integer[np.ndarray, "s s"], body: Integer[np.ndarray, "s s"],
    both: tuple[int, int],
) -> _Colours | None:  # fmt: skip
    """The colours of a part, or of two, where the body shows it and no other is near; None: there is too little."""
    deep = np.zeros(labels.shape, dtype=bool)
    for part in both:
        own, inside = (labels == part) & (body == part), _depths(labels == part)
        deep |= own & (inside >= np.quantile(inside[own], 1 - INNER) if own.any() else False)
    seen = colours[deep].astype(np.float64)
    if len(seen) < FEWEST:
        return None
    number = _group(seen)
    found = [seen[number == one] for one in range(NUM_COLOURS) if (number == one).mean() > LEAST_SHARE]
    return _Colours(
        means=np.stack([one.mean(0) for one in found]),
        variances=np.stack([one.var(0) + BLUR for one in found]),
        shares=np.array([len(one) for one in found]) / len(seen),
    )


def _depths(inside: Bool[np.ndarray, "s s"]) -> Float[np.ndarray, "s s"]:
    """How far each pixel is from the nearest one outside."""
    return cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _group(colours: Float[np.ndarray, "n 3"]) -> Int[np.ndarray, "n"]:
    """The group that each colour belongs to (Lloyd's algorithm), beginning with dark to light."""
    number = (colours[:, 0].argsort().argsort() * NUM_COLOURS) // len(colours)
    for _ in range(ROUNDS):
        centres = np.stack([colours[number == one].mean(0) for one in np.unique(number)])
        number = cdist(colours, centres).argmin(1)
    return number
