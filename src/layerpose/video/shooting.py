"""Film + photo -> finished frames in a store: several at a time on a CPU or a cluster, none waits in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from typing import Protocol, runtime_checkable

import torch
from PIL import Image
from threadpoolctl import threadpool_limits

from layerpose import __version__
from layerpose.maps.source import SourceView
from layerpose.motion.filming import Film, find_repeats
from layerpose.runtime.cluster import Cluster
from layerpose.runtime.workers import count_cores, spread, work_alone
from layerpose.scene.backdrop import Backdrop
from layerpose.scene.shadows import Floor
from layerpose.transfer import PoseTransfer
from layerpose.video.store import FrameStore, job_key

MOST_WORKERS = 8
"""Frames that are drawn at the same time on a CPU; each needs about 1 GB at 1024."""
STRETCH = 8
"""At most so many frames that follow each other are one worker's task in a cluster."""


@runtime_checkable
class Drawable(Protocol):
    """Frames that can be drawn in any order."""

    def draw(self, frame: int) -> Image.Image:
        """One finished frame."""
        ...

    def first_like(self, frame: int) -> int:
        """The first frame that looks the same, often the frame itself: it is drawn once."""
        ...


@dataclass(frozen=True, kw_only=True)
class Shooting:
    """Everything that decides how a frame looks."""

    model: PoseTransfer
    view: SourceView
    film: Film
    backdrop: Backdrop

    def draw(self, frame: int) -> Image.Image:
        """One finished frame."""
        body = self.film.body(frame)
        made = self.model.draw(self.model.prepare(self.view, body))
        return self.backdrop.compose(made, body, partial(self._floor.at, frame))

    def first_like(self, frame: int) -> int:
        """The first frame that looks the same."""
        return self._first_like[frame]

    @cached_property
    def _floor(self) -> Floor:
        return Floor(self.film.num_frames, self.film.body)

    @cached_property
    def _first_like(self) -> list[int]:
        return find_repeats(self.film.bodies())

    def key(self) -> str:
        """Equal for two jobs that are the same by what goes in: model, photos, motion, camera, backdrop.

        Not by the fitted body: another number of threads moves it by less than anyone sees, and a stopped run would
        begin anew.
        """
        film, image = self.film, self.backdrop.image
        weights = [value.cpu().numpy().tobytes() for value in self.model.model.state_dict().values()]
        scene = b"" if image is None else image.numpy().tobytes()
        photos = [photo.image.cpu().numpy().tobytes() for photo in self.view.all]
        return job_key(
            __version__, repr(self.model.config), *weights, scene, *photos,
            film.script.rotations.numpy().tobytes(), film.script.path.numpy().tobytes(), film.shot,
            repr(self.backdrop.shadow),
        )  # fmt: skip


def shoot(shooting: Drawable, store: FrameStore, *, workers: int | Cluster) -> Iterator[int]:
    """Draw the frames that are missing; yields each as soon as it is kept. What was begun when this ends is dropped."""
    if isinstance(workers, Cluster):
        yield from _shoot_apart(shooting, store, workers)
        return
    missing = store.missing()
    frames = (frame for frame in missing if shooting.first_like(frame) == frame)

    def finish(frame: int) -> int:
        store.keep(frame, shooting.draw(frame))
        return frame

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers, initializer=work_alone) as pool:
        running: set[Future[int]] = {pool.submit(finish, frame) for frame in islice(frames, workers)}
        try:
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(finish, frame) for frame in islice(frames, len(done))}
                for future in done:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()
    for frame in missing:
        if shooting.first_like(frame) != frame:
            store.repeat(shooting.first_like(frame), frame)
            yield frame


def shoot_all(
    shooting: Drawable, store: FrameStore, report: Callable[[int, int], None], *, workers: int | Cluster
) -> None:
    """The same to the end; `report` is told how many frames of how many there are, those of an earlier run too."""
    there = store.num_frames - len(store.missing())
    report(there, store.num_frames)
    for done, _ in enumerate(shoot(shooting, store, workers=workers), start=there + 1):
        report(done, store.num_frames)


def _shoot_apart(shooting: Drawable, store: FrameStore, cluster: Cluster) -> Iterator[int]:
    """Every worker draws a stretch after the other, straight into the store."""
    missing = store.missing()
    length = min(max(len(missing) // cluster.num_workers, 1), STRETCH)
    stretches = [missing[first : first + length] for first in range(0, len(missing), length)]
    seen_by_all = replace(store, folder=store.folder.resolve())
    for drawn in spread(partial(draw_stretch, shooting, seen_by_all), stretches, workers=cluster):
        yield from drawn


def draw_stretch(shooting: Drawable, store: FrameStore, frames: Sequence[int]) -> Sequence[int]:
    """Draw these frames one after the other, but those that an attempt which was cut short has kept."""
    work_alone()
    with threadpool_limits(1, user_api="blas"):
        for frame in frames:
            if not store.has(frame):
                store.keep(frame, shooting.draw(frame))
    return frames


def choose_workers(device: torch.device) -> int:
    """A frame for each core; a GPU draws one at a time."""
    return 1 if device.type != "cpu" else min(count_cores(), MOST_WORKERS)
