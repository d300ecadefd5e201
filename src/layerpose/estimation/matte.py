"""Cut-out and coarse mask -> Photo: a soft mask that follows hair and fingers, over flat grey, no background in it.

The landmark network's mask is coarse and soft. GrabCut decides the band around its outline by colour, a guided filter
(He et al. 2010) makes that edge as soft as the picture's own, and the colours of soft pixels are estimated without the
background by blurring (Forte 2021, "Approximate Fast Foreground Colour Estimation").
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

from layerpose.estimation.guided_filter import guided_filter
from layerpose.types import Photo

WORKING_SIZE = 512
"""The mask is refined at this size, for any canvas."""
INNER_PX, OUTER_PX = 4, 6
"""How deep inside and how far outside the coarse outline the true one may lie."""
SURE = 0.9
ROUNDS = 2
FILTER_RADIUS_PX, FILTER_EPSILON = 3, 3e-4
SLIVER_PX = 5
"""Thinner spikes of the outline are noise."""
CONTRAST = 1.3
"""Pulls nearly full and nearly empty pixels to full and empty."""
SPECK = 0.01
"""Pieces and holes smaller than this share of the person are mistakes."""
AGREEING = 0.6
"""How far (intersection over union) a file's transparency has to agree with the coarse mask to be the person's."""
WIDE_PX, NARROW_PX = 45, 5
"""Blur radii of the two passes of colour estimation, at `WORKING_SIZE`."""


def cut_out(picture: Float[np.ndarray, "s s 3"], mask: Float[np.ndarray, "s s"]) -> Photo:
    """The person of a canvas (RGB in 0..1) with its coarse mask -> image over flat grey, soft mask."""
    colour, alpha = separate(picture, mask)
    return _over_grey(alpha[..., None] * colour, alpha)


def cut_by(picture: Float[np.ndarray, "s s 3"], alpha: Float[np.ndarray, "s s"]) -> Photo:
    """The person of a canvas (RGB in 0..1) by a soft mask that is right as it is."""
    return _over_grey(alpha[..., None] * foreground(picture, alpha), alpha)


def keep_cut_out(own: Float[np.ndarray, "s s 4"]) -> Photo:
    """A canvas that is a cut-out already (colours times alpha, and alpha, in 0..1) -> the same over flat grey."""
    alpha = np.clip(own[..., 3], 0, 1)
    return _over_grey(np.clip(own[..., :3], 0, alpha[..., None]), alpha)


def premultiply(own: UInt8[np.ndarray, "h w 4"]) -> Float[np.ndarray, "h w 4"]:
    """Straight colours with alpha, 0..255 -> colours times alpha, and alpha, in 0..1: what can be resampled."""
    values = own.astype(np.float32) / 255
    values[..., :3] *= values[..., 3:]
    return values


def is_matte(alpha: Float[np.ndarray, "h w"], mask: Float[np.ndarray, "h w"]) -> bool:
    """Whether a file's transparency is a person's outline, by the network's coarse mask; a rounded corner is not."""
    own, seen = alpha > 0.5, mask > 0.5
    return bool((own & seen).sum() >= AGREEING * (own | seen).sum())


def _over_grey(colour: Float[np.ndarray, "s s 3"], alpha: Float[np.ndarray, "s s"]) -> Photo:
    """Colours (0..1) times alpha, and alpha -> image and mask."""
    image = 2 * colour - alpha[..., None]
    return Photo(
        image=torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None].contiguous(),
        mask=torch.from_numpy(alpha.astype(np.float32))[None, None],
    )


def separate(
    picture: Float[np.ndarray, "s s 3"], mask: Float[np.ndarray, "s s"]
) -> tuple[Float[np.ndarray, "s s 3"], Float[np.ndarray, "s s"]]:
    """Picture and coarse mask -> the person's own colours, and the soft mask."""
    alpha = refine(picture, mask)
    return foreground(picture, alpha), alpha


def refine(picture: Float[np.ndarray, "s s 3"], mask: Float[np.ndarray, "s s"]) -> Float[np.ndarray, "s s"]:
    """Coarse mask -> soft mask that follows the picture's own edges. ValueError if there is nothing in it."""
    size = picture.shape[:2]
    small = cv2.resize(picture.astype(np.float32), (WORKING_SIZE, WORKING_SIZE), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(mask.astype(np.float32), (WORKING_SIZE, WORKING_SIZE), interpolation=cv2.INTER_AREA)
    rows, columns = np.flatnonzero((coarse > 0.1).any(1)), np.flatnonzero((coarse > 0.1).any(0))
    if not len(rows):
        raise ValueError("nothing of the picture is surely the person; use a photo that shows them whole and clearly")
    margin = 4 * OUTER_PX
    window = _around(rows, margin), _around(columns, margin)
    hard = _drop_specks(_grab(small[window], coarse[window]))
    smooth = cv2.medianBlur(hard.astype(np.uint8), SLIVER_PX).astype(np.float32)
    alpha = np.zeros_like(coarse)
    filtered = guided_filter(small[window], smooth[..., None], radius=FILTER_RADIUS_PX, epsilon=FILTER_EPSILON)
    alpha[window] = filtered[..., 0]
    alpha = cv2.resize(alpha, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip((alpha - 0.5) * CONTRAST + 0.5, 0, 1)


def foreground(picture: Float[np.ndarray, "s s 3"], alpha: Float[np.ndarray, "s s"]) -> Float[np.ndarray, "s s 3"]:
    """The person's own colours; where the mask is soft, without the background's share."""
    size = (WORKING_SIZE, WORKING_SIZE)
    small = cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(alpha.astype(np.float32), size, interpolation=cv2.INTER_AREA)[..., None]
    own, behind = small, small
    for radius in (WIDE_PX, NARROW_PX):
        own, behind = _blend_colours(own, behind, cover, radius), _blend_colours(behind, own, 1 - cover, radius)
        own = np.clip(own + cover * (small - cover * own - (1 - cover) * behind), 0, 1)
    own = cv2.resize(own, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    solid = np.clip(alpha * 10 - 9, 0, 1)[..., None]
    return solid * picture + (1 - solid) * own


def _around(indices: Int[np.ndarray, "n"], margin: int) -> slice:
    return slice(max(int(indices[0]) - margin, 0), int(indices[-1]) + margin)


def _grab(picture: Float[np.ndarray, "h w 3"], mask: Float[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Decide the band around the coarse outline by colour."""
    likely = (mask > 0.5).astype(np.uint8)
    person = (cv2.erode(likely, disc(INNER_PX)) > 0) & (mask > SURE)
    background = (cv2.dilate(likely, disc(OUTER_PX)) == 0) & (mask < 1 - SURE)
    labels = np.where(likely > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[person] = cv2.GC_FGD
    labels[background] = cv2.GC_BGD
    if not (person.any() and background.any()):
        return likely > 0
    cv2.setRNGSeed(0)
    pixels: UInt8[np.ndarray, "h w 3"] = (picture * 255).astype(np.uint8)
    cv2.grabCut(pixels, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _drop_specks(person: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Remove small loose pieces; close small holes."""
    least = SPECK * person.sum()
    for value in (True, False):
        count, labels, stats, _ = cv2.connectedComponentsWithStats((person == value).astype(np.uint8), connectivity=4)
        small = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] < (least if value else least / 20)]
        person = np.where(np.isin(labels, small), not value, person)
    return person


def _blend_colours(
    colours: Float[np.ndarray, "s s 3"],
    other: Float[np.ndarray, "s s 3"],
    cover: Float[np.ndarray, "s s 1"],
    radius: int,
) -> Float[np.ndarray, "s s 3"]:
    """Mean of the colours around each pixel, each counted by its cover; far from any, the other side's."""
    side = (2 * radius + 1, 2 * radius + 1)
    total = cv2.blur(cover, side)[..., None]
    return np.where(total > 1e-4, cv2.blur(colours * cover, side) / np.maximum(total, 1e-4), other)


def disc(radius: int) -> UInt8[np.ndarray, "d d"]:
    """A round brush for OpenCV's morphology."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)
