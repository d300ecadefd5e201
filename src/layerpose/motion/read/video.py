"""A video of a person -> Clip: one person is followed, one shape fitted, and all frames' poses at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from layerpose.body.model import body_model
from layerpose.estimation.fit import fit_body
from layerpose.estimation.fit_over_time import Poses, fit_over_time
from layerpose.estimation.frame import refuse_cut
from layerpose.estimation.observations import Observations, observe
from layerpose.estimation.sightings import watch_person
from layerpose.media.videos.reading import Look, Video, open_video
from layerpose.motion.clip import check_frame, check_range
from layerpose.motion.grounding import Shown, ground
from layerpose.motion.timing import turn_between
from layerpose.types import Motion, Pose

CONTEXT = 8
"""Frames before and after those asked for that are looked at, too: they tell which way a movement goes."""
LENS = 1.1
"""Focal length of a phone in the picture's longer sides, by which the person's distance is guessed."""


@dataclass(frozen=True, kw_only=True)
class VideoClip:
    """An opened video; nothing of it is looked at before it is asked for."""

    video: Video

    @property
    def name(self) -> str:
        """The file's name."""
        return str(self.video.path)

    @property
    def num_frames(self) -> int:
        """Frames that are looked at: at most 15 a second."""
        return len(self.video.times)

    @property
    def fps(self) -> float:
        """At most 15."""
        return self.video.fps

    def pose(self, frame: int) -> Pose:
        """The frame fitted like a photo. ValueError, with the reason, if it shows no whole person."""
        check_frame(self, frame)
        sighting = next(watch_person(self.video.looks(frame, frame + 1)), None)
        if sighting is None or sighting.landmarks is None:
            reason = "it cannot be decoded" if sighting is None else sighting.problem
            raise ValueError(f"{self.name}, frame {frame}: {reason}; choose another frame")
        try:
            refuse_cut(sighting.landmarks)
            return fit_body(sighting.landmarks).body.pose
        except ValueError as error:
            raise ValueError(f"{self.name}, frame {frame}: {error}") from error

    def motion(self, first: int = 0, end: int | None = None, *, fps: float | None = None) -> Motion:
        """Look at these frames and a few before and after. What is bridged, cut off or guessed is warned about."""
        del fps  # the file says its rate
        return self.watch(first, end).motion()

    def watch(
        self, first: int = 0, end: int | None = None, report: Callable[[int, int], None] = lambda *_: None
    ) -> Watched:
        """What takes long about it; `report` is told how many frames were looked at of how many, and may raise."""
        frames = check_range(self, first, end)
        low, high = max(frames.start - CONTEXT, 0), min(frames.stop + CONTEXT, self.num_frames)

        def looks() -> Iterator[Look]:
            for number, look in enumerate(self.video.looks(low, high)):
                report(number, high - low)
                yield look

        try:
            observed = observe(looks())
            return Watched(clip=self, frames=frames, low=low, observed=observed, fitted=_fit(observed))
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Frames of a video, looked at from `low` on."""

    clip: VideoClip
    frames: range
    low: int
    observed: Observations
    fitted: Fitted

    def motion(self) -> Motion:
        """The motion. What is bridged, cut off or guessed is warned about."""
        _tell(self.clip.name, self.observed, self.frames, self.low)
        even = self.clip.video.even_times[self.frames.start : self.frames.stop]
        return _to_motion(self.observed, self.fitted, even, self.clip.fps)


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The poses, and the shape that they are of."""

    poses: Poses
    phenotype: Float[np.ndarray, "6"]


def read_video(path: Path, person: str | None = None) -> VideoClip:
    """Open a video. ValueError if it is none, or a person is asked for by name."""
    if person is not None:
        raise ValueError(f"{path} is a video, whose people have no names; found {person!r}; leave it out")
    return VideoClip(video=open_video(path))


def _fit(observed: Observations) -> Fitted:
    """One shape for all, then all poses. ValueError if no body fits."""
    if not observed.best:
        cut = max(filter(None, observed.cut), key=observed.cut.count)
        raise ValueError(
            f"the person is cut by the edge of the picture in all of {len(observed.cut)} frames (outside: {cut}); "
            "use a video that shows the whole body"
        )
    found, problems = [], []
    for landmarks in observed.best:
        try:
            found.append(fit_body(landmarks).body.phenotype.double().numpy())
        except ValueError as error:
            problems.append(str(error))
    if not found:
        raise ValueError(problems[0])
    phenotype = np.median(found, axis=0)
    return Fitted(poses=fit_over_time(observed.seen, phenotype), phenotype=phenotype)


def _tell(name: str, observed: Observations, frames: range, low: int) -> None:
    """Warn about what is not as it should be in the frames that were asked for."""
    asked = slice(frames.start - low, frames.stop - low)
    shots, times = observed.seen.shots[asked], observed.seen.times[asked]
    cuts = [f"{time:.1f} s" for time in times[1:][np.diff(shots) > 0]]
    if cuts:
        warnings.warn(f"{name} is cut at {', '.join(cuts)}; the motion goes on from there", stacklevel=3)
    problems = list(filter(None, observed.problems[asked]))
    if problems:
        warnings.warn(
            f"{name}: {len(problems)} of {len(times)} frames show no body that fits; bridged or cut off (in most: "
            f"{max(problems, key=problems.count)})", stacklevel=3,
        )  # fmt: skip
    cut = [
        joints
        for joints, problem in zip(observed.cut[asked], observed.problems[asked], strict=True)
        if joints and not problem
    ]
    if cut:
        warnings.warn(
            f"{name}: in {len(cut)} of {len(times)} frames the person is cut by the edge (outside in most: "
            f"{max(cut, key=cut.count)}); what is not seen is guessed", stacklevel=3,
        )  # fmt: skip


def _to_motion(observed: Observations, fitted: Fitted, even: Float[np.ndarray, "n"], fps: float) -> Motion:
    """The poses at even times from the first to the last frame that shows the person, put on the floor."""
    times, there = observed.seen.times, observed.seen.times[observed.seen.rows]
    even = even[(even > there[0] - 0.5 / fps) & (even < there[-1] + 0.5 / fps)]
    poses = fitted.poses
    rows = np.interp(even, times, np.arange(len(times)))
    rotations = turn_between(torch.from_numpy(poses.rotations), rows).double().numpy()
    zoom = np.sqrt(np.abs(np.linalg.det(observed.to_first[:, :2, :2])))
    places = np.einsum("tab,tb->ta", observed.to_first, np.column_stack([poses.translation, np.ones(len(times))]))[
        :, :2
    ]
    scale = poses.scale * zoom
    across = (places - np.array(observed.size) / 2) / scale[:, None]
    depth = LENS * max(observed.size) / scale
    shown = Shown(
        across=np.column_stack([np.interp(even, times, values) for values in across.T]),
        depth=np.interp(even, times, depth),
        shots=observed.seen.shots[np.round(rows).astype(int)],
        fps=fps,
    )
    return ground(rotations, body_model().rest(fitted.phenotype), shown)
