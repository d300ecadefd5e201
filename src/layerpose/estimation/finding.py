"""Photo -> landmarks and mask of the one person who is meant; a refusal says who else is there, or what is missing."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8

from layerpose.estimation.frame import refuse_cut, refuse_too_little
from layerpose.estimation.landmarks import CERTAIN, Landmarks, look_in
from layerpose.estimation.people import Detection, detect_people, look_closer, overlap

SMALLEST = 0.002
"""The least share of the photo that a person must cover."""
BYSTANDER = 0.5
"""A second person smaller than this share of the largest is a bystander and does no harm."""
LOST = 0.35
"""Someone whose hips have moved by more than this share of the size between two frames is somebody else."""
TOUCHING = 0.1
"""How much the boxes of two people may overlap (IoU) until one is in the way of the other."""


def find_landmarks(photo: UInt8[np.ndarray, "h w 3"], *, closer: bool = True, whole: bool = True) -> Landmarks:
    """The one person of the photo; ValueError if there is nobody, more than one, or only part of one.

    Where nobody is seen, `closer` looks into parts of the photo (up to half a second). Not `whole`: it is enough if
    the photo shows head and shoulders.
    """
    people = detect_people(photo) or (look_closer(photo) if closer else [])
    if not people:
        raise ValueError(
            "no person was found in the photo, nor in any part of it; use a photo that shows one whole person clearly, "
            "with the face, and not far away"
        )
    large = [person for person in people if person.region.side > BYSTANDER * people[0].region.side]
    if len(large) > 1:
        raise ValueError(f"{len(large)} people were found in the photo; crop it so that it shows only one of them")
    return _look_at(photo, people[0], num_people=len(people), whole=whole)


def follow_person(photo: UInt8[np.ndarray, "h w 3"], before: Float[np.ndarray, "2"] | None) -> Landmarks:
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


def _look_at(photo: UInt8[np.ndarray, "h w 3"], person: Detection, *, num_people: int, whole: bool = True) -> Landmarks:
    landmarks = look_in(photo, person.region, num_people=num_people)
    if landmarks.score < CERTAIN or (landmarks.mask > CERTAIN).mean() < SMALLEST:
        raise ValueError(
            f"no person was found for sure (certainty {landmarks.score:.0%}, "
            f"covering {(landmarks.mask > CERTAIN).mean():.1%} of the photo); "
            "use a photo that shows one whole person clearly"
        )
    (refuse_cut if whole else refuse_too_little)(landmarks)
    return landmarks
