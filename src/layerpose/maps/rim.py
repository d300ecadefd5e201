"""Source view + drawn target -> a thin rim around the target's body that moves rigidly with the nearest bone.

So hair and loose clothes come along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.model import body_model
from layerpose.maps.crops import window_around
from layerpose.maps.render import DrawnBody, Hit, mesh
from layerpose.maps.source import SourceView, sample

RIM = 0.07
"""Width of the rim around the body that moves with it, as a share of the canvas."""
RIM_SMALLEST_STRETCH = 0.6
"""Where a step away from the body shrinks to less than this in the source, the rim says nothing."""


@dataclass(frozen=True, kw_only=True)
class _Strip:
    """The pixels around a target's body, and for each the triangle of the nearest body pixel."""

    covered: Bool[np.ndarray, "h w"]
    """Where the body is, in the window around it."""
    rows: Int[np.ndarray, "n"]
    """In that window, as the columns."""
    columns: Int[np.ndarray, "n"]
    triangle: Int[np.ndarray, "n"]
    step: Float[np.ndarray, "n 2"]
    """From the triangle to the pixel, canvas units."""


def warp_rim(
    view: SourceView, hit: Hit, target: DrawnBody, orientations: Float[np.ndarray, "j 3 3"]
) -> tuple[Float[Tensor, "1 3 h w"], Float[Tensor, "1 1 h w"]]:
    """Pixels close to the body: step from the nearest body pixel, turned as its bone turns.

    Of several photos the one in which the step is least foreshortened says what is there.
    """
    size, device = target.size, hit.part.device
    window = window_around(hit.part >= 0, margin=math.ceil(RIM * size) + 1)
    rim, mask = torch.zeros(1, 3, size, size, device=device), torch.zeros(1, 1, size, size, device=device)
    strip = _lay_strip(hit, target, window)
    if strip is None:
        return rim, mask
    best, colour = torch.zeros(len(strip.rows), device=device), torch.zeros(3, len(strip.rows), device=device)
    for photo in view.all:
        worth, seen = _ask(photo, strip, target, orientations)
        better = worth > best
        best, colour = torch.where(better, worth, best), torch.where(better, seen, colour)
    rows, columns = strip.rows + window[0].start, strip.columns + window[1].start
    rim[0, :, rows, columns] = colour
    mask[0, 0, rows, columns] = (best > 0).float()
    return rim, mask


def _lay_strip(hit: Hit, target: DrawnBody, window: tuple[slice, slice]) -> _Strip | None:
    size = target.size
    covered = (hit.part[window] >= 0).cpu().numpy()
    body_rows, body_columns = np.nonzero(covered)
    if not len(body_rows):
        return None
    distance, label = cv2.distanceTransformWithLabels(
        (~covered).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label = label.astype(np.int64)
    rows, columns = np.nonzero((distance > 0) & (distance < RIM * size))
    anchors = np.zeros((len(body_rows) + 1, 2), dtype=np.int64)
    anchors[label[body_rows, body_columns]] = np.stack([body_rows, body_columns], axis=1)
    anchor = anchors[label[rows, columns]]
    triangle = hit.triangle[window].cpu().numpy()[anchor[:, 0], anchor[:, 1]]
    here = (np.stack([columns + window[1].start, rows + window[0].start], axis=1) + 0.5) / size
    step = here - _middles(target)[triangle, :2]
    return _Strip(covered=covered, rows=rows, columns=columns, triangle=triangle, step=step)


def _ask(
    view: SourceView, strip: _Strip, target: DrawnBody, orientations: Float[np.ndarray, "j 3 3"]
) -> tuple[Float[Tensor, "n"], Float[Tensor, "3 n"]]:
    """How far a photo's word is to be trusted at each pixel of the strip (0: it says nothing), and its colours."""
    device = view.shown.device
    bone = _dominant_bones()[body_model().faces[strip.triangle, 0]]
    to_camera = BODY_TO_CAMERA.numpy()
    turn = to_camera @ view.orientations @ orientations.transpose(0, 2, 1) @ to_camera.T
    step = strip.step * (view.drawn.scale / target.scale)
    source_step = np.einsum("nab,nb->na", turn[bone][:, :2, :2], step)
    stretch = np.linalg.norm(source_step, axis=1) / np.maximum(np.linalg.norm(step, axis=1), 1e-6)
    place = torch.as_tensor(_middles(view.drawn)[strip.triangle, :2] + source_step, device=device).float()

    pixel = (place * view.drawn.size).floor().long()
    inside = ((pixel >= 0) & (pixel < view.drawn.size)).all(-1)
    pixel = pixel.clamp(0, view.drawn.size - 1)
    part = mesh(device).parts[torch.as_tensor(strip.triangle, device=device).long()] + 1
    off_body = view.drawn.nearest.part[pixel[:, 1], pixel[:, 0]] < 0
    same_or_none = view.labels[pixel[:, 1], pixel[:, 0]]
    fits = (same_or_none == 0) | (same_or_none == part)
    known = inside & off_body & fits & torch.as_tensor(stretch > RIM_SMALLEST_STRETCH, device=device)
    person = (known & (same_or_none > 0)).cpu().numpy()
    loose = person & ~_attached(strip.covered, strip.rows, strip.columns, person)
    known &= ~torch.as_tensor(loose, device=device)
    worth = torch.as_tensor(stretch, device=device).float() * known
    return worth, sample(view.image, place[None])[0, :, 0] * known


def _middles(drawn: DrawnBody) -> Float[np.ndarray, "f 3"]:
    return drawn.vertices.cpu().numpy()[body_model().faces].mean(1)


def _attached(
    covered: Bool[np.ndarray, "h w"], rows: Int[np.ndarray, "n"], columns: Int[np.ndarray, "n"],
    person: Bool[np.ndarray, "n"],
) -> Bool[np.ndarray, "n"]:  # fmt: skip
    """Which rim pixels that show the person hang together with the body; shreds that float beside it do not."""
    whole = covered.astype(np.uint8)
    whole[rows[person], columns[person]] = 1
    _, component = cv2.connectedComponents(whole, connectivity=8)
    return np.isin(component[rows, columns], np.unique(component[covered]))


@lru_cache(maxsize=1)
def _dominant_bones() -> Int[np.ndarray, "v"]:
    return body_model().weights.argmax(1)
