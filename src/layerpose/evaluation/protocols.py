"""Two pictures -> SSIM, LPIPS and PSNR under a named protocol: a figure without its protocol means nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from layerpose.evaluation.ssim import inner, mean_over, ssim_map, uniform_ssim_map
from layerpose.evaluation.truth import EMPTY, Mask, Prediction

LEAST_ERROR = 1e-10
"""Equal pictures have a PSNR of 100 dB and something, not infinity, so that means stay numbers."""


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
    measure: Callable[[Prediction], Figures]


def measure_wang(prediction: Prediction) -> Figures:
    """SSIM as Wang et al. defined it, everything over the full frame."""
    return Figures(ssim=float(prediction.ssim_map.mean()), lpips=prediction.lpips, psnr=_psnr(prediction))


def measure_fg(prediction: Prediction) -> Figures:
    """The person only: what is generated outside of the true person counts too (union of both)."""
    region = prediction.region
    return Figures(
        ssim=float(mean_over(prediction.ssim_map, inner(region))),
        lpips=prediction.box_lpips,
        psnr=_psnr(prediction, region),
    )


def measure_patn(prediction: Prediction) -> Figures:
    """As `wang`, after the 176 x 256 pictures were padded with white to 256 x 256."""
    height, width = prediction.image.shape[-2:]
    if (height, width) != (256, 176):
        raise ValueError(
            f"protocol patn: found {width} x {height} pictures; expected 176 x 256, DeepFashion's crop; use another"
        )
    image, target = (pad(x, (40, 40, 0, 0), value=1.0) for x in (prediction.image, prediction.truth.image))
    return Figures(ssim=float(ssim_map(image, target).mean()), lpips=prediction.lpips, psnr=_psnr(prediction))


def measure_gfla(prediction: Prediction) -> Figures:
    """SSIM with a uniform window of 51 pixels."""
    ssim = uniform_ssim_map(prediction.image, prediction.truth.image)
    return Figures(ssim=float(ssim.mean()), lpips=prediction.lpips, psnr=_psnr(prediction))


def measure_white(prediction: Prediction) -> Figures:
    """The person on white, in a square crop around the true person of 512 pixels: as avatars are measured."""
    truth, shown = prediction.truth, prediction.truth.mask
    if prediction.image is not truth.image:
        shown = (prediction.image.abs().amax(1, keepdim=True) > EMPTY).float()
    image = truth.on_white(prediction.image, shown)
    lpips = truth.metric.distance(truth.metric.features(image), truth.white_features)
    error = ((image - truth.white) ** 2).mean()
    return Figures(ssim=float(ssim_map(image, truth.white).mean()), lpips=float(lpips), psnr=_decibels(error))


def _psnr(prediction: Prediction, region: Mask | None = None) -> float:
    squared = ((prediction.image - prediction.truth.image) ** 2).mean(1, keepdim=True)
    return _decibels(squared.mean() if region is None else (squared * region).sum() / region.sum().clamp(min=1))


def _decibels(error: Float[Tensor, ""]) -> float:
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
            name="white", measure=measure_white,
            says="the person on white, a square crop around it of 512 x 512 pixels; SSIM (as wang), PSNR and LPIPS "
            "v0.1, AlexNet, over all of it",
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
