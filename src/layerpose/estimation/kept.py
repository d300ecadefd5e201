"""A photo that was fitted before -> its body, mask and parsing again, from the user's cache.

Kept are the fitted body, the soft mask and the classes, no colours, under a name made of the photo's content, what was
seen in it and the code that fits: another photo, or a changed layerpose, never finds them. A file that is damaged is as
good as none.
"""

from __future__ import annotations

import hashlib
import os
import warnings
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8

from layerpose import __version__
from layerpose.estimation.canvas import Canvas
from layerpose.estimation.landmarks import Landmarks
from layerpose.runtime.arrays import BROKEN_ZIP, read_arrays
from layerpose.runtime.cache import cache_dir, private_folder, writing
from layerpose.types import CLASSES, PHENOTYPES, Body, Camera, Pose

FOLDER = "fits"
MOST = 200
"""Of the photos the last ones are kept; the bundled person takes 68 kB."""
CODE = ("body", "estimation", "maps")
"""Packages that decide how a photo is fitted: when one of their files changes, every photo is fitted anew."""
SMALL_BYTES = 64 * 1024
"""More than all but the two pictures of a file takes."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is worked out from a photo once its landmarks are known."""

    body: Body
    """In canvas units."""
    reprojection: float
    overlap: float
    alpha: Float[np.ndarray, "s s"]
    """The soft mask, 0..1."""
    labels: UInt8[np.ndarray, "s s"]
    """Classes of the parsing."""


def name_fit(
    canvas: Canvas, pixels: UInt8[np.ndarray, "h w 3"], landmarks: Landmarks, own: UInt8[np.ndarray, "h w 4"] | None
) -> Path:
    """The file of this fit, which may not be there."""
    digest = hashlib.sha256(f"{_code()} {canvas} {pixels.shape}".encode())
    seen = (landmarks.image, landmarks.world, landmarks.visibility, landmarks.held, landmarks.mask)
    for array in (pixels, *seen, *(() if own is None else (own,))):
        digest.update(np.ascontiguousarray(array).data)
    return cache_dir() / FOLDER / f"{digest.hexdigest()[:32]}.npz"


def recall(file: Path, size: int) -> Kept | None:
    """What is kept in a file, if it is whole and of a canvas of this size."""
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(member.file_size for member in packed.infolist()) > 5 * size * size + SMALL_BYTES:
                return None
        kept = _read(**read_arrays(file, ("alpha", "labels", "phenotype", "rotations", "figures")))
        if kept.alpha.shape != (size, size):
            return None
        os.utime(file)
    except (*BROKEN_ZIP, TypeError):
        return None
    return kept


def _read(
    alpha: np.ndarray, labels: np.ndarray, phenotype: np.ndarray, rotations: np.ndarray, figures: np.ndarray
) -> Kept:
    whole = alpha.dtype == np.float32 and labels.dtype == np.uint8 and alpha.shape == labels.shape and alpha.ndim == 2
    shaped = phenotype.shape == (len(PHENOTYPES),) and rotations.shape[1:] == (3, 3) and figures.shape == (6,)
    numbers = (alpha, phenotype, rotations, figures[:5])
    if (
        not (whole and shaped)
        or labels.max(initial=0) >= len(CLASSES)
        or not all(np.isfinite(x).all() for x in numbers)
    ):
        raise ValueError("not a fit")
    scale, x, y, reprojection, overlap, distance = map(float, figures)
    return Kept(
        body=Body(
            phenotype=torch.from_numpy(phenotype),
            pose=Pose(rotations=torch.from_numpy(rotations)),
            camera=Camera(scale=scale, translation=(x, y), distance_m=distance),
        ),
        reprojection=reprojection, overlap=overlap, alpha=alpha, labels=labels,
    )  # fmt: skip


def remember(file: Path, kept: Kept) -> None:
    """Keep it, and drop what has not been asked for the longest."""
    camera = kept.body.camera
    figures = [camera.scale, *camera.translation, kept.reprojection, kept.overlap, camera.distance_m]
    try:
        private_folder(file.parent)
        with writing(file) as temporary:
            np.savez_compressed(
                temporary, alpha=kept.alpha, labels=kept.labels, figures=np.array(figures),
                phenotype=kept.body.phenotype.numpy(), rotations=kept.body.pose.rotations.numpy(),
            )  # fmt: skip
        _prune(file.parent)
    except OSError as error:
        warnings.warn(f"the fit of this photo could not be kept for the next time ({error})", stacklevel=2)


def _prune(folder: Path) -> None:
    found = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns)
    for file in found[:-MOST]:
        file.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _code() -> str:
    """A name for the code that fits."""
    digest, home = hashlib.sha256(__version__.encode()), Path(__file__).parents[1]
    for package in CODE:
        for file in sorted((home / package).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
