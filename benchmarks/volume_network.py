"""The volume network on people it has not seen: ``python benchmarks/volume_network.py NETWORK DATA SHEET.png``.

Part IoU of the projected S and the error of the depth on pairs of the test people, and a sheet of ten pairs: source, S
and D of the predicted volume, S and D of the true body.
"""

from __future__ import annotations

import sys
from pathlib import Path

from layerpose.data.records import Records
from layerpose.data.volume_samples import VolumePairs
from layerpose.estimation.volume import load_network
from layerpose.evaluation.volume import Seen, look, summarise
from layerpose.media.pictures import image_to_picture, write_png
from layerpose.sheets.transfer import Cell, depth_to_picture, grid, parsing_to_picture
from layerpose.types import PARTS

NUM_PAIRS = 100
NUM_SHOWN = 10
SEED = 2021
CELL = 256


def main() -> None:
    network, records = load_network(Path(sys.argv[1])), Records(Path(sys.argv[2]))
    pairs = VolumePairs(
        records, records.split("test"), size=network.config.size, length=NUM_PAIRS, seed=SEED, vary=False
    )
    seen = list(look(network, pairs))
    overlaps, depth_error_m = summarise(seen)
    each = ", ".join(f"{part} {float(overlap):.3f}" for part, overlap in zip(PARTS, overlaps, strict=True))
    print(f"part IoU of the projected S: mean {overlaps.mean():.3f} ({each})")
    print(f"depth: off by {depth_error_m * 1000:.1f} mm on average, {len(seen)} pairs")
    cells = [cell for one in seen[:NUM_SHOWN] for cell in show(one)]
    sheet = grid(cells, 5, CELL)
    write_png(sheet, Path(sys.argv[3]), comment="Synthetic people with the maps of predicted volumes. Not photographs.")


def show(one: Seen) -> list[Cell]:
    return [
        ("source", image_to_picture(one.source)),
        (f"S, IoU {one.overlap.nanmean():.2f}", parsing_to_picture(one.predicted.parsing)),
        ("true S", parsing_to_picture(one.truth.parsing)),
        (f"D, off by {one.depth_error_m * 1000:.0f} mm", depth_to_picture(one.predicted.depth)),
        ("true D", depth_to_picture(one.truth.depth)),
    ]


if __name__ == "__main__":
    main()
