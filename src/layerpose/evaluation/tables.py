"""Model + test pairs -> a table: how far each stage and each trivial answer is from the truth, the person first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.ssim import ssim
from layerpose.types import Transfer

BOX_MARGIN = 6 / 256
"""Room around the person's box, as a share of the picture."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """One picture against the truth."""

    lpips_box: float
    """LPIPS (AlexNet) on the person's bounding box."""
    ssim_person: float
    """SSIM over the person (protocol `fg`)."""
    lpips_full: float
    ssim_full: float


def answers(made: Transfer) -> dict[str, Float[Tensor, "1 3 h w"]]:
    """What is compared: the trivial answers first, then every stage."""
    found = {"source copied": made.source}
    if made.warp is not None:
        found["source warped"] = made.warp.image
        found["source warped and filled"] = made.warp.filled
    return {**found, "coarse": made.coarse, "pasted (Eq. 6)": made.pasted, "full": made.image}


def score(
    image: Float[Tensor, "1 3 h w"], target: Float[Tensor, "1 3 h w"], mask: Float[Tensor, "1 1 h w"], metric: Lpips
) -> Score:
    """Compare one picture with the truth; what is generated outside the person counts too (union of both)."""
    region = ((mask > 0.5) | (image.abs().amax(1, keepdim=True) > 0.05)).float()
    rows, columns = (torch.nonzero(mask[0, 0].amax(axis) > 0.5).flatten() for axis in (1, 0))
    margin = round(BOX_MARGIN * image.shape[-1])
    box = (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1),
    )
    return Score(
        lpips_box=float(metric(image[..., *box], target[..., *box])),
        ssim_person=float(ssim(image, target, region)),
        lpips_full=float(metric(image, target)),
        ssim_full=float(ssim(image, target)),
    )


def table(rows: dict[str, list[Score]]) -> str:
    """Means as a Markdown table."""
    lines = ["| | LPIPS person | SSIM person | LPIPS full | SSIM full |", "|---|---|---|---|---|"]
    for name, scores in rows.items():
        means = [
            np.mean([getattr(s, field) for s in scores])
            for field in ("lpips_box", "ssim_person", "lpips_full", "ssim_full")
        ]
        lines.append(f"| {name} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")
    return "\n".join(lines)
