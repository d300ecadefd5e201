"""Frames of a video -> what each shows of one person, who is chosen in the first second; after a cut, chosen anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from layerpose.estimation.following import Follower, is_near
from layerpose.estimation.landmarks import Landmarks, Region, look_in
from layerpose.estimation.people import Detection, detect_people
from layerpose.media.videos.reading import Look, is_cut

CHOOSING_S = 1.0
EVERY = 4
"""One frame in so many of the first second is searched for people."""
OFF_CENTRE = 0.5
"""How much smaller a person at the edge of the picture counts."""
SURE_POWER = 4
"""How much less somebody counts of whom the landmark network is not sure: the detector sees people in trees."""
NOBODY = "no person was found"


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A frame and the person in it, or why it is not seen."""

    look: Look
    shot: int
    """Number of the stretch between two cuts."""
    landmarks: Landmarks | None = None
    problem: str = ""


def watch_person(looks: Iterable[Look]) -> Iterator[Sighting]:
    """Every frame, in order."""
    before: Look | None = None
    watcher = _Watcher(shot=0)
    for look in looks:
        if before is not None and is_cut(before, look):
            yield from watcher.finish()
            watcher = _Watcher(shot=watcher.shot + 1)
        before = look
        yield from watcher.look(look)
    yield from watcher.finish()


class _Watcher:
    """Waits for a second from when somebody is there, chooses, and then follows."""

    def __init__(self, *, shot: int) -> None:
        self.shot = shot
        self.waiting: list[Look] = []
        self.chains: list[list[tuple[int, Detection]]] = []
        self.follower: Follower | None = None

    def look(self, look: Look) -> Iterator[Sighting]:
        if self.follower is not None:
            yield self._follow(self.follower, look)
            return
        if len(self.waiting) % EVERY == 0:
            self._link(detect_people(look.pixels))
        if not self.chains:
            yield Sighting(look=look, shot=self.shot, problem=NOBODY)
            return
        self.waiting.append(look)
        if look.time - self.waiting[0].time >= CHOOSING_S:
            yield from self.finish()

    def finish(self) -> Iterator[Sighting]:
        """Choose, and follow the person through the frames that were waiting."""
        if not self.waiting:
            return
        row, person = max(self.chains, key=self._worth)[0]
        self.follower = Follower(person.region)
        for number, look in enumerate(self.waiting):
            if number < row:
                yield Sighting(look=look, shot=self.shot, problem=NOBODY)
            else:
                yield self._follow(self.follower, look)
        self.waiting = []

    def _worth(self, chain: list[tuple[int, Detection]]) -> float:
        """How large and central somebody is over all frames, if the landmark network sees a person there, too."""
        height, width = self.waiting[0].pixels.shape[:2]
        row, person = chain[len(chain) // 2]
        sure = look_in(self.waiting[row].pixels, person.region).score
        return sure**SURE_POWER * sum(_weight(one.region, width, height) for _, one in chain)

    def _link(self, people: list[Detection]) -> None:
        """Whoever is near a person of the frame before is that person."""
        row = len(self.waiting)
        for person in people:
            near = [
                chain for chain in self.chains if chain[-1][0] < row and is_near(chain[-1][1].region, person.region)
            ]
            if near:
                near[0].append((row, person))
            else:
                self.chains.append([(row, person)])

    def _follow(self, follower: Follower, look: Look) -> Sighting:
        try:
            return Sighting(look=look, shot=self.shot, landmarks=follower.look(look.pixels))
        except ValueError as error:
            return Sighting(look=look, shot=self.shot, problem=str(error))


def _weight(region: Region, width: int, height: int) -> float:
    """How large a person is, and how much in the middle."""
    off = float(np.abs(region.centre / [width, height] - 0.5).max()) * 2
    return region.side * (1 - OFF_CENTRE * min(off, 1))
