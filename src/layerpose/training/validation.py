"""Model + fixed validation pairs -> SSIM, LPIPS, and one contact sheet of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.config import scaled
from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.ssim import ssim
from layerpose.stages.conditions import resize
from layerpose.stages.model import Model
from layerpose.training.lessons import move
from layerpose.training.plan import CHECK_SEED, Plan
from layerpose.training.recipes import Phase
from layerpose.types import Transfer

if TYPE_CHECKING:
    from lightning_fabric import Fabric

SHEET_SIZE = 256
"""Side of a picture on the contact sheet."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What validation found."""

    figures: dict[str, float]
    sheet: Float[Tensor, "3 h w"]
    """In [-1, 1]; a row for each pair: source, filled warp, draft, pasted, result, truth."""

    @property
    def badness(self) -> float:
        """What decides which model is best: LPIPS where its weights are given, else one less SSIM."""
        return self.figures.get("LPIPS", 1 - self.figures["SSIM"])


class Validation:
    """The validation pairs of one phase."""

    def __init__(self, plan: Plan, phase: Phase, device: torch.device, lpips: Path | None) -> None:
        records, config = Records(plan.data), scaled(plan.config, phase.size)
        people = records.split("val")
        self.pairs = Pairs(records, people, config, length=plan.num_checks, seed=CHECK_SEED, disturb=False)
        self.phase, self.device = phase, device
        self.metric = None if lpips is None else Lpips(lpips).to(device)

    @torch.inference_mode()
    def look(self, model: Model, fabric: Fabric) -> Verdict:
        """Measure what the phase trains: the draft, the pasted picture, or the result."""
        found: dict[str, list[float]] = {}
        rows = []
        for index in range(len(self.pairs)):
            sample = move(self.pairs[index], self.device)
            with fabric.autocast():
                made = model(sample.conditions)
            image = resize(self._judged(made).float(), sample.target.shape[-1])
            found.setdefault("SSIM", []).append(float(ssim(image, sample.target)))
            found.setdefault("SSIM person", []).append(float(ssim(image, sample.target, sample.mask)))
            if self.metric is not None:
                found.setdefault("LPIPS", []).append(float(self.metric(image, sample.target)))
            rows.append(_row(made, sample.target))
        figures = {name: sum(values) / len(values) for name, values in found.items()}
        return Verdict(figures=figures, sheet=torch.cat(rows, dim=1).clamp(-1, 1).cpu())

    def _judged(self, made: Transfer) -> Tensor:
        if "fusion" in self.phase.trains:
            return made.image
        return made.pasted if "layers" in self.phase.trains else made.coarse


def _row(made: Transfer, target: Tensor) -> Tensor:
    cells = [made.source, made.coarse, made.pasted, made.image, target]
    if made.warp is not None:
        cells.insert(1, made.warp.filled)
    return torch.cat([resize(cell.float(), SHEET_SIZE)[0] for cell in cells], dim=2)
