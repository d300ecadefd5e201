"""Does the dressed body fit its picture? ``python benchmarks/dressed.py DATA SHEET.png --lpips lpips_alex_v01.pt``

Test pairs. The body is dressed by the source; printed are the overlap (IoU) of the drawn body and the true person in
source and target, and LPIPS (protocol fg) of the source warped and filled, bare and dressed. The sheet shows some.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from layerpose.config import scaled
from layerpose.data.benchmark import choose_pairs
from layerpose.data.pairs import Pairs, view_shot
from layerpose.data.records import Records
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.protocols import measure_fg
from layerpose.evaluation.truth import Prediction, Truth
from layerpose.maps.clothing import draw_dressed
from layerpose.maps.correspondence import warp_person
from layerpose.maps.render import DrawnBody, pose_body
from layerpose.media.pictures import image_to_picture, write_png
from layerpose.presets import base
from layerpose.sheets.transfer import Cell, grid

CELL, SHOWN = 400, 6


def overlap(drawn: DrawnBody, mask: Tensor) -> float:
    """IoU of a drawn body and a person."""
    body, person = drawn.nearest.part >= 0, mask[0, 0] > 0.5
    return float((body & person).sum() / (body | person).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=32)
    given = parser.parse_args()
    records, metric = Records(given.data), Lpips(given.lpips)
    whole = scaled(base(), records.canvas / base().canvas)
    configs = {
        kind: replace(whole, guides=replace(whole.guides, dressed=kind == "dressed")) for kind in ("bare", "dressed")
    }
    pairs = Pairs(records, records.people, whole, length=1, seed=0, disturb=False)
    found: dict[str, list[float]] = {}
    cells: list[Cell] = []
    for number, (person, source, target) in enumerate(choose_pairs(records, "test", given.pairs)):
        shot, truth = pairs.read(person, source), pairs.read(person, target)
        row: list[Cell] = [("source", image_to_picture(shot.image))]
        wanted = Truth(image=truth.image, mask=truth.mask, metric=metric)
        for kind, config in configs.items():
            begin = time.perf_counter()
            view = view_shot(shot, config)
            posed, camera = pose_body(truth.body), truth.body.camera
            drawn = draw_dressed(posed, camera, config.canvas, view.clothes, device=torch.device("cpu"))
            filled = warp_person(view, drawn).filled
            prediction = measure_fg(Prediction(image=filled, truth=wanted))
            figures = {
                "seconds": time.perf_counter() - begin, "IoU source": overlap(view.drawn, shot.mask),
                "IoU target": overlap(drawn, truth.mask), "LPIPS": prediction.lpips,
            }  # fmt: skip
            for name, value in figures.items():
                found.setdefault(f"{kind} {name}", []).append(value)
            row.append((f"warped, {kind}", image_to_picture(filled)))
        cells += [*row, ("target", image_to_picture(truth.image))] if number < SHOWN else []
    for name, values in found.items():
        print(f"{name}: mean {np.mean(values):.4f}, lowest {min(values):.4f}, highest {max(values):.4f}")
    write_png(grid(cells, 4, CELL), given.sheet, comment="Synthetic people. Not photographs.")


if __name__ == "__main__":
    main()
