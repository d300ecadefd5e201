"""Photo -> Estimate: the person cut out on the canvas, the fitted body, the source parsing. The one entry."""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from layerpose.estimation.canvas import Canvas, canvas_around
from layerpose.estimation.doubts import (
    Piece,
    largest_beside,
    lighten,
    refuse_muddle,
    refuse_second_face,
    warn_of_weakness,
)
from layerpose.estimation.face_points import see_face
from layerpose.estimation.finding import Found, find_everybody, find_person, take_apart
from layerpose.estimation.fit import fit_body
from layerpose.estimation.frame import cut_sides, refuse_too_little, seen_joints
from layerpose.estimation.kept import Kept, name_fit, recall, remember
from layerpose.estimation.landmarks import CERTAIN, Landmarks, look_mirrored
from layerpose.estimation.matte import cut_by, cut_out, is_matte, keep_cut_out, premultiply
from layerpose.estimation.others import Other, see_others
from layerpose.estimation.parsing import parse_photo
from layerpose.maps.parsing import labels_to_parsing
from layerpose.maps.render import draw_body
from layerpose.media.photos.colours import over_white
from layerpose.media.pictures import read_photo
from layerpose.types import Body, Photo

LONGEST_SIDE = 4096
"""Larger photos are averaged down before anything else."""
SKETCH = 256
"""Side in pixels at which the outline is held against the body."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What one photo says: the person on the square canvas, the fitted body (canvas units), S_s and the figures."""

    photo: Photo
    body: Body
    parsing: Float[Tensor, "1 7 h w"]
    canvas: Canvas
    """Where the canvas lies in the photo."""
    landmarks: Landmarks
    reprojection: float
    """Mean distance between landmarks and the body's own points, as a share of the stature."""
    overlap: float
    """Intersection over union of the person's mask and the body, as far as the photo goes."""
    cut: tuple[str, ...] = ()
    """Edges of the photo that cut the person, of `frame.SIDES`."""
    invented: tuple[str, ...] = ()
    """Parts that no photo shows and that were drawn as people usually look (`completing`)."""
    others: tuple[Other, ...] = ()
    """Everybody else in the photo, from left to right."""
    number: int = 1
    """Which one the person is, from left to right."""

    @property
    def seen(self) -> frozenset[str]:
        """Which joints, hands and feet the photo shows."""
        return seen_joints(self.landmarks)

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """The photo's edges on the canvas: left, top, right, bottom, in canvas units."""
        (height, width), canvas = self.landmarks.mask.shape, self.canvas
        x, y = (
            (np.array([0, size]) - start) / canvas.side for size, start in ((width, canvas.left), (height, canvas.top))
        )
        return float(x[0]), float(y[0]), float(x[1]), float(y[1])

    @property
    def quality(self) -> str:
        """The figures of the fit in one line."""
        return (
            f"landmarks missed by {self.reprojection:.1%} of the stature, "
            f"outline overlap {self.overlap:.0%}, person found with {self.landmarks.score:.0%}"
        )


def read_source(name: str | os.PathLike[str]) -> Image.Image:
    """A photo of a person as `estimate` wants it: with its transparency, and not much larger than it uses."""
    return read_photo(name, with_alpha=True, longest=LONGEST_SIDE)


def estimate(photo: Image.Image, size: int = 1024, *, person: str | None = None, keep: bool = False) -> Estimate:
    """Find the person, fit the body and cut both out on a canvas of `size` pixels; ValueError says what is wrong.

    Of an RGBA picture the transparency is the person's mask, if it is a person's. `person` says who of several is
    meant: a number from left to right, a place (x,y in pixels), or `largest`. What is `keep`-ed of the photo on disk
    need not be worked out when it comes again (`kept`).
    """
    photo, pixels = read_pixels(photo)
    found = find_person(lighten(pixels), person)
    return _estimate(photo, pixels, found, size, keep=keep)


def estimate_all(photo: Image.Image, size: int = 1024) -> list[Estimate]:
    """Everybody in the photo, from left to right. ValueError says who cannot be read, and why."""
    photo, pixels = read_pixels(over_white(photo).convert("RGB"))
    seeable = lighten(pixels)
    people, found = [look_mirrored(seeable, one) for one in find_everybody(seeable)], []
    if not people:
        raise ValueError("no person was found for sure; use a photo that shows people clearly")
    for row, person in enumerate(people):
        try:
            refuse_too_little(person)
            found.append(_estimate(photo, pixels, take_apart(people, row), size))
        except ValueError as error:
            raise ValueError(f"person {row + 1} of {len(people)}: {error}") from error
    return found


def _estimate(
    photo: Image.Image, pixels: UInt8[np.ndarray, "h w 3"], found: Found, size: int, *, keep: bool = False
) -> Estimate:
    landmarks = found.person
    warn_of_weakness(pixels, landmarks)
    on = _estimate_once if keep else estimate_on
    seen = on(canvas_around(landmarks, size), pixels, landmarks, own_cut_out(photo, landmarks))
    refuse_second_face(pixels, landmarks, found.others, seen.overlap)
    refuse_muddle(landmarks, seen.overlap, _piece_beside(seen))
    return replace(seen, others=see_others(pixels, found.others, found.number), number=found.number)


def _piece_beside(seen: Estimate) -> Piece | None:
    """What of the cut-out is not the fitted body's, looked for in a small picture."""
    body = (draw_body(seen.body, SKETCH).nearest.triangle >= 0).numpy()
    person = cv2.resize(seen.photo.mask[0, 0].numpy(), body.shape[::-1], interpolation=cv2.INTER_AREA) > CERTAIN
    return largest_beside(person, body)


def read_pixels(photo: Image.Image) -> tuple[Image.Image, UInt8[np.ndarray, "h w 3"]]:
    """The photo not larger than people are looked for in it, and its colours over white."""
    if max(photo.size) > LONGEST_SIDE:
        photo = photo.copy()
        photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return photo, np.array(over_white(photo).convert("RGB"))


def own_cut_out(photo: Image.Image, landmarks: Landmarks) -> UInt8[np.ndarray, "h w 4"] | None:
    """An RGBA picture whose transparency is its person's outline; None for any other, with a warning."""
    if photo.mode != "RGBA":
        return None
    own = np.array(photo)
    if is_matte(own[..., 3] / 255, landmarks.mask):
        return own
    warnings.warn("the transparency of the photo is not the outline of its person; it is not used", stacklevel=3)
    return None


def estimate_on(
    canvas: Canvas,
    pixels: UInt8[np.ndarray, "h w 3"],
    landmarks: Landmarks,
    own: UInt8[np.ndarray, "h w 4"] | None = None,
    phenotype: Float[np.ndarray, "6"] | None = None,
    *,
    painted: bool = False,
) -> Estimate:
    """Fit the body to landmarks and mask and cut both out on a given canvas; ValueError if the fit does not hold.

    `own` is the photo as a cut-out, in straight colours: its transparency is taken for the mask. With a phenotype only
    pose and camera are fitted. A mask that was `painted` is right as it is.
    """
    if own is not None:
        landmarks = replace(landmarks, mask=own[..., 3] / 255)
    picture, mask = cut_canvas(pixels, landmarks, canvas)

    def cut_person() -> Photo:
        if painted:
            return cut_by(picture, mask)
        return cut_out(picture, mask) if own is None else keep_cut_out(canvas.cut(premultiply(own), outside=0.0))

    with ThreadPoolExecutor(1) as beside:  # neither needs the other, and the fit keeps one core busy
        cutting = beside.submit(cut_person)
        fit = fit_body(replace(landmarks, face=see_face(lighten(pixels), landmarks)), phenotype)
        cut = cutting.result()
    body = replace(fit.body, camera=canvas.place(fit.body.camera))
    return Estimate(
        photo=cut,
        body=body,
        parsing=parse_photo(picture, cut.mask, draw_body(body, canvas.size)),
        canvas=canvas,
        landmarks=landmarks,
        reprojection=fit.reprojection,
        overlap=fit.overlap,
        cut=cut_sides(landmarks),
    )


def _estimate_once(
    canvas: Canvas, pixels: UInt8[np.ndarray, "h w 3"], landmarks: Landmarks, own: UInt8[np.ndarray, "h w 4"] | None
) -> Estimate:
    """The same; what was worked out from this photo before is not worked out again."""
    file = name_fit(canvas, pixels, landmarks, own)
    kept = recall(file, canvas.size)
    if kept is None:
        seen = estimate_on(canvas, pixels, landmarks, own)
        alpha, labels = seen.photo.mask[0, 0].numpy(), seen.parsing[0].argmax(0).byte().numpy()
        remember(
            file,
            Kept(body=seen.body, reprojection=seen.reprojection, overlap=seen.overlap, alpha=alpha, labels=labels),
        )
        return seen
    if own is None:
        cut = cut_by(cut_canvas(pixels, landmarks, canvas)[0], kept.alpha)
    else:
        landmarks = replace(landmarks, mask=own[..., 3] / 255)
        cut = keep_cut_out(canvas.cut(premultiply(own), outside=0.0))
    return Estimate(
        photo=cut,
        body=kept.body,
        parsing=labels_to_parsing(torch.from_numpy(kept.labels)),
        canvas=canvas,
        landmarks=landmarks,
        reprojection=kept.reprojection,
        overlap=kept.overlap,
        cut=cut_sides(landmarks),
    )


def cut_canvas(
    pixels: UInt8[np.ndarray, "h w 3"], landmarks: Landmarks, canvas: Canvas
) -> tuple[Float[np.ndarray, "s s 3"], Float[np.ndarray, "s s"]]:
    """The canvas's picture and coarse mask, both in 0..1. Someone whom the photo's edge cuts goes on beyond it."""
    if cut_sides(landmarks):
        return canvas.picture(pixels, outside=None), np.clip(canvas.cut(landmarks.mask, outside=None), 0, 1)
    return canvas.picture(pixels), np.clip(canvas.cut(landmarks.mask, outside=0.0), 0, 1)
