"""Pictures of one person -> what is seen in each: landmarks, and which shot it belongs to; or why nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float
from scipy.ndimage import median_filter

from layerpose.data.footage.people import Source
from layerpose.estimation.finding import find_landmarks, follow_person
from layerpose.estimation.landmarks import JOINTS, Landmarks, hips
from layerpose.media.videos.reading import Look, is_cut

CHANGED = 0.16
"""Mean difference (0..1) of the trunk in two neighbouring frames from which on it is another person's."""
TRUNK = 0.25
"""Half the side of the square around the hips that is compared, as a share of the person's size."""
PORTRAIT = 16
JUMP_M = 0.25
"""A joint that is so far from its running median does not move like that: an arm or leg was taken for the other."""
WINDOW = 5
"""Frames of the running median."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One picture: where its joints are, or the problem with it."""

    index: int
    time: float
    shot: int = 0
    """Number of the stretch between two cuts."""
    hips: Float[np.ndarray, "2"] | None = None
    """In pixels; by them the person is found again."""
    joints: Float[np.ndarray, "13 3"] | None = None
    """The main joints in metres, relative to the hips, in camera axes."""
    problem: str = ""


def watch(source: Source) -> list[Sight]:
    """Look once through the pictures, following one person from frame to frame."""
    sights: list[Sight] = []
    before: tuple[Look, Landmarks] | None = None
    last: Look | None = None
    shot = 0
    for index, look in enumerate(source.looks()):
        if source.is_video and last is not None and is_cut(last, look):
            shot, before = shot + 1, None
        last = look
        try:
            landmarks = _find(source, look, before)
        except ValueError as error:
            sights.append(Sight(index=index, time=look.time, shot=shot, problem=str(error)))
            continue
        if source.is_video and before is not None and _differ(before, (look, landmarks)):
            shot += 1
        before = look, landmarks
        joints = landmarks.world[list(JOINTS.values())]
        at = hips(landmarks.image)[:2]
        sights.append(Sight(index=index, time=look.time, shot=shot, hips=at, joints=joints))
    return sights


def find_again(source: Source, sights: Sequence[Sight]) -> Iterator[tuple[Sight, Look, Landmarks]]:
    """Some of the pictures anew, with everything that their landmarks say."""
    wanted = {sight.index: sight for sight in sights}
    for index, look in enumerate(source.looks()):
        if (sight := wanted.get(index)) is not None:
            yield sight, look, follow_person(look.pixels, sight.hips)


def note_jumps(sights: Sequence[Sight]) -> list[Sight]:
    """The sights of a video; a joint that jumps away and back is a problem."""
    found = list(sights)
    for shot in {sight.shot for sight in sights}:
        rows = [row for row, sight in enumerate(sights) if sight.shot == shot and sight.joints is not None]
        if len(rows) < WINDOW:
            continue
        track = np.stack([_joints(sights[row]) for row in rows])
        jumps = np.linalg.norm(track - median_filter(track, size=(WINDOW, 1, 1), mode="nearest"), axis=2)
        for row, distances in zip(rows, jumps, strict=True):
            if distances.max() > JUMP_M:
                joint = tuple(JOINTS)[int(distances.argmax())]
                problem = f"jumps: the {joint} is {distances.max():.2f} m from where it is just before and after"
                found[row] = Sight(index=sights[row].index, time=sights[row].time, shot=shot, problem=problem)
    return found


def longest_shot(sights: Sequence[Sight]) -> int:
    """The stretch between two cuts in which the person is seen most often."""
    shots = [sight.shot for sight in sights if not sight.problem]
    return max(sorted(set(shots)), key=shots.count, default=0)


def _find(source: Source, look: Look, before: tuple[Look, Landmarks] | None) -> Landmarks:
    if not source.is_video:
        return find_landmarks(look.pixels)
    return follow_person(look.pixels, None if before is None else hips(before[1].image)[:2])


def _joints(sight: Sight) -> Float[np.ndarray, "13 3"]:
    assert sight.joints is not None
    return sight.joints


def _differ(before: tuple[Look, Landmarks], after: tuple[Look, Landmarks]) -> bool:
    """Whether the clothes have changed from one frame to the next."""
    return bool(np.abs(_portrait(*after) - _portrait(*before)).mean() > CHANGED)


def _portrait(look: Look, landmarks: Landmarks) -> Float[np.ndarray, "s s 3"]:
    """Trunk and thighs, in few pixels."""
    reach = TRUNK * float(np.ptp(landmarks.image[:, :2], axis=0).max())
    centre = hips(landmarks.image)[:2]
    zoom = 2 * reach / PORTRAIT
    affine = np.array([[zoom, 0, centre[0] - reach], [0, zoom, centre[1] - reach]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    small = cv2.blur(look.pixels, (max(int(zoom), 1),) * 2)
    return cv2.warpAffine(small, affine, (PORTRAIT, PORTRAIT), flags=flags, borderMode=cv2.BORDER_REPLICATE) / 255
