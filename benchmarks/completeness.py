"""Is a layer whole where the target hides the part? ``python benchmarks/completeness.py DATA SHEET.png MODEL ...``

Test pairs in whose target an arm or a leg is more than half hidden. A pixel of the complete part counts as drawn when
it is not the grey of the background and, where another part hides this one, when it looks more like this part (the
source carried over to it) than like what hides it (the true target picture). Printed for each model: the share of the
part's pixels that are drawn, and of its hidden ones. The sheet shows the layers of some, all models side by side.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from layerpose.cli.evaluate import name_rows
from layerpose.config import ModelConfig, scaled
from layerpose.data.benchmark import Pair, choose_pairs
from layerpose.data.pairs import Pairs, Sample
from layerpose.data.records import Records
from layerpose.evaluation.truth import EMPTY
from layerpose.media.pictures import image_to_picture, write_png
from layerpose.presets import base
from layerpose.sheets.transfer import Cell, grid, layer_to_picture
from layerpose.transfer import PoseTransfer
from layerpose.types import CLASSES, LAYERS, Layer

LIMBS = ("left_arm", "right_arm", "left_leg", "right_leg")
HIDDEN = 0.5
"""Share of the complete part that the target must hide."""
SMALLEST = 40
"""Pixels of the complete part; a smaller one says nothing."""
CELL = 160


def drawn_shares(image: Tensor, whole: Tensor, visible: Tensor, own: Tensor, truth: Tensor) -> tuple[float, float]:
    """Of the complete part, and of what is hidden of it; all on the part's box."""
    there = image.abs().amax(1, keepdim=True) > EMPTY
    like_itself = (image - own).abs().sum(1, keepdim=True) < (image - truth).abs().sum(1, keepdim=True)
    hidden = whole & ~visible
    drawn = there & (like_itself | ~hidden)
    return float(drawn[whole].float().mean()), float(drawn[hidden].float().mean())


def find_hidden(sample: Sample) -> list[tuple[str, Tensor, Tensor]]:
    """Limbs that the target hides more than half: where the whole limb is, and what is visible of it."""
    found = []
    for part in LIMBS:
        told = sample.conditions.parts[LAYERS.index(part)]
        whole = told.maps.parsing[:, CLASSES.index(part)][:, None] > 0.5
        visible = whole & (told.visible > 0.5)
        if whole.sum() > SMALLEST and (whole & ~visible).sum() > HIDDEN * whole.sum():
            found.append((part, whole, visible))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("models", type=Path, nargs="+", help="model folders of ours, all of one size")
    parser.add_argument("--pairs", type=int, default=100, help="pairs of the test list that are looked at")
    parser.add_argument("--show", type=int, default=8)
    given = parser.parse_args()
    records = Records(given.data)
    names = [name or "layers" for name in name_rows(tuple(given.models))]
    runners = dict(zip(names, map(PoseTransfer.load, given.models), strict=True))
    if len(sizes := {runner.config.canvas for runner in runners.values()}) > 1:
        parser.error(f"found models of {sizes} pixels; name models of one size")
    told = scaled(base(), sizes.pop() / base().canvas)
    shares, cells = {name: [] for name in runners}, []
    for pair in choose_pairs(records, "test", given.pairs):
        sample = _sample(records, told, pair)
        if not (hidden := find_hidden(sample)):
            continue
        layers = {
            name: runner.draw(_sample(records, runner.config, pair).conditions).layers
            for name, runner in runners.items()
        }
        for part, whole, visible in hidden:
            index = LAYERS.index(part)
            truth, own = sample.part_targets[index], sample.conditions.parts[index].warp.filled
            drawn = {name: found[index] for name, found in layers.items()}
            for name, layer in drawn.items():
                shares[name].append(drawn_shares(layer.image, whole, visible, own, truth))
            if len(cells) < given.show * (len(runners) + 2):
                cells += _show(pair, part, truth, own, whole, drawn)
    print(f"{len(next(iter(shares.values())))} limbs more than half hidden in {given.pairs} pairs")
    print("| model | drawn of the whole limb | of its hidden part | limbs drawn to 0.9 |\n|---|---|---|---|")
    for name, values in shares.items():
        whole, hidden = np.array(values).T
        print(f"| {name} | {whole.mean():.3f} | {hidden.mean():.3f} | {(whole >= 0.9).mean():.0%} |")
    write_png(grid(cells, len(runners) + 2, CELL), given.sheet, comment="Synthetic people. Not photographs.")


def _sample(records: Records, config: ModelConfig, pair: Pair) -> Sample:
    pairs = Pairs(records, records.people, config, length=1, seed=0, disturb=False)
    return pairs.make(*pair, np.random.default_rng(0))


def _show(pair: Pair, part: str, truth: Tensor, own: Tensor, whole: Tensor, layers: dict[str, Layer]) -> list[Cell]:
    carried = replace(next(iter(layers.values())), image=own, mask=whole.float())
    return [
        (f"{part.replace('_', ' ')} {'-'.join(pair)}", image_to_picture(truth)),
        ("carried over", layer_to_picture(carried)),
        *((name, layer_to_picture(replace(layer, mask=whole.float()))) for name, layer in layers.items()),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
