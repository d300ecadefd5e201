"""Votes of one or more studies -> Table I: how often each method was the favourite, with intervals."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

from layerpose.evaluation.interval import RESAMPLES, SEED
from layerpose.evaluation.study import Study
from layerpose.evaluation.study_votes import Vote

COLUMNS = ["data", "method", "votes", "of", "share", "low", "high", "low_people", "high_people"]
COLUMNS_OF_FIGURES = 5


@dataclass(frozen=True, kw_only=True)
class Share:
    """How often a method was chosen; every share is of 1."""

    method: str
    votes: int
    of: int
    value: float
    interval: tuple[float, float]
    """95 %, Wilson: as if every vote were another person's."""
    interval_people: tuple[float, float] | None
    """95 %, bootstrap over people: the votes of one person go together; None for a single person."""


def shares_of(study: Study, votes: Sequence[Vote]) -> list[Share]:
    """The share of every method. ValueError if nobody has voted."""
    if not votes:
        raise ValueError(f"{study.folder} has no votes yet; ask people first")
    counts, crowds = Counter(vote.method for vote in votes), _resample_people(study, votes)
    found = []
    for number, method in enumerate(study.methods):
        found.append(
            Share(
                method=method, votes=counts[number], of=len(votes), value=counts[number] / len(votes),
                interval=_wilson(counts[number], len(votes)),
                interval_people=None if crowds is None else _middle(crowds[:, number]),
            )
        )  # fmt: skip
    return found


def _wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    z, share = NormalDist().inv_cdf(0.975), count / total
    middle, reach = share + z**2 / (2 * total), z * (share * (1 - share) / total + (z / (2 * total)) ** 2) ** 0.5
    low, high = ((middle + side * reach) / (1 + z**2 / total) for side in (-1, 1))
    return max(low, 0.0), min(high, 1.0)


def to_markdown(studies: Sequence[tuple[Study, Sequence[Vote]]]) -> str:
    """One table for each study."""
    parts = []
    for study, votes in studies:
        people = Counter(vote.voter for vote in votes)
        finished = sum(count == len(study.pairs) for count in people.values())
        lines = ["| method | votes | favourite | 95 % interval | over people |", "|---|---|---|---|---|"]
        lines += [
            f"| {s.method} | {s.votes} | {s.value:.2%} | {_show(s.interval)} | {_show(s.interval_people)} |"
            for s in shares_of(study, votes)
        ]
        parts += [
            f"{study.data}: {len(votes)} votes of {len(people)} people ({finished} answered all {len(study.pairs)} "
            f"pairs), pairs `{study.hash}`, seed {study.seed}.",
            "\n".join(lines),
            "\n".join(
                f"- {name}: {', '.join(f'{k} {v}' for k, v in facts.items())}" for name, facts in study.facts.items()
            ),
        ]
    return "\n\n".join([*parts, "Intervals: Wilson, taking every vote as independent; bootstrap over people."]) + "\n"


def to_csv(studies: Sequence[tuple[Study, Sequence[Vote]]]) -> str:
    """One line for each study and method."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for study, votes in studies:
        for s in shares_of(study, votes):
            figures = (s.value, *s.interval, *(s.interval_people or ()))
            values = [f"{figure:.6f}" for figure in figures]
            table.writerow([study.data, s.method, s.votes, s.of, *values, *[""] * (COLUMNS_OF_FIGURES - len(values))])
    return text.getvalue()


def _resample_people(study: Study, votes: Sequence[Vote]) -> Float[np.ndarray, "crowds methods"] | None:
    """Shares of the methods in resampled crowds; None where there is but one person."""
    people = list(dict.fromkeys(vote.voter for vote in votes))
    if len(people) < 2:
        return None
    counts = np.zeros((len(people), len(study.methods)))
    for vote in votes:
        counts[people.index(vote.voter), vote.method] += 1
    crowds = np.random.default_rng(SEED).integers(len(people), size=(RESAMPLES, len(people)))
    drawn = counts[crowds].sum(1)
    return drawn / drawn.sum(1, keepdims=True)


def _middle(values: Float[np.ndarray, "n"]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _show(interval: tuple[float, float] | None) -> str:
    return f"[{interval[0]:.1%}, {interval[1]:.1%}]" if interval else "-"
