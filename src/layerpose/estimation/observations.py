"""Frames of a video -> everything that the fit over time needs: one person's landmarks, and how the camera moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from layerpose.estimation.camera_motion import CameraMotion
from layerpose.estimation.fit_frames import Seen
from layerpose.estimation.fit_start import upright
from layerpose.estimation.frame import cut_joints, outside
from layerpose.estimation.landmarks import NUM_LANDMARKS, Landmarks
from layerpose.estimation.sides import find_sides
from layerpose.estimation.sightings import Sighting, watch_person
from layerpose.estimation.targets import POINTS
from layerpose.media.videos.reading import Look

SHAPE_FRAMES = 5
"""At most so many frames tell the shape."""
FRAMES_EACH = 6
"""Of so many frames one tells it, if there are few."""
MOST_CUT = 4
"""Of the 13 main joints; a frame in which more are outside does not count."""


@dataclass(frozen=True, kw_only=True)
class Observations:
    """A row for each frame that was looked at."""

    seen: Seen
    problems: tuple[str, ...]
    """Why the person is not seen; empty where it is."""
    cut: tuple[str, ...]
    """Main joints that are outside of the picture, if any."""
    to_first: Float[np.ndarray, "t 3 3"]
    """Maps pixels of each frame to pixels of the first, as the camera moved."""
    size: tuple[int, int]
    """Width and height of the pictures."""
    best: tuple[Landmarks, ...]
    """A few frames, spread over the video, that show the person best and whole."""


def observe(looks: Iterable[Look]) -> Observations:
    """Follow the person through the frames. ValueError if there is none in any of them."""
    rows, best, camera, size = [], _Best(), CameraMotion(), (0, 0)
    for sighting in watch_person(looks):
        size = sighting.look.pixels.shape[1], sighting.look.pixels.shape[0]
        landmarks = sighting.landmarks
        camera.look(sighting.look.pixels, None if landmarks is None else landmarks.image[:, :2])
        rows.append(_row(sighting, camera.to_first))
        if landmarks is not None and not rows[-1].cut:
            best.offer(len(rows) - 1, landmarks)
    if all(row.problem for row in rows):
        raise ValueError(f"no whole person could be followed, in none of {len(rows)} frames{most_frequent(rows)}")
    return Observations(
        seen=_to_seen(rows),
        problems=tuple(row.problem for row in rows),
        cut=tuple(row.cut for row in rows),
        to_first=np.stack([row.to_first for row in rows]),
        size=size,
        best=best.choose(sum(not row.problem for row in rows)),
    )


@dataclass(frozen=True, kw_only=True)
class _Row:
    time: float
    shot: int
    to_first: Float[np.ndarray, "3 3"]
    problem: str
    cut: str = ""
    image: Float[np.ndarray, "33 2"] = field(default_factory=lambda: np.zeros((NUM_LANDMARKS, 2)))
    world: Float[np.ndarray, "33 3"] = field(default_factory=lambda: np.zeros((NUM_LANDMARKS, 3)))
    visibility: Float[np.ndarray, "33"] = field(default_factory=lambda: np.zeros(NUM_LANDMARKS))


def most_frequent(rows: Sequence[_Row]) -> str:
    """The most frequent problem, in brackets."""
    problems = [row.problem for row in rows if row.problem]
    return f" (in most: {max(problems, key=problems.count)})" if problems else ""


def _row(sighting: Sighting, to_first: Float[np.ndarray, "3 3"]) -> _Row:
    """Landmarks outside of the picture are not believed; if there are many, nothing is."""
    look, landmarks = sighting.look, sighting.landmarks
    if landmarks is None:
        return _Row(time=look.time, shot=sighting.shot, to_first=to_first, problem=sighting.problem)
    cut = cut_joints(landmarks)
    problem = f"the person is cut by the edge of the picture (outside: {', '.join(cut)})" if len(cut) > MOST_CUT else ""
    return _Row(
        time=look.time, shot=sighting.shot, to_first=to_first, problem=problem, cut=", ".join(cut),
        image=landmarks.image[:, :2], world=landmarks.world,
        visibility=landmarks.visibility * ~outside(landmarks) * (not problem),
    )  # fmt: skip


def _to_seen(rows: Sequence[_Row]) -> Seen:
    """Sides put right shot by shot, and MediaPipe's lean taken out."""
    image, world, visibility = (
        np.stack([getattr(row, name) for row in rows]) for name in ("image", "world", "visibility")
    )
    shots = np.array([row.shot for row in rows])
    there = np.array([not row.problem for row in rows])
    for shot in np.unique(shots[there]):
        own = np.flatnonzero((shots == shot) & there)
        sides = find_sides(world[own])
        for values in (image, world, visibility):
            values[own] = sides.put_right(values[own])
    world[there] = np.stack([upright(one) for one in world[there]])
    landmarks = [point.landmark for point in POINTS]
    return Seen(
        points=image[:, landmarks], world=world[:, landmarks], visibility=visibility[:, landmarks], shots=shots,
        times=np.array([row.time for row in rows]),
    )  # fmt: skip


class _Best:
    """Keeps the clearest frame of each stretch; the stretches grow with the video, so that there are never many."""

    def __init__(self) -> None:
        self.length = FRAMES_EACH
        self.kept: dict[int, tuple[float, Landmarks]] = {}

    def offer(self, row: int, landmarks: Landmarks) -> None:
        """A frame that shows the person whole."""
        self._keep(row // self.length, float(landmarks.visibility.mean()), landmarks)
        if len(self.kept) > 2 * SHAPE_FRAMES:
            before, self.kept, self.length = self.kept, {}, 2 * self.length
            for stretch, (clear, one) in before.items():
                self._keep(stretch // 2, clear, one)

    def _keep(self, stretch: int, clear: float, landmarks: Landmarks) -> None:
        if stretch not in self.kept or clear > self.kept[stretch][0]:
            self.kept[stretch] = clear, landmarks

    def choose(self, num_seen: int) -> tuple[Landmarks, ...]:
        """At most `SHAPE_FRAMES`, and fewer of a short video."""
        most = min(SHAPE_FRAMES, -(-num_seen // FRAMES_EACH))
        return tuple(one for _, one in sorted(self.kept.values(), key=lambda kept: -kept[0])[:most])
