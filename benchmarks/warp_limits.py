"""How good could a warp be? ``python benchmarks/warp_limits.py DATA --lpips lpips_alex_v01.pt [--pairs 12]``

Test pairs. The source is carried to the target and filled as `base` is told it; then once more with what a model could
at best find out: the colours of all other pictures of the person, clothes as the target's own outline shows them, both,
and the target's own colours. Printed: LPIPS of the person (protocol fg), and the same where everything beside body and
person is true, which leaves the mistakes within the outline.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from layerpose.config import scaled
from layerpose.data.benchmark import choose_pairs
from layerpose.data.pairs import Pairs, view_shot
from layerpose.data.records import Records
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.protocols import measure_fg
from layerpose.evaluation.truth import Prediction, Truth
from layerpose.maps.clothing import draw_dressed
from layerpose.maps.correspondence import warp_person
from layerpose.maps.render import pose_body
from layerpose.maps.source import join_views
from layerpose.presets import base


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=12)
    given = parser.parse_args()
    records, metric = Records(given.data), Lpips(given.lpips)
    config = scaled(base(), records.canvas / base().canvas)
    pairs = Pairs(records, records.people, config, length=1, seed=0, disturb=False)
    found: dict[str, list[tuple[float, float]]] = {}
    for person, source, target in choose_pairs(records, "test", given.pairs):
        truth = pairs.read(person, target)
        wanted = Truth(image=truth.image, mask=truth.mask, metric=metric)
        others = [frame for frame in records.frames(person) if frame not in (source, target)]
        seen, own, *rest = (view_shot(pairs.read(person, frame), config) for frame in (source, target, *others))
        every = join_views(seen, rest)
        told = {
            "source": (seen, seen.clothes), "all other pictures": (every, seen.clothes),
            "target's clothes": (seen, own.clothes), "both": (every, own.clothes), "target itself": (own, own.clothes),
        }  # fmt: skip
        posed, camera = pose_body(truth.body), truth.body.camera
        for name, (view, clothes) in told.items():
            drawn = draw_dressed(posed, camera, config.canvas, clothes, device=torch.device("cpu"))
            filled = warp_person(view, drawn).filled
            inside = truth.mask * (drawn.nearest.part >= 0)
            pictures = filled, inside * filled + (1 - inside) * truth.image
            whole, within = (measure_fg(Prediction(image=picture, truth=wanted)).lpips for picture in pictures)
            found.setdefault(name, []).append((whole, within))
    for name, values in found.items():
        whole, within = np.mean(values, axis=0)
        print(f"{name}: {whole:.4f}, within the outline {within:.4f}")


if __name__ == "__main__":
    main()
