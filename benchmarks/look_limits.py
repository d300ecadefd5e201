"""How much is light and lens? ``python benchmarks/look_limits.py DATA --assets MAKEHUMAN --motion CMU --lpips FILE``

Every picture of a synthetic set has light, blur and noise of its own, which no photo of the person foretells. Targets
of test pairs are taken once more in the same pose, with other ones or with the average ones. Printed: LPIPS of the
person (protocol fg) between the two. DATA was made of these assets and clips; of the people in its first `--pairs`
test pairs every fourth is taken (`--skip 4`).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from layerpose.data.benchmark import choose_pairs
from layerpose.data.records import Records
from layerpose.data.synth.make import Order, meet_person, photograph
from layerpose.data.synth.render import Look, Studio, sample_look
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.protocols import measure_fg
from layerpose.evaluation.truth import Prediction, Truth
from layerpose.types import Camera

AVERAGED = 1000


class Retaken(Studio):
    """Takes every picture once more in other looks, and remembers these."""

    def __init__(self, studio: Studio, other: np.random.Generator) -> None:
        super().__init__(studio.dressed)
        self.other, self.average = other, mean_look()
        self.taken: list[dict[str, UInt8[np.ndarray, "h w 4"]]] = []

    def shoot(
        self, vertices: Float[np.ndarray, "n 3"], camera: Camera, look: Look, size: int, rng: np.random.Generator
    ) -> UInt8[np.ndarray, "h w 4"]:
        """The picture itself."""
        drawn = sample_look(self.other)
        looks = {
            "another light": replace(drawn, blur=look.blur, noise=look.noise),
            "another blur and noise": replace(look, blur=drawn.blur, noise=drawn.noise),
            "both": drawn,
            "light, blur and noise of the average": self.average,
        }
        picture = super().shoot(vertices, camera, look, size, rng)
        takes = {name: super(Retaken, self).shoot(vertices, camera, x, size, self.other) for name, x in looks.items()}
        self.taken.append(takes)
        return picture


def mean_look() -> Look:
    """What is drawn, on average."""
    looks = [sample_look(np.random.default_rng(seed)) for seed in range(AVERAGED)]
    means = {field.name: np.mean([getattr(look, field.name) for look in looks], axis=0) for field in fields(Look)}
    for towards in ("key", "fill"):
        means[towards] /= np.linalg.norm(means[towards])
    return Look(**means)


def over_grey(picture: UInt8[np.ndarray, "h w 4"]) -> Float[Tensor, "1 3 h w"]:
    """As `Records.load` reads it."""
    values = torch.from_numpy(picture).permute(2, 0, 1).float()[None]
    return (values[:, :3] / 127.5 - 1) * (values[:, 3:] / 255)


def measure(truth: Truth, takes: Mapping[str, UInt8[np.ndarray, "h w 4"]]) -> dict[str, float]:
    """LPIPS of every retake."""
    found = {}
    for name, picture in takes.items():
        lpips = measure_fg(Prediction(image=over_grey(picture), truth=truth)).lpips
        assert lpips is not None
        found[name] = lpips
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--motion", type=Path, required=True)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--skip", type=int, default=4)
    given = parser.parse_args()
    records, metric = Records(given.data), Lpips(given.lpips)
    order = Order(
        people=len(records.people), frames=int(records.info["frames"]), size=records.canvas,
        seed=int(records.info["seed"]), assets=given.assets, motion=given.motion,
    )  # fmt: skip
    wanted: dict[str, set[int]] = {}
    for person, _, target in choose_pairs(records, "test", given.pairs):
        wanted.setdefault(person, set()).add(int(target))
    found: list[dict[str, float]] = []
    for person in sorted(wanted)[:: given.skip]:
        rng = np.random.default_rng([order.seed, int(person)])
        _, studio = meet_person(order, int(person), rng)
        retaken = Retaken(studio, np.random.default_rng(int(person)))
        for number, frame in enumerate(photograph(retaken, order, "test", rng)):
            if number in wanted[person]:
                image, mask, _ = records.load(person, f"{number:03d}")
                if not torch.allclose(over_grey(frame.picture), image, atol=1e-3):
                    raise SystemExit(f"picture {number} of person {person} is not made of these assets and clips")
                found.append(measure(Truth(image=image, mask=mask, metric=metric), retaken.taken[number]))
    for name in found[0]:
        values = [row[name] for row in found]
        print(f"{name}: mean {np.mean(values):.4f}, {min(values):.4f} to {max(values):.4f}, {len(values)} pictures")


if __name__ == "__main__":
    main()
