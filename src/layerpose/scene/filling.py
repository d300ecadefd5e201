"""Photo + the person found in it -> the scene without the person: the old place filled from what is around it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from layerpose.estimation.estimate import Estimate
from layerpose.estimation.matte import disc
from layerpose.estimation.others import Other
from layerpose.maps.render import place_body
from layerpose.scene.patches import complete
from layerpose.scene.shadows import Shadow, find_shadow
from layerpose.scene.standing import FEET

OTHERS = 4 / 1024
"""How far around others nothing is taken for the filling, as a share of the canvas."""
FAINT = 0.02
"""Of somebody who covers less of a pixel nobody sees anything there."""
GROWN = 0.02
"""By how much the person's mask grows before the hole is filled, as a share of the canvas: shadows and soft edges."""
INPAINT_SIZE = 512
"""Side at which a hole is filled smoothly."""
INPAINT_RADIUS_PX = 5


@dataclass(frozen=True, kw_only=True)
class Filling:
    """What the scene shows in a person's place, on the canvas."""

    image: Float[np.ndarray, "s s c"]
    """Colours in 0..255."""
    cover: Float[np.ndarray, "s s"]
    """Where they take the place of the photo's, 0..1: 1 over the person, 0 from a little way off."""


def fill_scene(photo: Image.Image, seen: Estimate, shadow: Shadow | None = None) -> Image.Image:
    """The photo on the canvas with the person's place, their shadow's, and what lies beyond the photo, filled in."""
    scene = _cut_scene(np.array(_as_estimated(photo.convert("RGB"), seen)), seen)
    filling = fill_place(photo.convert("RGB"), seen, beyond=True, shadow=shadow)
    cover = filling.cover[..., None]
    return Image.fromarray((cover * filling.image + (1 - cover) * scene).round().astype(np.uint8))


def fill_place(
    photo: Image.Image, seen: Estimate, *, beyond: bool = False, going: Collection[int] = (),
    shadow: Shadow | None = None,
) -> Filling:  # fmt: skip
    """What belongs in the person's place, in the numbers of the photo (RGB or grey), and on demand beyond the photo.

    Others stay as they are, but for the numbers `going`, who are taken away too; nothing of anybody goes into it. The
    person's shadow goes with them.
    """
    pixels = np.array(_as_estimated(photo, seen))
    canvas, size = seen.canvas, seen.photo.image.shape[-1]
    inside = canvas.cut(np.ones(pixels.shape[:2], np.float32), outside=0)
    mask = np.maximum(seen.photo.mask[0, 0].numpy(), canvas.cut(seen.landmarks.mask, outside=0))
    place = cv2.dilate((mask > 0.1).astype(np.uint8), disc(round(GROWN * size)))
    if shadow is not None:
        place |= shadow.place(place_body(seen.body), _colours(_cut_scene(pixels, seen)), inside > 0.999)
    staying = cover_of([other for other in seen.others if other.number not in going], seen)
    place = place * ((staying < FAINT) | (mask > staying))
    around = cv2.dilate((cover_of(seen.others, seen) > 0.1).astype(np.uint8), disc(round(OTHERS * size)))
    unknown = np.maximum(np.maximum(place, around), inside < 0.999)
    hole = np.maximum(place, inside < 0.999) if beyond else place
    filled = fill_hole(_cut_scene(pixels, seen).astype(np.uint8), hole > 0, unknown == 0)
    soft = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), size / 512)
    soft *= staying < FAINT
    return Filling(image=filled.reshape(size, size, -1), cover=np.maximum(soft, hole))


def find_shadow_of(photo: Image.Image, seen: Estimate) -> Shadow | None:
    """The shadow that the person casts in the photo; None where the photo does not show what they stand on."""
    if not any(foot in seen.seen for foot in FEET):
        return None
    scene = _colours(_cut_scene(np.array(_as_estimated(photo.convert("RGB"), seen)), seen))
    inside = seen.canvas.cut(np.ones(seen.landmarks.mask.shape, np.float32), outside=0) > 0.999
    floor = inside & (cover_of(seen.others, seen) < FAINT)
    return find_shadow(scene, seen.photo.mask[0, 0].numpy() > 0.1, floor, place_body(seen.body))


def fill_hole(
    scene: UInt8[np.ndarray, "s s *c"], hole: Bool[np.ndarray, "s s"], known: Bool[np.ndarray, "s s"]
) -> Float[np.ndarray, "s s *c"]:
    """The scene (RGB or grey, 0..255) with something in the hole that could be there, of what is `known` of it.

    It is put together from patches of the scene; where there are too few, it is what is around, smoothly.
    """
    channels = scene.size // hole.size
    colours = _colours(scene)
    filled = complete(colours, hole, known) if hole.any() else colours.astype(np.float32)
    if filled is None:
        filled = fill_smoothly(colours, ~known).astype(np.float32)
    return filled[..., :channels].reshape(scene.shape)


def cover_of(others: Sequence[Other], seen: Estimate) -> Float[np.ndarray, "s s"]:
    """How much of each pixel of the canvas is one of them, 0..1."""
    found = [np.clip(seen.canvas.cut(other.cover, outside=0) / 255, 0, 1) for other in others]
    return np.max(found, axis=0) if found else np.zeros((seen.canvas.size, seen.canvas.size), dtype=np.float32)


def _as_estimated(photo: Image.Image, seen: Estimate) -> Image.Image:
    """At the size at which the person was looked for: canvas and mask are in its pixels."""
    height, width = seen.landmarks.mask.shape
    return photo if photo.size == (width, height) else photo.resize((width, height), Image.Resampling.BOX)


def _cut_scene(pixels: UInt8[np.ndarray, "h w *c"], seen: Estimate) -> Float[np.ndarray, "s s *c"]:
    return np.clip(seen.canvas.cut(pixels, outside=0), 0, 255)


def fill_smoothly(
    scene: UInt8[np.ndarray, "s s 3"], hole: Bool[np.ndarray, "s s"], method: int = cv2.INPAINT_TELEA
) -> UInt8[np.ndarray, "s s 3"]:
    """By one of OpenCV's methods at a small size, then enlarged."""
    side = min(INPAINT_SIZE, len(scene))
    small = cv2.resize(scene, (side, side), interpolation=cv2.INTER_AREA)
    small_hole = (cv2.resize(hole.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    filled = cv2.inpaint(small, small_hole, INPAINT_RADIUS_PX, method)
    return cv2.resize(filled, scene.shape[1::-1], interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def _colours(scene: Float[np.ndarray, "s s *c"] | UInt8[np.ndarray, "s s *c"]) -> UInt8[np.ndarray, "s s 3"]:
    """RGB of RGB or grey."""
    planes = scene.reshape(*scene.shape[:2], -1)
    return np.repeat(planes, 3 // planes.shape[2], axis=2).astype(np.uint8)
