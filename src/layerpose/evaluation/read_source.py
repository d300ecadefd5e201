"""A frame of a data set -> what a model is told of it as its source: the exact body, or one fitted to the picture.

A user has a picture with something behind the person, and nothing else. So a fitted source is put before a painted
background, cut out and read like any photo; the result is kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from jaxtyping import Float, Integer, UInt8
from torch import Tensor

from layerpose.config import ModelConfig
from layerpose.data.augment import Shot
from layerpose.data.backgrounds import paint_background
from layerpose.data.pairs import fit, view_shot
from layerpose.data.portrait import estimate_to_portrait
from layerpose.data.records import Records
from layerpose.estimation.canvas import Canvas
from layerpose.estimation.estimate import Estimate, estimate_on
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.landmarks import look_mirrored
from layerpose.maps.parsing import labels_to_parsing
from layerpose.maps.source import SourceView
from layerpose.media.pictures import image_to_picture
from layerpose.runtime.arrays import read_arrays
from layerpose.runtime.cache import writing
from layerpose.types import Body, Camera, Pose

FOLDER = "fits"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One frame, on the data set's canvas."""

    shot: Shot
    labels: Integer[np.ndarray, "s s"] | None = None
    """S_s, if the photo was parsed; else it follows from body and mask."""

    def view(self, config: ModelConfig) -> SourceView:
        """What it shows of its body, for a model."""
        image, mask = (fit(plane, config.canvas) for plane in (self.shot.image, self.shot.mask))
        return view_shot(
            Shot(image=image, mask=mask, body=self.shot.body), config, parsing=self._parsing(config.canvas)
        )

    def _parsing(self, canvas: int) -> Float[Tensor, "1 7 s s"] | None:
        if self.labels is None:
            return None
        centres = ((np.arange(canvas) + 0.5) * len(self.labels) / canvas).astype(int)
        labels = torch.from_numpy(self.labels[centres][:, centres])
        return labels_to_parsing(labels)


ReadSource = Callable[[str, str], Source]
"""Person, frame -> the source. ValueError or OSError if it cannot be read."""


def exact_sources(records: Records) -> ReadSource:
    """Every source with the body and the mask that the data set has."""

    def read(person: str, frame: str) -> Source:
        image, mask, body = records.load(person, frame)
        return Source(shot=Shot(image=image, mask=mask, body=body))

    return read


def fitted_sources(records: Records, folder: Path) -> ReadSource:
    """Every source as a user's photo would be read; kept in a folder."""

    def read(person: str, frame: str) -> Source:
        file = folder / FOLDER / f"{person}-{frame}.npz"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_fit(fit_frame(records, person, frame), file)
        return read_fit(file)

    return read


def fit_frame(records: Records, person: str, frame: str) -> Estimate:
    """Read a frame's picture as a photo, before a painted background that is always the same for it."""
    pixels = put_before(records, person, frame)
    landmarks = look_mirrored(pixels, find_landmarks(pixels))
    return estimate_on(Canvas(left=0, top=0, side=len(pixels), size=len(pixels)), pixels, landmarks)


def put_before(records: Records, person: str, frame: str) -> UInt8[np.ndarray, "s s 3"]:
    """The person of a frame before a painted background."""
    image, mask, _ = records.load(person, frame)
    rng = np.random.default_rng(crc32(f"{person}/{frame}".encode()))
    behind = torch.from_numpy(paint_background(records.canvas, rng)).permute(2, 0, 1)[None] / 127.5 - 1
    return np.array(image_to_picture(image + (1 - mask) * behind))


def write_fit(seen: Estimate, file: Path) -> None:
    """Keep what was read of a picture."""
    portrait = estimate_to_portrait(seen, "")
    camera = portrait.frame.camera
    with writing(file) as temporary, temporary.open("wb") as opened:
        np.savez_compressed(
            opened,
            picture=portrait.frame.picture,
            labels=seen.parsing[0].argmax(0).numpy().astype(np.uint8),
            phenotype=portrait.phenotype,
            rotations=portrait.frame.rotations,
            camera=[camera.scale, *camera.translation, camera.distance_m],
        )


def read_fit(file: Path) -> Source:
    """What `write_fit` kept. ValueError if it is damaged."""
    try:
        stored = read_arrays(file)
        picture, labels, phenotype, rotations, camera = (
            stored[name] for name in ("picture", "labels", "phenotype", "rotations", "camera")
        )
    except (ValueError, KeyError) as error:
        raise ValueError(f"{file} is damaged ({error}); delete it, it will be made again") from error
    values = torch.from_numpy(picture).permute(2, 0, 1).float()[None]
    mask = values[:, 3:] / 255
    scale, left, top, distance_m = map(float, camera)
    body = Body(
        phenotype=torch.from_numpy(phenotype).float(),
        pose=Pose(rotations=torch.from_numpy(rotations).float()),
        camera=Camera(scale=scale, translation=(left, top), distance_m=distance_m),
    )
    return Source(shot=Shot(image=(values[:, :3] / 127.5 - 1) * mask, mask=mask, body=body), labels=labels)
