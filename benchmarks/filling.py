"""How well a person's place is filled: ``python benchmarks/filling.py PHOTO ... --lpips lpips_alex_v01.pt``.

What is behind the person nobody knows; so the person's outline is moved sideways to where the photo shows the scene,
and that place is filled. With ``--people DATA`` people of a data set stand before photos of places, and theirs is
filled. LPIPS of the square round it, PSNR and contrast (standard deviation of what is finer than 8 pixels, beside the
truth's) within it: the filling of the package, Telea's and Navier-Stokes' (OpenCV), seconds each.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from matte import background
from PIL import Image

from layerpose.data.records import Records
from layerpose.estimation.estimate import estimate
from layerpose.evaluation.lpips import Lpips
from layerpose.media.pictures import read_photo
from layerpose.scene.filling import fill_hole, fill_smoothly

SIZE, GROWN = 1024, 20
LEAST = 0.6
"""Share of the outline that has to lie within the photo, beside the person."""
COARSE = 8


def move_outline(person: Bool[np.ndarray, "s s"], inside: Bool[np.ndarray, "s s"]) -> Bool[np.ndarray, "s s"] | None:
    """The outline where it meets the person least; what is left of it beside the person. None if that is little."""
    best = None
    for shift in range(-SIZE, SIZE, SIZE // 32):
        moved = np.zeros_like(person)
        low, high = max(shift, 0), SIZE + min(shift, 0)
        moved[:, low:high] = person[:, low - shift : high - shift]
        moved &= inside & ~person
        if best is None or moved.sum() > best.sum():
            best = moved
    return best if best is not None and best.sum() >= LEAST * person.sum() else None


def contrast(picture: Float[np.ndarray, "s s 3"], hole: Bool[np.ndarray, "s s"]) -> float:
    grey = picture.mean(2)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), COARSE))[hole].std())


def measure(name: Path, metric: Lpips) -> dict[str, list[float]]:
    photo = read_photo(name)
    seen = estimate(photo, SIZE, keep=True)
    pixels = np.array(photo.convert("RGB").resize(seen.landmarks.mask.shape[::-1], Image.Resampling.BOX))
    scene = seen.canvas.cut(pixels, outside=0).clip(0, 255).astype(np.uint8)
    inside = seen.canvas.cut(np.ones(pixels.shape[:2], np.float32), outside=0) > 0.999
    person = cv2.dilate((seen.photo.mask[0, 0].numpy() > 0.1).astype(np.uint8), np.ones((GROWN, GROWN))).astype(bool)
    hole = move_outline(person, inside)
    if hole is None:
        raise ValueError("no room beside the person")
    return compare(scene, hole, inside & ~hole & ~person, metric)


def stand_before(place: Path, records: Records, person: str, metric: Lpips) -> dict[str, list[float]]:
    """The same of a place in which somebody of a data set stands: what is behind is known."""
    scene = (background(place, SIZE) * 255).round().astype(np.uint8)
    alpha = cv2.resize(records.load(person, "000")[1][0, 0].numpy(), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    hole = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((GROWN, GROWN))).astype(bool)
    return compare(scene, hole, ~hole, metric)


def compare(
    scene: UInt8[np.ndarray, "s s 3"], hole: Bool[np.ndarray, "s s"], known: Bool[np.ndarray, "s s"], metric: Lpips
) -> dict[str, list[float]]:
    """Every way's figures."""
    rows, columns = (slice(places.min(), places.max() + 1) for places in np.nonzero(hole))
    ways = {
        "ours": lambda: fill_hole(scene, hole, known),
        "Telea": lambda: fill_smoothly(scene, ~known, cv2.INPAINT_TELEA),
        "Navier-Stokes": lambda: fill_smoothly(scene, ~known, cv2.INPAINT_NS),
    }
    found = {}
    for way, fill in ways.items():
        begun = time.perf_counter()
        filled = np.where(hole[..., None], fill(), scene).astype(np.float32)
        seconds = time.perf_counter() - begun
        two = [torch.from_numpy(one[rows, columns].astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
               for one in (filled, scene)]  # fmt: skip
        with torch.inference_mode():
            distance = float(metric(*two))
        error = float(((filled - scene)[hole] ** 2).mean())
        sharp = contrast(filled, hole) / max(contrast(scene.astype(np.float32), hole), 1e-6)
        found[way] = [distance, 10 * np.log10(255**2 / max(error, 1e-6)), sharp, seconds]
    return found


def main(photos: list[Path], lpips: Path, people: Path | None) -> None:
    metric, all_found = Lpips(lpips), []
    records = Records(people) if people else None
    print("| photo | filling | LPIPS | PSNR | contrast | seconds |\n|---|---|---|---|---|---|")
    for number, photo in enumerate(photos):
        try:
            if records:
                found = stand_before(photo, records, records.people[number % len(records.people)], metric)
            else:
                found = measure(photo, metric)
        except ValueError as error:
            print(f"| {photo.name} | left out: {error!s:.60} | | | | |", flush=True)
            continue
        all_found.append(found)
        for way, figures in found.items():
            print(f"| {photo.name} | {way} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |", flush=True)
    for way in all_found[0] if all_found else ():
        mean = np.mean([found[way] for found in all_found], axis=0)
        print(f"| mean of {len(all_found)} | {way} | " + " | ".join(f"{figure:.3f}" for figure in mean) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--people", type=Path, help="data set: the photos are places, and people of it stand there")
    given = parser.parse_args()
    main(given.photos, given.lpips, given.people)
