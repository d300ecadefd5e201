"""Fit the body to the measuring photos: reprojection error, mask overlap and time of each; --sheet draws the fits.

    python benchmarks/fit_photos.py --sheet fits.png

Photos and clips are looked for in $LAYERPOSE_SHARED/real, else in ../shared/real beside the repository.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from layerpose.estimation.canvas import canvas_around
from layerpose.estimation.estimate import Estimate, estimate
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.fit import fit_body
from layerpose.estimation.targets import POINTS
from layerpose.media.pictures import image_to_picture, read_photo

FOLDER = Path(os.environ.get("LAYERPOSE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "real"
CLIPS = {"basketball.mp4": (4, 8, 12, 16, 24), "avatar_yoga.mp4": (20, 60, 100)}
"""Frames that are measured beside the photos."""
COLOURS = np.array(
    [[128, 128, 128], [255, 220, 0], [0, 200, 0], [255, 0, 0], [0, 0, 255], [255, 0, 255], [0, 255, 255]]
)
TARGETS = "targets: error <= 1.3 %, overlap >= 0.84, <= 2 s"


@dataclass(frozen=True, kw_only=True)
class Measured:
    name: str
    seen: Estimate
    fit_s: float
    total_s: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of the fits to this PNG")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    pictures = list(find_pictures())
    if not pictures:
        raise SystemExit(f"no photos in {FOLDER}; set LAYERPOSE_SHARED to the folder above 'real'")
    estimate(pictures[0][1])  # the first call loads the networks and the body model
    measured = []
    print(f"{'photo':20s} {'error %':>8s} {'overlap':>8s} {'fit s':>6s} {'total s':>8s}")
    for name, picture in pictures:
        try:
            one = measure(name, picture)
        except ValueError as error:
            print(f"{name:20s} refused: {error}")
            continue
        measured.append(one)
        figures = f"{100 * one.seen.reprojection:8.2f} {one.seen.overlap:8.3f} {one.fit_s:6.2f} {one.total_s:8.2f}"
        print(f"{name:20s} {figures}")
    columns = [(100 * m.seen.reprojection, m.seen.overlap, m.fit_s, m.total_s) for m in measured]
    mean = np.mean(columns, axis=0)
    print(f"{'mean':20s} {mean[0]:8.2f} {mean[1]:8.3f} {mean[2]:6.2f} {mean[3]:8.2f}   ({TARGETS})")
    if arguments.sheet:
        draw_sheet(measured).save(arguments.sheet)
        print(f"wrote {arguments.sheet}")


def find_pictures() -> Iterator[tuple[str, Image.Image]]:
    for path in sorted(FOLDER.glob("*.png")):
        yield path.stem, read_photo(path)
    for name, frames in CLIPS.items():
        clip = cv2.VideoCapture(str(FOLDER / name))
        for frame in frames:
            clip.set(cv2.CAP_PROP_POS_FRAMES, frame)
            found, pixels = clip.read()
            if found:
                yield f"{Path(name).stem}#{frame}", Image.fromarray(pixels[..., ::-1])


def measure(name: str, picture: Image.Image) -> Measured:
    landmarks = find_landmarks(np.array(picture))
    start = time.perf_counter()
    fit_body(landmarks)
    fit_s = time.perf_counter() - start
    start = time.perf_counter()
    seen = estimate(picture)
    return Measured(name=name, seen=seen, fit_s=fit_s, total_s=time.perf_counter() - start)


def draw_sheet(measured: list[Measured], *, columns: int = 4, side: int = 400) -> Image.Image:
    """Cut-out and parsing of every photo, with the landmarks."""
    tiles = []
    for one in measured:
        photo = np.array(image_to_picture(one.seen.photo.image))
        parsing = COLOURS[one.seen.parsing[0].argmax(0).numpy()]
        overlay = np.ascontiguousarray((0.45 * photo + 0.55 * parsing).astype(np.uint8))
        canvas = canvas_around(one.seen.landmarks, len(photo))
        for point in POINTS:
            place = one.seen.landmarks.image[point.landmark, :2] - [canvas.left, canvas.top]
            cv2.circle(overlay, tuple(int(v) for v in place * canvas.size / canvas.side), 6, (0, 0, 0), -1)
        pair = np.concatenate([photo, overlay], axis=1)
        cv2.putText(pair, one.name, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 3)
        tiles.append(cv2.resize(pair, (2 * side, side), interpolation=cv2.INTER_AREA))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[i : i + columns], axis=1) for i in range(0, len(tiles), columns)]
    return Image.fromarray(np.concatenate(rows))


if __name__ == "__main__":
    main()
