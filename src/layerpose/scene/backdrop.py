"""Transfer + background -> finished square: the photo's scene without the person, a colour, a picture, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageColor, ImageOps
from torch import Tensor

from layerpose.estimation.estimate import Estimate
from layerpose.estimation.others import floor_of
from layerpose.maps.render import place_body
from layerpose.media.pictures import image_to_picture, picture_to_image, read_photo
from layerpose.scene.filling import cover_of, fill_scene, find_shadow_of
from layerpose.scene.shadows import Shadow
from layerpose.types import Body, Transfer

EDGE = 3 / 512
"""Width of the band inside the body's outline, as a share of the canvas, where the picture says how far it goes."""
FAINT, CLEAR = 0.04, 0.2
"""Distance from flat grey below which a pixel outside the body is empty, and above which it is all person."""
TRANSPARENT = "transparent"
KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """What lies behind the person; None is nothing."""

    image: Float[Tensor, "1 3 h w"] | None
    front: Float[Tensor, "1 1 h w"] | None = None
    """How much of each pixel of it, 0..1, stands before the person."""
    shadow: Shadow | None = None
    """What the person casts on it."""

    @property
    def transparent(self) -> bool:
        """Frames have an alpha channel."""
        return self.image is None

    def compose(
        self, made: Transfer, body: Body | None = None, floor: Callable[[], float] | None = None
    ) -> Image.Image:
        """The finished frame: RGB over the backdrop, or RGBA.

        The body that was drawn casts the shadow, if there is one; it stands on the `floor` (canvas units, from the
        top; asked for only then), without it on its lowest point.
        """
        alpha = find_alpha(made)
        image = made.image.float().cpu()
        if self.front is not None:
            alpha, image = alpha * (1 - self.front), image * (1 - self.front)
        if self.image is not None:
            scene = self._shade(self.image, body, floor)
            return image_to_picture(torch.where(alpha > 0, image, 0) + (1 - alpha) * scene)
        picture = image_to_picture(image / alpha.clamp(min=0.1))
        picture.putalpha(Image.fromarray((alpha[0, 0] * 255).round().byte().numpy()))
        return picture

    def _shade(
        self, image: Float[Tensor, "1 3 h w"], body: Body | None, floor: Callable[[], float] | None
    ) -> Float[Tensor, "1 3 h w"]:  # fmt: skip
        if self.shadow is None or body is None:
            return image
        cast = self.shadow.cast(place_body(body), image.shape[-1], floor() if floor else None)
        dark = torch.from_numpy(cast)[None, None]
        if self.front is not None:
            dark = dark * (1 - self.front)
        return (image + 1) * (1 - dark) - 1


def find_alpha(made: Transfer) -> Float[Tensor, "1 1 h w"]:
    """How much of each pixel is person: the body, and around it what is not flat grey.

    The model draws people over grey (0), as `alpha * colour`; so the edge is blended with any background by adding
    `(1 - alpha)` of it.
    """
    body = 1 - made.maps.parsing[0, 0].float().cpu().numpy()
    reach = 2 * max(round(EDGE * len(body)), 1) + 1
    inner = cv2.blur(cv2.erode(body, np.ones((reach, reach), np.uint8)), (reach, reach))
    strength = made.image[0].float().cpu().abs().amax(0).numpy()
    alpha = np.maximum(inner, np.clip((strength - FAINT) / (CLEAR - FAINT), 0, 1))
    return torch.from_numpy(alpha)[None, None]


def find_backdrop(wanted: str, photo: Image.Image, seen: Estimate, *, shadow: bool = True) -> Backdrop:
    """``keep``, ``transparent``, a colour that Pillow knows, or a picture file; `check_backdrop` says what is wrong.

    Of a kept scene the person's shadow goes with them, unless it is to stay as it is.
    """
    size = seen.photo.image.shape[-1]
    if wanted == TRANSPARENT:
        return Backdrop(image=None)
    if wanted == KEEP:
        front = cover_of([other for other in seen.others if other.floor > floor_of(seen.landmarks)], seen)
        cast = find_shadow_of(photo, seen) if shadow else None
        image = picture_to_image(fill_scene(photo, seen, cast))
        return Backdrop(image=image, front=torch.from_numpy(front)[None, None], shadow=cast)
    colour = _colour(wanted)
    if colour is not None:
        return Backdrop(image=picture_to_image(Image.new("RGB", (size, size), colour)))
    return Backdrop(image=picture_to_image(ImageOps.fit(read_photo(wanted), (size, size))))


def check_backdrop(wanted: str) -> None:
    """ValueError for what `find_backdrop` does not know."""
    if wanted in (KEEP, TRANSPARENT) or _colour(wanted) is not None:
        return
    if not Path(wanted).is_file():
        raise ValueError(
            f"the background {wanted!r} is neither a colour nor a file; expected {KEEP}, {TRANSPARENT}, a colour "
            f"such as white or #30a0ff, or a picture"
        )
    read_photo(wanted)


def _colour(text: str) -> tuple[int, ...] | None:
    """Red, green and blue of a colour that Pillow knows."""
    try:
        return ImageColor.getrgb(text)[:3]
    except ValueError:
        return None
