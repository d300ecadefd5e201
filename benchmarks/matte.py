"""How well people are cut out of photos: ``python benchmarks/matte.py DATA BACKGROUNDS [--people 100] [-o SHEETS]``.

People of a data set (`layerpose synth`), whose alpha is known, stand before photos of places, and are found and cut
out as in any photo. SAD (sum of differences, in thousands of pixels), gradient error (of Gaussian derivatives, 1.4
pixels, squared, in thousands) and mean squared error (in thousandths, within 24 pixels of the edge) of the mask; and
the fringe: how far the person over white and over black is from the true one (levels of 255, mean within 8 pixels of
the edge). Means, and in brackets medians. Beside it: the landmark network's mask as it is, with the photo's colours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from layerpose.data.records import Records
from layerpose.estimation.canvas import Canvas
from layerpose.estimation.estimate import cut_canvas
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.landmarks import look_mirrored
from layerpose.estimation.matte import separate
from layerpose.media.pictures import read_photo

SIGMA = 1.4
WIDE_PX, CLOSE_PX = 24, 8
NAMES = ("SAD", "gradient", "MSE", "fringe on white", "fringe on black")

Plane = Float[np.ndarray, "s s"]
Colours = Float[np.ndarray, "s s 3"]
Way = Callable[[Colours, Plane], tuple[Colours, Plane]]
"""Picture and coarse mask -> the person's own colours, and the mask."""

WAYS: dict[str, Way] = {"mask of the network": lambda picture, mask: (picture, mask), "cut out": separate}


def near_edge(alpha: Plane, pixels: int) -> Bool[np.ndarray, "s s"]:
    """What is so close to where the true mask is neither 0 nor 1, or passes from one to the other."""
    solid = (alpha > 0.5).astype(np.uint8)
    edge = (alpha > 0.02) & (alpha < 0.98) | (cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0)
    return cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) <= pixels


def slopes(alpha: Plane) -> Float[np.ndarray, "2 s s"]:
    smooth = cv2.GaussianBlur(alpha, (0, 0), SIGMA)
    return np.stack(np.gradient(smooth))


def measure(colours: Colours, alpha: Plane, true_colours: Colours, truth: Plane) -> list[float]:
    """The figures of `NAMES`; colours are straight, in 0..1."""
    off = alpha - truth
    wide, close = near_edge(truth, WIDE_PX), near_edge(truth, CLOSE_PX)
    steep = float(((slopes(alpha) - slopes(truth)) ** 2).sum() / 1000)
    fringes = []
    for behind in (1.0, 0.0):
        ours, theirs = (
            c * a[..., None] + behind * (1 - a[..., None]) for c, a in ((colours, alpha), (true_colours, truth))
        )
        fringes.append(float(np.abs(ours - theirs)[close].mean() * 255))
    return [float(np.abs(off).sum() / 1000), steep, float((off[wide] ** 2).mean() * 1000), *fringes]


def background(path: Path, size: int) -> Colours:
    """The middle square of a photo."""
    photo = read_photo(path)
    side = min(photo.size)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    photo = photo.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(photo, dtype=np.float32) / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="data set of people with alpha")
    parser.add_argument("backgrounds", type=Path, help="folder of photos of places without people")
    parser.add_argument("--people", type=int, default=100, help="so many at most; the first frame of each")
    parser.add_argument("-o", "--out", type=Path, help="folder of pictures: before the place, and cut out over white")
    given = parser.parse_args()
    records, places = Records(given.data), sorted(given.backgrounds.iterdir())
    everybody = sorted(person for split in ("train", "val", "test") for person in records.split(split))
    frames = [(person, records.frames(person)[0]) for person in everybody[: given.people]]
    found: dict[str, list[list[float]]] = {name: [] for name in WAYS}
    for number, (person, frame) in enumerate(frames):
        image, mask, _ = records.load(person, frame)
        truth = mask[0, 0].numpy()
        own = ((image[0].permute(1, 2, 0).numpy() + mask[0, 0, ..., None].numpy()) / 2).clip(0, 1)
        behind = background(places[number % len(places)], len(truth))
        picture = own + (1 - truth[..., None]) * behind
        pixels = (picture * 255).round().astype(np.uint8)
        try:
            landmarks = look_mirrored(pixels, find_landmarks(pixels))
        except ValueError as error:
            print(f"{person}: left out, {error!s:.60}", flush=True)
            continue
        seen, coarse = cut_canvas(pixels, landmarks, Canvas(left=0, top=0, side=len(pixels), size=len(pixels)))
        straight = own / np.maximum(truth, 1e-3)[..., None]
        cells = [pixels]
        for name, way in WAYS.items():
            colours, alpha = way(seen, coarse)
            found[name].append(measure(colours, alpha, straight.clip(0, 1), truth))
            cells.append(((colours * alpha[..., None] + 1 - alpha[..., None]) * 255).clip(0, 255).astype(np.uint8))
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.concatenate(cells, axis=1)).save(given.out / f"{person}.png")
    print(f"| {len(found['cut out'])} people | " + " | ".join(NAMES) + " |\n" + "|---" * (len(NAMES) + 1) + "|")
    for name, rows in found.items():
        figures = zip(np.mean(rows, axis=0), np.median(rows, axis=0), strict=True)
        print(f"| {name} | " + " | ".join(f"{mean:.2f} ({middle:.2f})" for mean, middle in figures) + " |")


if __name__ == "__main__":
    main()
