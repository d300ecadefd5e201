"""Records + the clothes they wear -> pictures cut around the person, true labels and fitted bodies, as arrays on disk.

Made once, then mapped into memory: dressing a person takes longer than a training step.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.lib.format import open_memmap

from layerpose.body.camera import BODY_TO_CAMERA, in_pixels, project
from layerpose.data.augment import disturb
from layerpose.data.records import Records
from layerpose.data.synth.labels import Relabelled
from layerpose.estimation.canvas import MARGIN, Canvas
from layerpose.maps.render import draw_body, pose_body
from layerpose.types import Body, Camera

STRENGTHS = (0.25, 0.5, 1.0)
"""How far the bodies beside each picture are off, from a good fit to a bad one."""
NAMES = ("pictures", "labels", "bodies")


@dataclass(frozen=True, kw_only=True)
class ParsedFrames:
    """Pictures over black with alpha, their true classes, and the classes that bodies fitted to them show."""

    pictures: UInt8[np.ndarray, "n s s 4"]
    labels: UInt8[np.ndarray, "n s s"]
    bodies: UInt8[np.ndarray, "n k s s"]

    def __len__(self) -> int:
        return len(self.labels)


def parsed_frames(
    records: Records, people: Sequence[str], folder: Path, *, size: int, assets: Path | None, seed: int
) -> ParsedFrames:
    """Read the arrays in `folder`; make them if they are not there."""
    if not folder.is_dir():
        part = folder.with_name(f".{folder.name}.part")
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True)
        _make(records, people, part, size=size, assets=assets, seed=seed)
        part.rename(folder)
    return ParsedFrames(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in NAMES})


def cut_canvas(alpha: Float[np.ndarray, "h w"], size: int) -> Canvas:
    """The square around a person that `estimate` would cut."""
    rows, columns = (np.flatnonzero((alpha > 0.5).any(axis)) for axis in (1, 0))
    low, high = np.array([columns[0], rows[0]]), np.array([columns[-1], rows[-1]]) + 1
    side = int(np.ceil((high - low).max() / (1 - 2 * MARGIN)))
    left, top = np.round((low + high - side) / 2).astype(int)
    return Canvas(left=int(left), top=int(top), side=side, size=size)


def _make(
    records: Records, people: Sequence[str], folder: Path, *, size: int, assets: Path | None, seed: int
) -> None:  # fmt: skip
    frames = [(person, frame) for person in people for frame in records.frames(person)]
    shapes = ((len(frames), size, size, 4), (len(frames), size, size), (len(frames), len(STRENGTHS), size, size))
    arrays = [
        open_memmap(folder / f"{name}.npy", mode="w+", dtype=np.uint8, shape=shape)
        for name, shape in zip(NAMES, shapes, strict=True)
    ]
    rng, dressed = np.random.default_rng(seed), None
    for row, (person, frame) in enumerate(frames):
        if dressed is None or dressed.person != person:
            dressed = Relabelled(records, person, assets)
        image, mask, body = records.load(person, frame)
        canvas = cut_canvas(mask[0, 0].numpy(), size)
        picture = torch.cat([(image + mask) / 2, mask], dim=1)[0].permute(1, 2, 0).numpy() * 255
        arrays[0][row] = np.clip(canvas.cut(picture, outside=0.0).round(), 0, 255)
        camera = canvas.place(in_pixels(body.camera, records.canvas))
        arrays[1][row] = dressed.label(frame, camera, size)
        for k, strength in enumerate(STRENGTHS):
            arrays[2][row, k] = show(fit_again(replace(body, camera=camera), strength, rng), size)
    for array in arrays:
        array.flush()


def fit_again(body: Body, strength: float, rng: np.random.Generator) -> Body:
    """Another shape and pose, as a fit may find them, its joints moved and scaled onto the true ones."""
    found = disturb(body, rng, strength)
    places = project(torch.as_tensor(pose_body(body).keypoints), body.camera).numpy()[:, :2]
    given = pose_body(found).keypoints @ BODY_TO_CAMERA.numpy().T
    off, far = places - places.mean(0), given[:, :2] - given[:, :2].mean(0)
    scale = float((off * far).sum() / (far**2).sum())
    left, top = places.mean(0) - scale * given[:, :2].mean(0)
    return replace(found, camera=Camera(scale=scale, translation=(float(left), float(top))))


def show(body: Body, size: int) -> UInt8[np.ndarray, "s s"]:
    """The class that the naked body shows at every pixel."""
    return (draw_body(body, size).nearest.part.numpy() + 1).astype(np.uint8)
