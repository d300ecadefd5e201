"""What a file of keypoints holds once it is read: pictures, and for each the people in it; and how they are told apart.

Every order of points becomes that of MediaPipe's 33, which the fit knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from layerpose.estimation.fit_points import SeenPoints
from layerpose.estimation.landmarks import NUM_LANDMARKS
from layerpose.motion.keypoint_layouts import FACE_LANDMARKS, HAND_LANDMARKS, LANDMARKS, TOES, WRISTS

LEAST_CONFIDENCE = 0.05
"""Points that a detector is less sure of than this are not there."""
GUESSED = 0.3
"""Visibility of a point that follows from others."""
LARGEST = 1e6
"""A coordinate beyond this is a mistake."""
LEAST_SIZE = 2
"""Pixels of a picture's side."""
NORMALISED = 2.0
"""Coordinates are shares of the picture where none is greater than this."""
LOST = 0.6
"""Whoever has moved by more than this share of the own size between two pictures is somebody else."""
LONGEST_GAP = 15
"""Pictures for which somebody may be gone and still be the same."""
NUM_HAND, NUM_FACE = 21, 68
Rows = Float[np.ndarray, "_ 3"]
"""x, y and confidence."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person in one picture."""

    seen: SeenPoints
    track: str | None = None
    """Who it is, where the file says so."""

    @property
    def middle(self) -> Float[np.ndarray, "2"]:
        """Of the points that are seen."""
        return self.seen.points[self.seen.visibility > 0].mean(0)

    @property
    def size(self) -> float:
        """The longer side of the box around the points."""
        return float(np.ptp(self.seen.points[self.seen.visibility > 0], axis=0).max())


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The people of a picture, and its width and height where the file says so."""

    people: tuple[Person, ...]
    canvas: tuple[float, float] | None = None


Track = dict[int, Person]
"""Frame -> the person there."""


def person_of(
    names: Sequence[str], body: Rows, hands: tuple[Rows | None, Rows | None] = (None, None), face: Rows | None = None,
    *, track: str | None = None,
) -> Person | None:  # fmt: skip
    """A person whose points have these names; None where no point is seen. Hands (left, right) tell how wrists turn."""
    points, visibility = np.zeros((NUM_LANDMARKS, 2)), np.zeros(NUM_LANDMARKS)
    rows = {name: body[row] for row, name in enumerate(names) if body[row, 2] > 0}
    _complete_shoulders(rows)
    for name, landmark in LANDMARKS.items():
        if name in rows:
            points[landmark], visibility[landmark] = rows[name][:2], rows[name][2]
    for side, toe in TOES.items():
        found = [rows[name] for name in (f"{side}_big_toe", f"{side}_small_toe") if name in rows]
        if found:
            points[toe], visibility[toe] = np.mean(found, axis=0)[:2], np.mean(found, axis=0)[2] * len(found) / 2
    for (side, wrist), hand in zip(WRISTS.items(), hands, strict=True):
        if hand is not None:
            _fill(points, visibility, {wrist: (0,), **{n: (m,) for n, m in HAND_LANDMARKS[side].items()}}, hand)
    if face is not None:
        _fill(points, visibility, FACE_LANDMARKS, face)
    if not visibility.any():
        return None
    return Person(seen=SeenPoints(points=points, visibility=visibility), track=track)


def _complete_shoulders(rows: dict[str, Float[np.ndarray, "3"]]) -> None:
    """OpenPose's neck is the middle of the shoulders: with it, one of them tells the other."""
    for side, other in (("left", "right"), ("right", "left")):
        if "neck" in rows and f"{side}_shoulder" not in rows and f"{other}_shoulder" in rows:
            x, y, _ = 2 * rows["neck"] - rows[f"{other}_shoulder"]
            rows[f"{side}_shoulder"] = np.array([x, y, GUESSED])


def _fill(
    points: Float[np.ndarray, "33 2"],
    visibility: Float[np.ndarray, "33"],
    sources: dict[int, tuple[int, ...]],
    part: Rows,
) -> None:
    """Points that the body lacks, from those of a hand or the face."""
    for landmark, members in sources.items():
        found = part[list(members)]
        if visibility[landmark] == 0 and (found[:, 2] > 0).all():
            points[landmark], visibility[landmark] = found[:, :2].mean(0), found[:, 2].mean()


def confident_rows(values: Any, subject: str) -> Rows:
    """A list of x, y, confidence one after the other -> rows; what is not there or not finite has confidence 0."""
    if not isinstance(values, list) or len(values) % 3:
        raise ValueError(f"{subject} is {values!r:.40}; expected a list of numbers: x, y, confidence of each point")
    if not all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
        raise ValueError(f"{subject} holds what is no number; expected x, y, confidence of each point")
    rows = np.array([np.nan if value is None else float(value) if abs(value) < LARGEST else np.nan for value in values])
    rows = rows.reshape(-1, 3)
    gone = ~np.isfinite(rows).all(1) | (rows[:, 2] < LEAST_CONFIDENCE)
    rows[gone] = 0
    rows[:, 2] = rows[:, 2].clip(max=1)
    return rows


def size_in(record: dict[str, Any], width_key: str, height_key: str) -> tuple[float, float] | None:
    """Width and height of a picture; None where an object does not give both."""
    sizes = [record.get(key) for key in (width_key, height_key)]
    width, height = (float(x) if isinstance(x, int | float) and LEAST_SIZE <= x < LARGEST else 0.0 for x in sizes)
    return (width, height) if width and height else None


def in_pixels(pictures: Sequence[Picture]) -> tuple[list[Picture], bool]:
    """Pictures whose points are shares of width and height (0..1, or -1..1) -> in pixels, and whether they were.

    Without a known size a picture counts as square, one pixel a side.
    """
    everybody = [person.seen for picture in pictures for person in picture.people]
    everything = np.concatenate([seen.points[seen.visibility > 0] for seen in everybody] or [np.zeros((0, 2))])
    if not len(everything) or np.abs(everything).max() > NORMALISED:
        return list(pictures), False
    centred = (everything < -0.5).any()
    return [_scale(picture, centred=bool(centred)) for picture in pictures], True


def _scale(picture: Picture, *, centred: bool) -> Picture:
    size = np.array(picture.canvas or (1.0, 1.0))
    shift, zoom = (1.0, size / 2) if centred else (0.0, size)

    people = [
        replace(person, seen=replace(person.seen, points=(person.seen.points + shift) * zoom))
        for person in picture.people
    ]
    return replace(picture, people=tuple(people))


def follow(pictures: Sequence[Picture]) -> list[Track]:
    """Who is who from picture to picture: by the file's own numbers, else by place; in the order of appearance."""
    tracks: list[Track] = []
    by_name: dict[str, Track] = {}
    for frame, picture in enumerate(pictures):
        left = list(picture.people)
        for person in left:
            if person.track is not None and person.track not in by_name:
                by_name[person.track] = {}
                tracks.append(by_name[person.track])
            if person.track is not None:
                by_name[person.track][frame] = person
        left = [one for one in left if one.track is None]
        for track in [track for track in tracks if frame not in track and frame - max(track) <= LONGEST_GAP]:
            before = track[max(track)]
            apart = [float(np.linalg.norm(one.middle - before.middle)) / max(before.size, 1e-9) for one in left]
            if apart and min(apart) < LOST:
                track[frame] = left.pop(int(np.argmin(apart)))
        for person in left:
            tracks.append({frame: person})
    return tracks


def main_track(tracks: Sequence[Track]) -> int:
    """The person who is seen longest; of several the largest."""
    weights = [(len(track), float(np.mean([person.size for person in track.values()]))) for track in tracks]
    return max(range(len(tracks)), key=lambda row: weights[row])
