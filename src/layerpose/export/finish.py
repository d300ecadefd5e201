"""Photo + pose + background -> finished picture: on a square canvas, or in the photo itself, as large as it is."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from PIL import Image

from layerpose.estimation.canvas import Canvas
from layerpose.estimation.estimate import Estimate
from layerpose.estimation.others import floor_of
from layerpose.export.layered import draw_painted
from layerpose.maps.painting import Painting
from layerpose.maps.render import place_body
from layerpose.media.photos.originals import Original
from layerpose.media.pictures import image_to_picture
from layerpose.scene.backdrop import find_alpha, find_backdrop
from layerpose.scene.filling import fill_place, find_shadow_of
from layerpose.scene.laying import lay
from layerpose.scene.shadows import Shadow
from layerpose.scene.standing import beyond, stand, within_cuts
from layerpose.transfer import PoseTransfer, place
from layerpose.types import Body, Pose, Transfer

REACH = 0.08
"""How far from the drawn body, as a share of the canvas, the person's hair and clothes may reach into a photo."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What one transfer gives: the picture, and all that led to it."""

    made: Transfer
    body: Body
    """As it was drawn."""
    picture: Image.Image
    original: Original | None = None
    """The photo with the person moved, where the photo itself is given back."""


def finish(
    model: PoseTransfer,
    seen: Estimate,
    pose: Pose | Body,
    *,
    also: Sequence[Estimate] = (),
    background: str | None = None,
    paintings: Sequence[Painting] = (),
) -> Finished:
    """On the square canvas, over flat grey or another background: `keep` needs `finish_in_photo`."""
    body, square = _place(seen, pose)
    made = _cut(draw_painted(model, model.view(seen, also), body, paintings), seen, square)
    if background is None:
        return Finished(made=made, body=body, picture=image_to_picture(made.image))
    blank = Image.new("RGB", (seen.canvas.size, seen.canvas.size))
    return Finished(made=made, body=body, picture=find_backdrop(background, blank, seen).compose(made, body))


def finish_in_photo(
    model: PoseTransfer, original: Original, seen: Estimate, pose: Pose | Body, *,
    also: Sequence[Estimate] = (), square: bool = False, paintings: Sequence[Painting] = (), shadow: bool = True,
) -> Finished:  # fmt: skip
    """The photo with the person moved: the old place filled, the feet where they were, all else untouched.

    Their shadow goes with them, unless it is to stay as it is.
    """
    made, body, canvas = _draw(model, seen, pose, also, paintings)
    if lost := beyond(body, canvas, seen):
        warnings.warn(
            f"in this pose the person reaches beyond the photo ({', '.join(lost)}): what lies outside is lost; use a "
            f"photo with more room around the person, or leave out --background keep",
            stacklevel=2,
        )
    numbers, cast = original.numbers.copy(), find_shadow_of(original.picture, seen) if shadow else None
    _take_away(numbers, original, seen, shadow=cast)
    _shade(numbers, original, cast, body, canvas, seen)
    _put(numbers, original, made, canvas, seen)
    changed = replace(original, numbers=numbers)
    if not square:
        return Finished(made=made, body=body, picture=changed.picture, original=changed)
    part = cut_square(changed, canvas.scaled(_zoom(original, seen)))
    return Finished(made=made, body=body, picture=part.picture, original=part)


def finish_group(
    model: PoseTransfer, original: Original, people: Sequence[tuple[Estimate, Pose | Body]], *, shadow: bool = True
) -> Finished:
    """The photo with several people moved, the farthest drawn first; the last who was drawn is what led to it."""
    numbers, going = original.numbers.copy(), {seen.number for seen, _ in people}
    casts = [find_shadow_of(original.picture, seen) if shadow else None for seen, _ in people]
    for (seen, _), cast in zip(people, casts, strict=True):
        _take_away(numbers, original, seen, going, cast)
    for (seen, pose), cast in zip(people, casts, strict=True):
        _shade(numbers, original, cast, *stand(seen, pose.pose if isinstance(pose, Body) else pose), seen, going)
    done = None
    for seen, pose in sorted(people, key=lambda one: floor_of(one[0].landmarks)):
        made, body, canvas = _draw(model, seen, pose)
        _put(numbers, original, made, canvas, seen, going)
        done = Finished(made=made, body=body, picture=original.picture)
    assert done is not None
    changed = replace(original, numbers=numbers)
    return replace(done, picture=changed.picture, original=changed)


def _draw(
    model: PoseTransfer, seen: Estimate, pose: Pose | Body, also: Sequence[Estimate] = (),
    paintings: Sequence[Painting] = (),
) -> tuple[Transfer, Body, Canvas]:  # fmt: skip
    """The person where it belongs in the photo, and the square of the photo in which it is drawn."""
    body, canvas = stand(seen, pose.pose if isinstance(pose, Body) else pose)
    return draw_painted(model, model.view(seen, also), body, paintings), body, canvas


def _zoom(original: Original, seen: Estimate) -> float:
    """How much larger the photo is than it was looked at."""
    return original.numbers.shape[1] / seen.landmarks.mask.shape[1]


def _take_away(
    numbers: np.ndarray, original: Original, seen: Estimate, going: Collection[int] = (), shadow: Shadow | None = None
) -> None:
    """Fill the person's place in the photo's numbers; others stay, but for those who are going too."""
    filling = fill_place(original.picture, seen, going=going, shadow=shadow)
    lay(numbers, seen.canvas.scaled(_zoom(original, seen)), filling.image, filling.cover)


def _shade(
    numbers: np.ndarray, original: Original, shadow: Shadow | None, body: Body, canvas: Canvas, seen: Estimate,
    gone: Collection[int] = (),
) -> None:  # fmt: skip
    """Darken the floor where a body on a square of the photo has its shadow, but nobody else."""
    if shadow is None:
        return
    dark = shadow.cast(place_body(body), canvas.size)
    for other in seen.others:
        if other.number not in gone:
            dark *= 1 - np.clip(canvas.cut(other.cover, outside=0) / 255, 0, 1)
    black = np.zeros((canvas.size, canvas.size, numbers.shape[2]), np.float32)
    lay(numbers, canvas.scaled(_zoom(original, seen)), black, dark)


def _put(
    numbers: np.ndarray, original: Original, made: Transfer, canvas: Canvas, seen: Estimate, gone: Collection[int] = ()
) -> None:
    """Lay the drawn person into the photo's numbers, behind those who stand nearer."""
    person, cover = _person(made, original)
    for other in seen.others:
        if other.number not in gone and other.floor > floor_of(seen.landmarks):
            cover = cover * (1 - np.clip(canvas.cut(other.cover, outside=0) / 255, 0, 1))
    lay(numbers, canvas.scaled(_zoom(original, seen)), person, cover)


def _place(seen: Estimate, pose: Pose | Body) -> tuple[Body, Canvas]:
    """In the middle of the canvas, or for someone whom the photo's edge cuts where the photo has it."""
    if not seen.cut:
        return place(seen.body, pose), seen.canvas
    return stand(seen, pose.pose if isinstance(pose, Body) else pose)


def _cut(made: Transfer, seen: Estimate, square: Canvas) -> Transfer:
    """Nobody beyond the edges that cut the person."""
    inside = torch.from_numpy(within_cuts(seen, square)).to(made.image.device)
    if inside.all():
        return made
    parsing = made.maps.parsing.clone()
    parsing[:, 0] = torch.where(inside, parsing[:, 0], 1.0)
    parsing[:, 1:] *= inside
    return replace(made, image=made.image * inside, maps=replace(made.maps, parsing=parsing))


def _person(made: Transfer, original: Original) -> tuple[np.ndarray, np.ndarray]:
    """The drawn person's own colours in the numbers of the photo, and where they are."""
    body = 1 - made.maps.parsing[0, 0].float().cpu().numpy()
    side = 2 * round(REACH * len(body)) + 1
    near = cv2.dilate(body, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    alpha = find_alpha(made) * torch.from_numpy(near > 0)
    straight = image_to_picture(made.image.float().cpu() / alpha.clamp(min=0.1))
    return original.tell(straight).astype(np.float32), alpha[0, 0].numpy()


def cut_square(original: Original, canvas: Canvas) -> Original:
    """The square around the person, at the canvas's size; it is moved into the photo as far as it fits."""
    height, width = original.numbers.shape[:2]
    left = min(max(canvas.left, 0), max(width - canvas.side, 0))
    top = min(max(canvas.top, 0), max(height - canvas.side, 0))
    part = original.numbers[top : top + canvas.side, left : left + canvas.side]
    below, beside = canvas.side - part.shape[0], canvas.side - part.shape[1]
    whole = np.pad(part, ((below // 2, below - below // 2), (beside // 2, beside - beside // 2), (0, 0)), mode="edge")
    picture = replace(original, numbers=whole).picture.resize((canvas.size, canvas.size), Image.Resampling.LANCZOS)
    numbers = np.array(picture).reshape(canvas.size, canvas.size, -1)
    return replace(original, numbers=numbers, options={})
