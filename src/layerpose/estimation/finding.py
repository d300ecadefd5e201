"""Photo -> landmarks and mask of the one person who is meant, and of the others; a refusal says what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, UInt8

from layerpose.estimation.frame import refuse_cut, refuse_too_little
from layerpose.estimation.landmarks import CERTAIN, PERSON, Landmarks, look_again, look_in, look_mirrored, look_twice
from layerpose.estimation.people import Detection, detect_people, look_around, look_closer, overlap

Pixels = UInt8[np.ndarray, "h w 3"]
SMALLEST = 0.002
"""The least share of the photo that a person must cover."""
BYSTANDER = 0.5
"""A second person smaller than this share of the largest is a bystander and does no harm."""
LOST = 0.35
"""Someone whose hips have moved by more than this share of the size between two frames is somebody else."""
TOUCHING = 0.1
"""How much the boxes of two people may overlap (IoU) until one is in the way of the other."""
SAME = 0.5
"""Masks that overlap by more (IoU) are one person's."""
WITHIN, PART = 0.6, 0.6
"""So is a mask with more than the one share within that of someone of whose size it has less than the other."""
SURE = 0.95
"""Certainty of those who are seen only by looking closer; less is often a thing, or a piece of somebody."""
MOST_ROUNDS, HIDDEN, GREY = 8, 0.3, 128
"""So often people are looked for anew while those who were found are hidden behind grey, up to this edge of their
masks: the detector tends to see the one who is most conspicuous."""
SHARED = 0.2
"""Somebody else found so has at most this share of the mask with those who were hidden (people close together have
0.12); more is a bed, a shadow or a skirt, beside which the network sees the same person again (0.30 and more)."""
HEAD_AND_SHOULDERS, CLOSE = [0, 11, 12], 0.1
"""So are landmarks that are closer than this share of the person's size in the mean."""
LARGEST, ALL = "largest", "all"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The person who is meant, and everybody else in the photo."""

    person: Landmarks
    others: tuple[Landmarks, ...]
    """From left to right."""
    number: int
    """Of the person among all, from left to right, counted from 1."""


class SeveralPeopleError(ValueError):
    """It is not clear who is meant; `people` are those of the photo from left to right."""

    def __init__(self, people: Sequence[Landmarks]) -> None:
        self.people = tuple(people)
        super().__init__(
            f"{len(people)} people were found in the photo, 1 to {len(people)} from left to right; say which one is "
            "meant (--person 1, a place in the photo x,y, or largest; --sheet shows the numbers), or crop the photo"
        )


def find_landmarks(photo: Pixels, *, closer: bool = True, whole: bool = True) -> Landmarks:
    """The one person of the photo; ValueError if there is nobody, more than one, or only part of one.

    Where nobody is seen, `closer` looks into parts of the photo (up to half a second). Not `whole`: it is enough if
    the photo shows head and shoulders.
    """
    people = _detect(photo, closer=closer)
    large = [person for person in people if _is_large(person, people[0])]
    if len(large) > 1:
        sure = _look_at_all(photo, large)
        if len(sure) != 1:
            raise SeveralPeopleError(sure or [look_in(photo, person.region) for person in large])
        return _refuse_part(sure[0], whole=whole)
    return _look_at(photo, people[0], num_people=len(people), whole=whole)


def find_person(photo: Pixels, person: str | None = None) -> Found:
    """Whoever is meant: None for the only one, a number from left to right, a place (x,y in pixels), or `largest`.

    Head and shoulders are enough. ValueError says who is there where it is not clear.
    """
    people = [] if person else _look_behind(photo, _look_at_all(photo, detect_people(photo)))
    if len(people) != 1:  # a photo of one person is common, and a closer look takes time
        people = find_everybody(photo)
    if not people:
        people = [_look_at(photo, _detect(photo)[0], num_people=1, whole=False)]
    row = choose(people, person)
    refuse_too_little(people[row])
    people[row] = look_mirrored(photo, people[row])
    return take_apart(people, row)


def find_everybody(photo: Pixels) -> list[Landmarks]:
    """All whom both networks see, from left to right."""
    people = _look_at_all(photo, detect_people(photo))
    around = look_around(photo) if people else look_closer(photo)
    people = _look_at_all(photo, around, known=people, sure=SURE if people else PERSON)
    return _left_to_right(_look_behind(photo, people))


def _look_behind(photo: Pixels, people: list[Landmarks]) -> list[Landmarks]:
    """And whom the detector sees once these are hidden behind grey."""
    for _ in range(MOST_ROUNDS if people else 0):
        taken = np.max([one.mask for one in people], axis=0)
        hidden = np.where(taken[..., None] > HIDDEN, GREY, photo)
        everybody = _look_at_all(photo, detect_people(hidden.astype(np.uint8)), known=people, sure=SURE)
        more = [one for one in everybody[len(people) :] if _is_somebody_else(one, taken)]
        if not more:
            break
        people = [*people, *more]
    return people


def _is_somebody_else(one: Landmarks, taken: Float[np.ndarray, "h w"]) -> bool:
    """Whether nearly all of somebody lies beside the masks of those who are known."""
    mask = one.mask > CERTAIN
    return bool((mask & (taken > CERTAIN)).sum() <= SHARED * mask.sum())


def choose(people: Sequence[Landmarks], person: str | None) -> int:
    """The row of the one who is meant. ValueError where nobody is."""
    sizes = [_size(one) for one in people]
    if person is None and sum(size > BYSTANDER * max(sizes) for size in sizes) > 1:
        raise SeveralPeopleError(people)
    if person in (None, LARGEST):
        return int(np.argmax(sizes))
    if person.isdecimal():
        if not 1 <= int(person) <= len(people):
            raise ValueError(f"there is no person {person}: {_count(people)}; expected a number from 1 on")
        return int(person) - 1
    return _at(people, person)


def _at(people: Sequence[Landmarks], place: str) -> int:
    try:
        x, y = (float(part) for part in place.split(","))
    except ValueError:
        raise ValueError(
            f"--person {place}: expected a number, a place in pixels such as 310,240, or largest"
        ) from None
    height, width = people[0].mask.shape
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(f"--person {place} lies outside of the photo, which has {width} x {height} pixels")
    sure = [float(person.mask[int(y), int(x)]) for person in people]
    if max(sure) < CERTAIN:
        raise ValueError(f"nobody is at {place}: {_count(people)}; expected a place on one of them")
    return int(np.argmax(sure))


def _count(people: Sequence[Landmarks]) -> str:
    """How many there are, and where."""
    places = ", ".join(
        f"{row + 1} at {_columns(one).mean():.0f},{_rows(one).mean():.0f}" for row, one in enumerate(people)
    )
    return f"{len(people)} {'was' if len(people) == 1 else 'were'} found ({places})"


def _left_to_right(people: Sequence[Landmarks]) -> list[Landmarks]:
    return sorted(people, key=lambda person: float(_columns(person).mean()))


def _size(person: Landmarks) -> float:
    return float(np.ptp(person.image[:, :2], axis=0).max())


def _columns(person: Landmarks) -> np.ndarray:
    return np.flatnonzero((person.mask > CERTAIN).any(0))


def _rows(person: Landmarks) -> np.ndarray:
    return np.flatnonzero((person.mask > CERTAIN).any(1))


def follow_person(photo: Pixels, before: Float[np.ndarray, "2"] | None) -> Landmarks:
    """Of everybody in a frame the one whose hips were at `before`, or the largest; ValueError if it is not seen whole.

    Others may be in the picture, but not over the person.
    """
    people = detect_people(photo)
    if not people:
        raise ValueError("no person was found")
    person = people[0]
    if before is not None:
        person = min(people, key=lambda other: float(np.linalg.norm(other.region.centre - before)))
        if np.linalg.norm(person.region.centre - before) > LOST * person.region.side:
            raise ValueError("the person was lost: whoever is here is somewhere else")
    if any(overlap(person.box, other.box) > TOUCHING for other in people if other is not person):
        raise ValueError("another person is before or behind this one")
    return _look_at(photo, person, num_people=len(people))


def _detect(photo: Pixels, *, closer: bool = True) -> list[Detection]:
    people = detect_people(photo) or (look_closer(photo) if closer else [])
    if not people:
        raise ValueError(
            "no person was found in the photo, nor in any part of it; use a photo that shows one whole person clearly, "
            "with the face, and not far away"
        )
    return people


def _is_large(person: Detection, largest: Detection) -> bool:
    return person.region.side > BYSTANDER * largest.region.side


def _look_at_all(
    photo: Pixels, people: Sequence[Detection], *, known: Sequence[Landmarks] = (), sure: float = PERSON
) -> list[Landmarks]:
    """Who is known, and all others of whom the landmark network is so sure, each once."""
    found = (look_in(photo, person.region, num_people=len(people)) for person in people)
    others = [landmarks for landmarks in found if _is_sure(landmarks) and landmarks.score >= sure]
    new = _drop_same([*known, *others])[len(known) :]
    return [*known, *(look_again(photo, one) for one in new)]


def _drop_same(people: Sequence[Landmarks]) -> list[Landmarks]:
    """The first look at each."""
    kept: list[Landmarks] = []
    for person in people:
        if not any(_is_same(person, other) for other in kept):
            kept.append(person)
    return kept


def _is_sure(landmarks: Landmarks) -> bool:
    return landmarks.score >= PERSON and float((landmarks.mask > CERTAIN).mean()) >= SMALLEST


def _is_same(a: Landmarks, b: Landmarks) -> bool:
    """Whether two looks met one person: by the masks, by where head and shoulders are, or as a part of the other."""
    apart = np.linalg.norm(a.image[HEAD_AND_SHOULDERS, :2] - b.image[HEAD_AND_SHOULDERS, :2], axis=1).mean()
    if _mask_overlap(a, b) > SAME or float(apart) < CLOSE * max(_size(a), _size(b)):
        return True
    small, large = sorted((a, b), key=_size)
    inside = ((small.mask > CERTAIN) & (large.mask > CERTAIN)).sum() / max((small.mask > CERTAIN).sum(), 1)
    return bool(inside > WITHIN and _size(small) < PART * _size(large))


def _mask_overlap(a: Landmarks, b: Landmarks) -> float:
    first, second = a.mask > CERTAIN, b.mask > CERTAIN
    return float((first & second).sum() / max((first | second).sum(), 1))


def take_apart(people: Sequence[Landmarks], row: int) -> Found:
    """One of them; what more surely belongs to somebody else is taken out of the person's mask."""
    person, others = people[row], (*people[:row], *people[row + 1 :])
    mask = person.mask
    for other in others:
        mask = np.where((other.mask > CERTAIN) & (other.mask > person.mask), 0, mask)
    return Found(person=replace(person, mask=mask), others=others, number=row + 1)


def _look_at(photo: Pixels, person: Detection, *, num_people: int, whole: bool = True) -> Landmarks:
    landmarks = look_twice(photo, person.region, num_people=num_people)
    if not _is_sure(landmarks):
        raise ValueError(
            f"no person was found for sure (certainty {landmarks.score:.0%}, "
            f"covering {(landmarks.mask > CERTAIN).mean():.1%} of the photo); "
            "use a photo that shows one whole person clearly"
        )
    return _refuse_part(landmarks, whole=whole)


def _refuse_part(landmarks: Landmarks, *, whole: bool) -> Landmarks:
    """The same; ValueError if too little of the person is in the photo."""
    (refuse_cut if whole else refuse_too_little)(landmarks)
    return landmarks
