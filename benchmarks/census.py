"""Defects counted by eye: the photos of folders in four poses on sheets, and a list to fill in.

    python benchmarks/census.py PHOTOS CLIPS -o SHEETS
    python benchmarks/census.py --count SHEETS/defects.tsv

PHOTOS and CLIPS are photos, videos (of each one frame in which somebody is read whole) or folders of them. SHEETS gets
a sheet for each photo, every picture by itself, and ``defects.tsv``: a line for each picture, in which the number of
defects of each kind is put down, and `looked` made `yes`. What is filled in is never written over.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from scipy.spatial.transform import Rotation

from layerpose.estimation.estimate import Estimate
from layerpose.evaluation.identity import Portrait, compare_faces, find_portrait
from layerpose.media.pictures import image_to_picture, picture_to_image, read_photo, write_png
from layerpose.motion.library import library_pose
from layerpose.runtime.cache import writing
from layerpose.sheets.transfer import Cell, grid
from layerpose.transfer import PoseTransfer, place
from layerpose.types import Body, Pose

POSES = {"walk": ("walk", 0), "side": ("walk", 85), "back": ("stand", 180), "arms up": ("arms-up", 0)}
"""Library pose, and degrees by which it is turned."""
TURNED = ("side", "back")
"""Where a face is not as in a photo from the front."""
KINDS = (
    "hand", "head", "limb before trunk", "outline", "loose clothing", "held thing", "fringe", "colour", "other",
)  # fmt: skip
KNOWN = ("photo", "pose", "likeness")
"""What is known without looking; how alike the face is to the photo's, where both show one."""
HEAD = (*KNOWN, "looked", *KINDS, "hands shown", "hands right", "note")
FILE = "defects.tsv"
PHOTOS, VIDEOS = (".png", ".jpg", ".jpeg", ".webp"), (".mp4", ".mov", ".webm", ".mkv")
TRIED = (1 / 3, 1 / 2, 2 / 3, 0.1, 0.9)
"""Places in a video at which somebody is looked for, one after the other."""
CELL = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", type=Path, nargs="*", help="photos, videos, or folders of them")
    parser.add_argument("-o", "--out", type=Path, help="folder of the sheets")
    parser.add_argument("--count", type=Path, metavar="FILE", help="count a list that was filled in")
    parser.add_argument("--weights", type=Path, help="model folder; without it the bundled one")
    parser.add_argument("--size", type=int, default=1024, help="side of the pictures in pixels")
    given = parser.parse_args()
    if given.count:
        print(count_defects(given.count))
        return
    if not given.sources or given.out is None:
        parser.error("name photos and, with -o, the folder of the sheets; or --count a list")
    draw_census(given.sources, given.out, PoseTransfer.load(given.weights).at_size(given.size))


def draw_census(sources: Sequence[Path], out: Path, model: PoseTransfer) -> None:
    """Every photo in every pose; what is there is kept."""
    out.mkdir(parents=True, exist_ok=True)
    rows = {(row["photo"], row["pose"]): row for row in read_list(out / FILE)} if (out / FILE).is_file() else {}
    for name, seen in look_at(sources, model):
        cells, own = draw_photo(name, seen, out, model)
        write_png(grid(cells, len(cells), CELL), out / f"{name}.png", comment="layerpose census")
        for pose, picture in cells[1:]:
            likeness = "" if own is None else f"{liken(picture, place(seen.body, find_pose(pose)), own):.3f}"
            known = dict(zip(KNOWN, (name, pose, likeness), strict=True))
            rows[name, pose] = {**dict.fromkeys(HEAD, ""), "looked": "no", **rows.get((name, pose), {}), **known}
        write_list(list(rows.values()), out / FILE)
        print(f"{name}: {seen.quality}", flush=True)


def draw_photo(
    name: str, seen: Estimate, out: Path, model: PoseTransfer
) -> tuple[list[Cell], Portrait | None]:  # fmt: skip
    """The photo's cut-out and the results, and the face of the photo if it shows one."""
    cells: list[Cell] = [(name, image_to_picture(seen.photo.image))]
    view = None
    for pose in POSES:
        file = out / name / f"{pose.replace(' ', '-')}.png"
        if not file.is_file():
            view = view or model.view(seen)
            file.parent.mkdir(exist_ok=True)
            made = model.draw(model.prepare(view, place(seen.body, find_pose(pose))))
            write_png(image_to_picture(made.image), file, comment="layerpose census")
        cells.append((pose, read_photo(file)))
    return cells, find_portrait(seen.photo.image, seen.body)


def find_pose(name: str) -> Pose:
    """One of `POSES`."""
    pose, degrees = library_pose(POSES[name][0]), POSES[name][1]
    turn = torch.as_tensor(Rotation.from_euler("z", degrees, degrees=True).as_matrix()).to(pose.rotations)
    return replace(pose, rotations=torch.cat([turn @ pose.rotations[:1], pose.rotations[1:]]))


def liken(picture: Image.Image, body: Body, own: Portrait) -> float:
    """How alike the face of a result is to the photo's; 0 where it shows none."""
    return compare_faces(find_portrait(picture_to_image(picture), body), own).likeness


def look_at(sources: Sequence[Path], model: PoseTransfer) -> Iterator[tuple[str, Estimate]]:
    """Everybody who is read whole; of the others the reason is printed."""
    for path in (file for source in sources for file in files_of(source)):
        problem = "no frame can be read"
        for picture in pictures_of(path):
            try:
                yield path.stem, model.look(picture)
                break
            except ValueError as error:
                problem = str(error)
        else:
            print(f"{path.stem}: left out, {problem}", flush=True)


def files_of(source: Path) -> list[Path]:
    if source.is_dir():
        return sorted(file for file in source.iterdir() if file.suffix.lower() in (*PHOTOS, *VIDEOS))
    return [source]


def pictures_of(path: Path) -> Iterator[Image.Image]:
    """A photo, or some frames of a video."""
    if path.suffix.lower() not in VIDEOS:
        yield read_photo(path)
        return
    clip = cv2.VideoCapture(str(path))
    for share in TRIED:
        clip.set(cv2.CAP_PROP_POS_FRAMES, int(share * clip.get(cv2.CAP_PROP_FRAME_COUNT)))
        found, pixels = clip.read()
        if found:
            yield Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))


def count_defects(file: Path) -> str:
    """A line for each kind, one for all, and what was found of the hands."""
    rows = read_list(file)
    looked = [row for row in rows if row["looked"].strip().lower() in ("yes", "y", "1")]
    if not looked:
        raise SystemExit(f"{file}: none of {len(rows)} pictures was looked at; fill it in and make `looked` yes")
    counts = {kind: [number(row, kind, file) for row in looked] for kind in KINDS}
    totals = np.sum(list(counts.values()), axis=0)
    shown, right = (sum(number(row, name, file) for row in looked) for name in ("hands shown", "hands right"))
    lines = [f"{len(looked)} of {len(rows)} pictures looked at", f"{'kind':20s} {'defects':>8s} {'a picture':>10s}"]
    lines += [f"{kind:20s} {sum(found):8d} {np.mean(found):10.2f}" for kind, found in counts.items()]
    lines += [f"{'all':20s} {totals.sum():8d} {totals.mean():10.2f}", f"without a defect: {(totals == 0).mean():.0%}"]
    lines += [f"hands right: {right} of {shown} ({right / shown:.0%})"] if shown else []
    likeness = [float(row["likeness"]) for row in looked if row["likeness"] and row["pose"] not in TURNED]
    lines += [f"likeness of the face in front: {np.mean(likeness):.3f}"] if likeness else []
    return "\n".join(lines)


def number(row: dict[str, str], name: str, file: Path) -> int:
    """How many; an empty cell is none."""
    text = row[name].strip()
    if text and not text.isdecimal():
        raise SystemExit(f"{file}: {row['photo']}, {row['pose']}: {name} is {text!r}; expected a number or nothing")
    return int(text or 0)


def read_list(file: Path) -> list[dict[str, str]]:
    """The list's lines by their columns."""
    with file.open(newline="", encoding="utf-8") as opened:
        rows = csv.DictReader(opened, delimiter="\t", restval="")
        if missing := sorted({*HEAD} - {*(rows.fieldnames or ())}):
            raise SystemExit(f"{file} is no list of defects: it lacks the columns {', '.join(missing)}")
        return [{name: row[name] or "" for name in HEAD} for row in rows]


def write_list(rows: Sequence[dict[str, str]], file: Path) -> None:
    with writing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as opened:
        table = csv.DictWriter(opened, HEAD, delimiter="\t", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
