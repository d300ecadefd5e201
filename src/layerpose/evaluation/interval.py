"""Figures of many pictures -> their mean and how sure it is: a bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean and the interval in which 95 % of resampled means lie (percentile bootstrap)."""

    value: float
    low: float
    high: float
    count: int


def mean_of(values: Sequence[float]) -> Mean:
    """Mean and 95 % interval; the same values give the same interval."""
    array = np.asarray(values, dtype=np.float64)
    if not array.size:
        raise ValueError("found no figures to average; expected one picture or more that can be read")
    rng = np.random.default_rng(SEED)
    means = array[rng.integers(array.size, size=(RESAMPLES, array.size))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Mean(value=float(array.mean()), low=float(low), high=float(high), count=array.size)


def change_of(values: Sequence[float], base: Sequence[float]) -> Mean:
    """By what share the mean differs from that of `base`, figures of the same pictures: resampled together."""
    ours, theirs = (np.asarray(given, dtype=np.float64) for given in (values, base))
    if not ours.size or ours.size != theirs.size:
        raise ValueError(f"found {ours.size} and {theirs.size} figures; expected as many of each, one or more")
    chosen = np.random.default_rng(SEED).integers(ours.size, size=(RESAMPLES, ours.size))
    with np.errstate(divide="ignore", invalid="ignore"):
        value, changes = ours.mean() / theirs.mean() - 1, ours[chosen].mean(1) / theirs[chosen].mean(1) - 1
    low, high = np.percentile(changes, [2.5, 97.5])
    return Mean(value=float(value), low=float(low), high=float(high), count=ours.size)
