"""Do planted feet slide or sink more than in the motion? ``python benchmarks/feet.py CLIPS.bvh ... [walk run ...]``.

Every clip or built-in motion is performed by four bodies; for each figure the worst of them is given.
``--layouts`` does it with the built-in walk in every layout that is written here or that the tests write of others.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from layouts import walks

from layerpose.body.model import body_model
from layerpose.evaluation.feet import Footing, measure_feet
from layerpose.inputs.motions import resolve_motion
from layerpose.types import Motion

PEOPLE = {
    "adult": (0.5, 0.67, 0.5, 0.5, 0.5, 0.5),
    "child": (0.5, 0.33, 0.5, 0.5, 0.4, 0.5),
    "tall": (0.2, 0.67, 0.5, 0.4, 0.9, 1.0),
    "short": (0.8, 0.8, 0.4, 0.7, 0.15, 0.1),
}


def largest_acceleration(motion: Motion) -> float:
    """Of the pelvis, in leg lengths per second squared."""
    return float(torch.linalg.vector_norm(motion.path.diff(n=2, dim=0), dim=-1).max()) * motion.fps**2


def measure(label: str, name: str, fps: float | None = None) -> None:
    """Print a line of the table: a clip or built-in motion."""
    motion = resolve_motion(name, fps=fps)
    found: list[Footing] = [measure_feet(motion, body_model().rest(np.array(who))) for who in PEOPLE.values()]
    slide, sink, jolt = (max(getattr(one, figure) for one in found) for figure in ("slide", "sink", "jolt"))
    print(
        f"| {label} | {found[0].planted:.0%} | {found[0].source_slide:.3f} | {slide:.3f} | {sink:.4f} | "
        f"{jolt:.1f} ({largest_acceleration(motion):.0f}) |", flush=True
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("motions", nargs="*")
    parser.add_argument("--layouts", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| motion | planted | slides itself | performed | sinks | pelvis |\n|---|---|---|---|---|---|")
    for name in given.motions:
        measure(Path(name).stem, name)
    if given.layouts:
        with tempfile.TemporaryDirectory() as folder:
            for label, name in walks(Path(folder)):
                measure(label, name, fps=30)


if __name__ == "__main__":
    main()
