"""Model + fixed validation pairs -> SSIM, LPIPS, and one contact sheet of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.ssim import ssim
from layerpose.stages.conditions import resize
from layerpose.training.batches import move
from layerpose.training.plan import CHECK_SEED, Plan
from layerpose.training.recipes import Phase
from layerpose.training.system import System

if TYPE_CHECKING:
    from lightning_fabric import Fabric

SHEET_SIZE = 256
"""Side of a picture on the contact sheet."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What validation found."""

    figures: dict[str, float]
    sheet: Float[Tensor, "3 h w"]
    """In [-1, 1]; a row for each pair: the source, what the system made on its way, the truth."""

    @property
    def badness(self) -> float:
        """What decides which model is best: LPIPS where its weights are given, else one less SSIM."""
        return self.figures.get("LPIPS", 1 - self.figures["SSIM"])


class Validation:
    """The validation pairs of one phase."""

    def __init__(self, plan: Plan, system: System, phase: Phase, device: torch.device, lpips: Path | None) -> None:
        records, config = Records(plan.data), system.drawn(phase.size)
        self.pairs = Pairs(
            records, records.split("val"), config, length=plan.num_checks, seed=CHECK_SEED, disturb=False,
            prepare=system.prepare,
        )  # fmt: skip
        self.system, self.phase, self.device = system, phase, device
        self.metric = None if lpips is None else Lpips(lpips).to(device)

    @torch.inference_mode()
    def look(self, shown: nn.Module, fabric: Fabric) -> Verdict:
        """Measure what the phase trains."""
        found: dict[str, list[float]] = {}
        rows = []
        for index in range(len(self.pairs)):
            sample = move(self.pairs[index], self.device)
            with fabric.autocast():
                made = self.system.look(shown, sample.conditions, self.phase)
            image = resize(made.image.float(), sample.target.shape[-1])
            found.setdefault("SSIM", []).append(float(ssim(image, sample.target)))
            found.setdefault("SSIM person", []).append(float(ssim(image, sample.target, sample.mask)))
            if self.metric is not None:
                found.setdefault("LPIPS", []).append(float(self.metric(image, sample.target)))
            cells = [resize(cell.float(), SHEET_SIZE)[0] for cell in (*made.cells, sample.target)]
            rows.append(torch.cat(cells, dim=2))
        figures = {name: sum(values) / len(values) for name, values in found.items()}
        return Verdict(figures=figures, sheet=torch.cat(rows, dim=1).clamp(-1, 1).cpu())
