"""Two pictures -> SSIM, LPIPS and PSNR under a named protocol: a figure without its protocol means nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.ssim import inner, mean_over, ssim_map, uniform_ssim_map

BOX_MARGIN = 6 / 256
"""Room around the person's box, as a share of the picture."""
EMPTY = 0.05
"""A generated pixel further than this from the grey of the background belongs to the person."""
LEAST_ERROR = 1e-10
"""Equal pictures have a PSNR of 100 dB and something, not infinity, so that means stay numbers."""
Image = Float[Tensor, "1 3 h w"]
Mask = Float[Tensor, "1 1 h w"]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How far one picture is from the truth."""

    ssim: float
    lpips: float
    psnr: float
    """In decibels."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A way of measuring, with the sentence that has to stand beside its figures."""

    name: str
    says: str
    measure: Callable[[Image, Image, Mask, Lpips], Figures]


def measure_wang(image: Image, target: Image, _: Mask, metric: Lpips) -> Figures:
    """SSIM as Wang et al. defined it, everything over the full frame."""
    return Figures(
        ssim=float(ssim_map(image, target).mean()), lpips=float(metric(image, target)), psnr=_psnr(image, target)
    )


def measure_fg(image: Image, target: Image, mask: Mask, metric: Lpips) -> Figures:
    """The person only: what is generated outside of the true person counts too (union of both)."""
    region = ((mask > 0.5) | (image.abs().amax(1, keepdim=True) > EMPTY)).float()
    rows, columns = person_box(mask)
    return Figures(
        ssim=float(mean_over(ssim_map(image, target), inner(region))),
        lpips=float(metric(image[..., rows, columns], target[..., rows, columns])),
        psnr=_psnr(image, target, region),
    )


def measure_patn(image: Image, target: Image, _: Mask, metric: Lpips) -> Figures:
    """As `wang`, after the 176 x 256 pictures were padded with white to 256 x 256."""
    if image.shape[-2:] != (256, 176):
        height, width = image.shape[-2:]
        raise ValueError(
            f"protocol patn: found {width} x {height} pictures; expected 176 x 256, DeepFashion's crop; use another"
        )
    padded = [pad(x, (40, 40, 0, 0), value=1.0) for x in (image, target)]
    return Figures(ssim=float(ssim_map(*padded).mean()), lpips=float(metric(image, target)), psnr=_psnr(image, target))


def measure_gfla(image: Image, target: Image, _: Mask, metric: Lpips) -> Figures:
    """SSIM with a uniform window of 51 pixels."""
    return Figures(
        ssim=float(uniform_ssim_map(image, target).mean()),
        lpips=float(metric(image, target)),
        psnr=_psnr(image, target),
    )


def person_box(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of the person's bounding box and a margin; the whole picture if it shows nobody."""
    height, width = mask.shape[-2:]
    rows, columns = (torch.nonzero(mask[0, 0].amax(axis) > 0.5).flatten() for axis in (1, 0))
    if not len(rows):
        return slice(0, height), slice(0, width)
    margin = round(BOX_MARGIN * height)
    return (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1),
    )


def _psnr(image: Image, target: Image, region: Mask | None = None) -> float:
    squared = ((image - target) ** 2).mean(1, keepdim=True)
    error = squared.mean() if region is None else (squared * region).sum() / region.sum().clamp(min=1)
    return float(10 * torch.log10(4 / error.clamp(min=LEAST_ERROR)))


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="fg", measure=measure_fg,
            says="SSIM (as wang) and PSNR over the union of the true and the generated person; LPIPS v0.1, AlexNet, on "
            "the box of the person",
        ),
        Protocol(
            name="wang", measure=measure_wang,
            says="full frame; SSIM with a Gaussian window, sigma 1.5, 11 x 11, fixed range; LPIPS v0.1, AlexNet",
        ),
        Protocol(
            name="patn", measure=measure_patn,
            says="SSIM as in wang after white padding of 40 columns a side to 256 x 256; LPIPS v0.1, AlexNet",
        ),
        Protocol(
            name="gfla", measure=measure_gfla,
            says="full frame; SSIM with a uniform window of 51, fixed range; LPIPS v0.1, AlexNet",
        ),
    )
}  # fmt: skip
