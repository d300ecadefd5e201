"""Colours of a head -> which of its places are hair, and what this person's hair and skin look like.

Where hair usually grows is known of every vertex (`hairiness`). Two normal distributions of colours, one begun on the
crown and one on nose and cheeks, tell this person's hair from this person's skin (expectation maximisation).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from layerpose.body.model import body_model
from layerpose.maps.joints import vertex_parts
from layerpose.maps.usual import bundled_usual
from layerpose.types import CLASSES

SKIN, HAIR = 0.25, 0.75
"""How usual hair is where there is a face for sure, and where there is hair."""
FEWEST = 12
"""Shown places of a stuff; with fewer nothing is told apart."""
APART = 0.3
"""Mean colours of skin and hair that are closer, of -1..1, are not told apart."""
CORE = 0.6
"""Share of the sure places, the most alike ones, with which a stuff's colours begin."""
CORE_GROWS = 2.5
"""By how much their variance is larger than that of those."""
DOUBT = 0.1
"""No place is surer to be hair or skin than this leaves, whatever is usual."""
STRAY = 12.0
"""Squared distance, in standard deviations, of colours that are neither hair nor skin."""
ROUNDS = 6
NOISE = 0.04
"""Standard deviation that a stuff's colours have at least, of -1..1."""


@dataclass(frozen=True, kw_only=True)
class Normal:
    """A normal distribution of colours."""

    mean: Float[np.ndarray, "3"]
    covariance: Float[np.ndarray, "3 3"]

    def distance(self, colours: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n"]:
        """Squared, in standard deviations."""
        off = colours - self.mean
        return ((off @ np.linalg.inv(self.covariance)) * off).sum(1)

    def likelihood(self, colours: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n"]:
        """Its logarithm, up to a term that all distributions share."""
        return -(self.distance(colours) + np.linalg.slogdet(self.covariance)[1]) / 2

    def widened(self, times: float) -> Normal:
        """With so many times the variance."""
        return Normal(mean=self.mean, covariance=self.covariance * times)


def fit_normal(colours: Float[np.ndarray, "n 3"], weights: Float[np.ndarray, "n"]) -> Normal:
    """Mean and covariance; there is some noise in any picture."""
    shares = weights / weights.sum()
    mean = shares @ colours
    off = colours - mean
    return Normal(mean=mean, covariance=(off * shares[:, None]).T @ off + NOISE**2 * np.eye(3))


@dataclass(frozen=True, kw_only=True)
class Told:
    """Hair and skin of one person, told apart."""

    chances: Float[np.ndarray, "n"]
    """That each of the places is hair."""
    hair: Normal
    skin: Normal


@lru_cache(maxsize=1)
def head_vertices() -> Int[np.ndarray, "h"]:
    """Numbers of the head's vertices."""
    return np.flatnonzero(vertex_parts() == CLASSES.index("head"))


@lru_cache(maxsize=1)
def hairiness() -> Float[np.ndarray, "h"]:
    """How usual hair is at each of the head's vertices, 0..1: whether it is rather of one colour with crown or nose."""
    places, materials = body_model().template[head_vertices()], bundled_usual().materials[head_vertices()]
    crown, nose = (materials[place] for place in (places[:, 2].argmax(), places[:, 1].argmin()))
    from_crown, from_nose = (((materials - one) ** 2).sum(1) for one in (crown, nose))
    return from_nose / (from_nose + from_crown + 1e-9)


@lru_cache(maxsize=1)
def _cheeks() -> Bool[np.ndarray, "h"]:
    """Nose, mouth and cheeks: what even long hair leaves free."""
    places = body_model().template[head_vertices()]
    half, front = np.abs(places[:, 0]).max() / 2, places[:, 1].min()
    return (hairiness() < SKIN) & (np.abs(places[:, 0]) < half) & (places[:, 1] < front + half)


def tell_hair(colours: Float[np.ndarray, "h 3"], shown: Bool[np.ndarray, "h"]) -> Told | None:
    """Which of the head's vertices that are `shown` are hair; `colours` in -1..1. None: it cannot be told."""
    seen, usual = colours[shown].astype(np.float64), hairiness()[shown]
    crown, skin = usual > HAIR, find_skin(colours, shown)
    if skin is None or crown.sum() < FEWEST:
        return None
    hair = _begin(seen[crown])
    before = np.clip(usual, DOUBT, 1 - DOUBT)
    chances = before
    for _ in range(ROUNDS):
        surer = hair.likelihood(seen) - skin.likelihood(seen) + np.log(before / (1 - before))
        chances = 1 / (1 + np.exp(-np.clip(surer, -50, 50)))
        if min(chances.sum(), (1 - chances).sum()) < FEWEST:
            return None
        hair = fit_normal(seen, chances * (hair.distance(seen) < STRAY) + 1e-9)
        skin = fit_normal(seen, (1 - chances) * (skin.distance(seen) < STRAY) * (usual < HAIR) + 1e-9)
    if np.linalg.norm(hair.mean - skin.mean) < APART:
        return None
    return Told(chances=chances, hair=hair, skin=skin)


def find_skin(colours: Float[np.ndarray, "h 3"], shown: Bool[np.ndarray, "h"]) -> Normal | None:
    """The skin of a face of which these of the head's vertices are `shown`. None: too few are."""
    there = next((some for some in (shown & _cheeks(), shown & (hairiness() < SKIN)) if some.sum() >= FEWEST), None)
    return None if there is None else _begin(colours[there].astype(np.float64))


def _begin(colours: Float[np.ndarray, "n 3"]) -> Normal:
    """Of those that are most alike: there may be a fringe on the crown, a hand before the face."""
    off = ((colours - np.median(colours, axis=0)) ** 2).sum(1)
    core = fit_normal(colours, (off <= np.quantile(off, CORE)).astype(np.float64))
    return core.widened(CORE_GROWS)
