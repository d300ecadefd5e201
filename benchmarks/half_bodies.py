"""Whole people cut at chest, waist, knees and ankles: ``python benchmarks/half_bodies.py PHOTO ... [-o SHEETS]``.

For each crop: is it accepted, how far are the joints that it shows from where the whole photo's fit has them (a share
of the stature), and how near is the picture in the person's own pose to the crop (levels of 255 in the mean over the
person). SHEETS gets a picture of each photo: a row of each crop, its own pose and two others.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from layerpose.body.skeleton import KEYPOINTS
from layerpose.estimation.estimate import Estimate, estimate
from layerpose.export.finish import finish
from layerpose.maps.render import place_posed, pose_body
from layerpose.media.pictures import image_to_picture, read_photo, write_png
from layerpose.motion.library import library_pose
from layerpose.sheets.transfer import Cell, grid
from layerpose.transfer import PoseTransfer

CUTS = {"chest": 0.28, "waist": 0.45, "knees": 0.72, "ankles": 0.93}
"""Share of the person's height, from the top, that is left."""
CLEAR, NEAR = 0.02, 0.02
"""A joint is seen if it lies so far within the crop, and right if it is off by less (shares of the stature)."""
POSES = ("wave", "arms-up")
SIZE, CELL = 512, 320


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one crop."""

    off: dict[str, float]
    """Of each joint that is seen: how far from the whole photo's, as a share of the stature."""
    own: float
    cells: list[Cell]


def joints(seen: Estimate) -> dict[str, np.ndarray]:
    """The body's keypoints in pixels of the photo."""
    placed = place_posed(pose_body(seen.body), seen.body.camera, torch.device("cpu")).keypoints[:, :2].numpy()
    return dict(zip(KEYPOINTS, placed * seen.canvas.side + (seen.canvas.left, seen.canvas.top), strict=True))


def try_crop(photo: Image.Image, whole: Estimate, share: float, model: PoseTransfer) -> Outcome:
    """Cut, fit and draw; ValueError if the crop is refused."""
    rows = np.flatnonzero((whole.landmarks.mask > 0.5).any(1))
    stature = float(rows[-1] - rows[0])
    row = rows[0] + share * stature
    crop = photo.crop((0, 0, photo.width, round(row)))
    seen = estimate(crop, SIZE)
    wanted, found = joints(whole), joints(seen)
    clear = [name for name, (x, y) in wanted.items() if y < row - CLEAR * stature and 0 <= x < photo.width]
    own = finish(model, seen, seen.body).made.image
    person = seen.photo.mask[0, 0] > 0.5
    apart = float((own - seen.photo.image)[0].abs().mean(0)[person].mean() * 127.5)
    drawn = [("photo", image_to_picture(seen.photo.image)), (f"own pose, {apart:.1f} levels", image_to_picture(own))]
    drawn += [(name, finish(model, seen, library_pose(name)).picture) for name in POSES]
    return Outcome(
        off={name: float(np.linalg.norm(found[name] - wanted[name]) / stature) for name in clear},
        own=apart,
        cells=drawn,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="+", help="photos of one whole person each")
    parser.add_argument("-o", "--out", type=Path, help="folder of the sheets")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    model = PoseTransfer.load(device="cpu", engine="quick").at_size(SIZE)
    outcomes: list[Outcome | None] = []
    print("| photo | cut | joints seen | off (mean, most, of the stature) | own pose, levels |\n|---|---|---|---|---|")
    for path in given.photos:
        photo = read_photo(path)
        whole, cells = estimate(photo, SIZE), []
        for name, share in CUTS.items():
            try:
                outcome = try_crop(photo, whole, share, model)
            except ValueError as error:
                outcomes.append(None)
                print(f"| {path.stem} | {name} | refused: {error!s:.70} | | |", flush=True)
                continue
            outcomes.append(outcome)
            cells += outcome.cells
            worst = max(outcome.off, key=outcome.off.__getitem__)
            print(
                f"| {path.stem} | {name} | {len(outcome.off)} | {np.mean([*outcome.off.values()]):.2%}, "
                f"{outcome.off[worst]:.2%} ({worst}) | {outcome.own:.2f} |",
                flush=True,
            )
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            write_png(grid(cells, 2 + len(POSES), CELL), given.out / f"{path.stem}.png", comment="Half bodies")
    accepted = [outcome for outcome in outcomes if outcome]
    off = np.array([value for outcome in accepted for value in outcome.off.values()])
    print(
        f"{len(accepted)} of {len(outcomes)} accepted; own pose {np.mean([one.own for one in accepted]):.2f} levels off"
    )
    print(
        f"{(off < NEAR).mean():.1%} of {len(off)} joints within {NEAR:.0%} of the stature, {off.mean():.2%} in the mean"
    )


if __name__ == "__main__":
    main()
