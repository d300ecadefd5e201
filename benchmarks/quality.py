"""How good the pictures are on synthetic test people: ``python benchmarks/quality.py DATA --lpips lpips_alex_v01.pt``.

DATA is a folder made by `python -m layerpose.data.synth.make`. The model runs at its own size (1024); everything is
compared at the size of the data's pictures. Bodies are exact.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.tables import answers, hash_pairs, score, table
from layerpose.stages.conditions import resize
from layerpose.transfer import PoseTransfer


def facing(rotation: np.ndarray) -> float:
    """Azimuth of a body's front, in degrees."""
    front = BODY_TO_CAMERA.numpy() @ rotation @ np.array([0.0, -1.0, 0.0])
    return float(np.degrees(np.arctan2(front[0], -front[2])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", default="test")
    parser.add_argument("--sheet", type=Path, help="write the first pairs as a contact sheet")
    given = parser.parse_args()
    records, metric = Records(given.data), Lpips(given.lpips)
    model = PoseTransfer.load(given.weights, device="auto")
    people, rng = records.split(given.split), np.random.default_rng(given.seed)
    pairs = Pairs(records, people, model.config, length=given.pairs, seed=given.seed, disturb=False)
    chosen, rows, by_angle, sheet = [], {}, {}, []
    for _ in range(given.pairs):
        person = people[rng.integers(len(people))]
        source, target = (str(frame) for frame in rng.choice(records.frames(person), 2, replace=False))
        chosen.append((person, source, target))
        sample = pairs.make(person, source, target, rng)
        made = model.draw(sample.conditions)
        wanted, mask, body = records.load(person, target)
        turn = abs(
            facing(body.pose.rotations[0].double().numpy())
            - facing(records.load(person, source)[2].pose.rotations[0].double().numpy())
        )
        turn = min(turn, 360 - turn)
        angle = "< 60" if turn < 60 else "60-120" if turn < 120 else "> 120"
        cells = [resize(made.source.float(), 256)]
        for name, image in answers(made).items():
            found = score(resize(image.float(), wanted.shape[-1]), wanted, mask, metric)
            rows.setdefault(name, []).append(found)
            by_angle.setdefault(name, {}).setdefault(angle, []).append(found.lpips_box)
            if name in ("source warped and filled", "coarse", "pasted (Eq. 6)", "full"):
                cells.append(resize(image.float(), 256))
        if len(sheet) < 10:
            sheet.append(torch.cat([*cells, resize(wanted, 256)], dim=3)[0])
    size = records.canvas
    print(
        f"{given.pairs} pairs of {given.split}, hash {hash_pairs(chosen)}, "
        f"compared at {size} px, preset {model.config.name}"
    )
    print(table(rows))
    print("\nLPIPS person by difference of view in degrees:\n")
    angles = ("< 60", "60-120", "> 120")
    print("| | " + " | ".join(f"{a} (n={len(by_angle['full'].get(a, []))})" for a in angles) + " |\n|---|---|---|---|")
    for name, found in by_angle.items():
        print(f"| {name} | " + " | ".join(f"{np.mean(found[a]):.4f}" if a in found else "-" for a in angles) + " |")
    if given.sheet:
        picture = ((torch.cat(sheet, dim=1).clamp(-1, 1) + 1) * 127.5).byte().permute(1, 2, 0).numpy()
        Image.fromarray(np.ascontiguousarray(picture)).save(given.sheet)


if __name__ == "__main__":
    main()
