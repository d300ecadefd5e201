"""Human3.6M as it is downloaded -> people and pictures out of their videos, split as in the paper.

``S1/Videos/Directions 1.54138969.mp4`` ...: subject, action, take and camera. The person is cut out by the masks, where
there are some (``S1/MySegmentsMat/ground_truth_bs/Directions 1.54138969.mat`` or ``.mp4``), else by an estimated one.
Bodies are fitted to the pictures; the measured joints are not used. Paper: estimates them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from layerpose.data.film import count_frames, read_frame
from layerpose.data.portrait import Portrait, Refusal, portray
from layerpose.data.public.masks import check_reader, read_mask
from layerpose.estimation.canvas import canvas_around
from layerpose.estimation.estimate import Estimate, estimate_on
from layerpose.estimation.finding import find_landmarks

TRAIN_ACTIONS = ("Greeting", "Posing", "SittingDown", "Walking")
TEST_ACTIONS = ("Directions", "TakingPhoto")
RENAMED = {"Photo": "TakingPhoto"}
"""Subjects whose files call an action otherwise."""
VIDEO = re.compile(r"(?P<action>[A-Za-z]+)(?:[ _](?P<take>\d+))?\.(?P<camera>\d+)\.mp4")
VAL_SHARE = 0.1
"""The end of every training video is for validation. Paper: names none."""
MASKS = Path("MySegmentsMat") / "ground_truth_bs"
LEAST_AGREEMENT = 0.5
"""Intersection over union of a mask that comes with the data and the estimated one; below it shows something else."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One picture of a video."""

    video: Path
    mask: Path | None
    frame: int

    @property
    def name(self) -> str:
        """As it is named to the user."""
        return f"{self.video.parents[1].name}/{self.video.name}#{self.frame}"


@dataclass(frozen=True, kw_only=True)
class FilmedPerson:
    """A subject in the videos of one split."""

    name: str
    split: str
    moments: tuple[Moment, ...]

    @property
    def num_pictures(self) -> int:
        """Pictures."""
        return len(self.moments)

    def portraits(self, size: int) -> Iterator[Portrait | Refusal]:
        """Every picture, cut out around the person."""
        for moment in self.moments:
            yield portray(moment.name, lambda moment=moment: _look(moment, size))


def open_human36m(folder: Path, pictures: int) -> list[FilmedPerson]:
    """Choose `pictures` of every training and every test video, evenly spread; people without a video are left out."""
    subjects = sorted(folder.glob("S*/Videos"), key=lambda path: (len(path.parent.name), path.parent.name))
    if not subjects:
        raise ValueError(f"{folder} holds no S1/Videos, S5/Videos ...; expected Human3.6M as it is downloaded")
    people = []
    for subject in subjects:
        moments: dict[str, list[Moment]] = {"train": [], "val": [], "test": []}
        for video in sorted(subject.glob("*.mp4")):
            found = VIDEO.fullmatch(video.name)
            action = RENAMED.get(found["action"], found["action"]) if found else ""
            if action in TRAIN_ACTIONS:
                moments["train"] += _choose(video, 0, 1 - VAL_SHARE, pictures)
                moments["val"] += _choose(video, 1 - VAL_SHARE, 1, max(round(pictures * VAL_SHARE), 1))
            elif action in TEST_ACTIONS:
                moments["test"] += _choose(video, 0, 1, pictures)
        people += [
            FilmedPerson(name=f"{subject.parent.name}-{split}", split=split, moments=tuple(chosen))
            for split, chosen in moments.items()
            if chosen
        ]
    if not people:
        names = ", ".join((*TRAIN_ACTIONS, *TEST_ACTIONS))
        raise ValueError(f"{folder} has no videos of {names}; expected names like 'Walking 1.54138969.mp4'")
    return people


def _choose(video: Path, begin: float, end: float, count: int) -> list[Moment]:
    """The middles of `count` equal stretches between two shares of a video."""
    mask = video.parents[1] / MASKS / video.name
    found = next((path for path in (mask.with_suffix(".mat"), mask) if path.is_file()), None)
    if found is not None:
        check_reader(found)
    try:
        total = count_frames(video)
    except ValueError:
        total = 1  # named and counted when its turn comes
    shares = begin + (end - begin) * (np.arange(count) + 0.5) / count
    frames = dict.fromkeys((shares * total).astype(int).tolist())
    return [Moment(video=video, mask=found, frame=frame) for frame in frames]


def _look(moment: Moment, size: int) -> Estimate:
    pixels = read_frame(moment.video, moment.frame)
    landmarks = find_landmarks(pixels)
    if moment.mask is not None:
        mask = read_mask(moment.mask, moment.frame)
        _check_mask(moment, mask, landmarks.mask > 0.5)
        landmarks = replace(landmarks, mask=(mask / 255).astype(landmarks.mask.dtype))
    return estimate_on(canvas_around(landmarks, size), pixels, landmarks)


def _check_mask(moment: Moment, mask: UInt8[np.ndarray, "_ _"], estimated: np.ndarray) -> None:
    if mask.shape != estimated.shape:
        raise ValueError(f"the mask is of another size than the picture ({moment.mask}: {mask.shape})")
    shared, both = (mask > 127) & estimated, (mask > 127) | estimated
    if shared.sum() < LEAST_AGREEMENT * both.sum():
        raise ValueError(f"the mask shows something else than the person ({moment.mask})")
