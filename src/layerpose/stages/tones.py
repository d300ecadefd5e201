"""Finished picture + warp -> the picture in the photo's own tones, with its finest detail.

Networks draw paler than photos are. Where the photo shows a body point, its colour is known: the mean difference from
it, over a neighbourhood and part by part, is taken back, also from what nothing is known of in between. What the
picture has of its own within a neighbourhood (shade, folds, what was invented) stays. Of what is finer than two or
three pixels (threads, hairs, lashes) most is taken from the photo where it shows the point: networks draw it softer.
"""

from __future__ import annotations

from types import EllipsisType

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import conv2d, interpolate

from layerpose.maps.crops import widen, window_around
from layerpose.types import Warp

GRID = 256
"""Differences are averaged on a grid of so many points a side at most."""
REACH = 1 / 32
"""Standard deviation of the neighbourhood, as a share of the canvas."""
FEWEST = 0.02
"""A neighbourhood of which the photo shows less than about so much is changed less."""
FINE = 1.4 / 512
"""Standard deviation of the blur that leaves no fine detail, as a share of the canvas."""
DETAIL = 0.7
"""Share of the fine detail that is the photo's, where it is shown."""


def match_tones(
    image: Float[Tensor, "b 3 h w"], warp: Warp, parsing: Float[Tensor, "b 7 h w"]
) -> Float[Tensor, "b 3 h w"]:
    """Move the picture to the warp's mean colours, where the warp is known and close by."""
    size = image.shape[-1]
    step = max(size // GRID, 1)
    window = _around_body(parsing, step)
    parts, visible, own = parsing[window][:, 1:], warp.visible[window], image[window].float()
    off = torch.cat([(warp.image[window] - own) * visible, visible], dim=1)
    known = _blur(_thin(off, step)[:, None] * _thin(parts, step)[:, :, None], REACH * size / step)
    mean = known[:, :, :3] / (known[:, :, 3:] + FEWEST)
    changed = own.clone()
    for part, one in zip(parts.split(1, dim=1), mean.unbind(1), strict=True):
        changed += part * interpolate(one, size=own.shape[-2:], mode="bilinear", align_corners=False)
    done = image.clone()
    done[window] = changed.clamp(-1, 1).to(image.dtype)
    return done


def match_detail(
    image: Float[Tensor, "b 3 h w"], warp: Warp, parsing: Float[Tensor, "b 7 h w"]
) -> Float[Tensor, "b 3 h w"]:
    """Exchange the picture's fine detail for the photo's, where the warp is known."""
    window = _around_body(parsing, 1)
    visible, own = warp.visible[window], image[window].float()
    shown = warp.image[window] * visible
    smooth = _blur(torch.cat([shown, visible, own], dim=1), FINE * image.shape[-1])
    theirs = shown - visible * smooth[:, :3] / smooth[:, 3:4].clamp(min=FEWEST)
    share = DETAIL * visible * smooth[:, 3:4]
    done = image.clone()
    done[window] = (own + share * (theirs - (own - smooth[:, 4:]))).clamp(-1, 1).to(image.dtype)
    return done


def _around_body(parsing: Float[Tensor, "b 7 h w"], step: int) -> tuple[EllipsisType, slice, slice]:
    """Rows and columns, multiples of `step`, in which the bodies are."""
    return ..., *widen(window_around((parsing[:, 0] < 1).any(0)), step, parsing.shape[-1])


def _thin(picture: Float[Tensor, "b c h w"], step: int) -> Float[Tensor, "b c r s"]:
    return torch.nn.functional.avg_pool2d(picture.float(), step) if step > 1 else picture.float()


def _blur(pictures: Float[Tensor, "*n h w"], deviation: float) -> Float[Tensor, "*n h w"]:
    """With a Gaussian; nothing lies beyond the edge."""
    reach = int(3 * deviation + 0.5)
    line = torch.exp(-(torch.arange(-reach, reach + 1, device=pictures.device) ** 2) / (2 * deviation**2))
    flat = pictures.flatten(0, -3)[None]
    # As channels of one picture whose channels lie side by side: ten times faster than one picture after the other.
    flat, count = flat.contiguous(memory_format=torch.channels_last), flat.shape[1]
    line = (line / line.sum()).expand(count, 1, 1, -1)
    # Tones need all digits; and of such a convolution in bf16 the library's kernel for AVX-512 is never done compiling.
    with torch.autocast(flat.device.type, enabled=False):
        across = conv2d(flat, line, padding=(0, reach), groups=count)
        return conv2d(across, line.mT, padding=(reach, 0), groups=count).reshape(pictures.shape)
