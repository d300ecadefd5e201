"""DeepFashion in the layout of pose transfer -> people and their photos, and the published pairs.

``train/`` and ``test/`` hold the photos; the lists beside them are read by `fashion_lists`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from layerpose.body.camera import project
from layerpose.body.skeleton import BODY_JOINTS, KEYPOINTS
from layerpose.data.benchmark import COLUMNS, FILE, Pair
from layerpose.data.portrait import Portrait, Refusal, portray
from layerpose.data.public.convert import Done
from layerpose.data.public.fashion_lists import Joints, find_list, read_annotation, read_pairs
from layerpose.estimation.canvas import Canvas
from layerpose.estimation.estimate import Estimate, estimate_on
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.landmarks import look_mirrored
from layerpose.maps.render import coco_18, pose_body
from layerpose.media.pictures import read_photo
from layerpose.runtime.cache import writing

SPLITS = ("train", "test")
SIDE, BORDER = 256, 40
"""The canvas: the 176 x 256 photo in the middle of a square, `BORDER` columns free on each side."""
CROPS = {(SIDE - 2 * BORDER, SIDE): -BORDER, (SIDE, SIDE): 0}
"""Sizes of a photo -> where the canvas begins in it."""
FARTHEST = 0.06
"""A fit whose body joints are further from the annotated ones, in the mean and as a share of the canvas, is wrong."""
VAL_EVERY = 25
"""Of so many garments for training, one is for validation. Paper: none is named."""


@dataclass(frozen=True, kw_only=True)
class FashionPhoto:
    """One photo, and its annotated joints if there are any."""

    path: Path
    joints: Joints | None


@dataclass(frozen=True, kw_only=True)
class FashionPerson:
    """Photos of one person in the same clothes."""

    name: str
    split: str
    photos: tuple[FashionPhoto, ...]

    @property
    def num_pictures(self) -> int:
        """Photos."""
        return len(self.photos)

    def portraits(self, size: int) -> Iterator[Portrait | Refusal]:
        """Every photo on a canvas of `size` pixels."""
        for photo in self.photos:
            yield portray(photo.path.name, lambda photo=photo: _look(photo, size))


@dataclass(frozen=True, kw_only=True)
class DeepFashion:
    """What the folder holds."""

    people: tuple[FashionPerson, ...]
    pairs: dict[str, tuple[tuple[str, str], ...]]
    """Of each published split the pairs of photos, in their order."""


def open_deepfashion(folder: Path) -> DeepFashion:
    """Read the lists and check that every photo is there and of a size that is known."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; expected the one that holds DeepFashion's lists of pairs")
    pairs = {split: read_pairs(find_list(folder, "pairs", split)) for split in SPLITS}
    people: list[FashionPerson] = []
    for split in SPLITS:
        joints = read_annotation(find_list(folder, "annotation", split))
        groups: dict[str, list[FashionPhoto]] = {}
        for name in sorted({name for pair in pairs[split] for name in pair}):
            photo = FashionPhoto(path=folder / split / name, joints=joints.get(name))
            groups.setdefault(_person(name), []).append(photo)
        _check_photos([photo.path for photos in groups.values() for photo in photos])
        held_out = set(sorted({_garment(person) for person in groups})[::VAL_EVERY] if split == "train" else ())
        people += [
            FashionPerson(
                name=f"{split}-{person}", split="val" if _garment(person) in held_out else split, photos=tuple(photos)
            )
            for person, photos in groups.items()
        ]
    return DeepFashion(people=tuple(people), pairs=pairs)


def write_published_pairs(out: Path, found: DeepFashion, done: list[Done]) -> dict[str, int]:
    """Write ``test_pairs.csv``, which measuring uses, and ``train_pairs.csv``; returns how many of each are left.

    Paper: trains on the published pairs; here training draws its own among a person's photos.
    """
    counts = {}
    for split in SPLITS:
        people = [one for one in done if one.person.startswith(f"{split}-")]
        places = {name: (one.person, f"{frame:03d}") for one in people for frame, name in enumerate(one.kept)}
        usable = [(places[a], places[b]) for a, b in found.pairs[split] if a in places and b in places]
        rows: list[Pair] = [(a[0], a[1], b[1]) for a, b in usable if a[0] == b[0]]
        counts[split] = len(rows)
        if not rows:
            continue
        path = out / (FILE if split == "test" else f"{split}_pairs.csv")
        with writing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
    return counts


def _look(photo: FashionPhoto, size: int) -> Estimate:
    if photo.joints is None:
        raise ValueError("the photo has no line in the annotation")
    pixels = np.array(read_photo(photo.path))
    canvas = Canvas(left=CROPS[pixels.shape[1], pixels.shape[0]], top=0, side=SIDE, size=size)
    seen = estimate_on(canvas, pixels, look_mirrored(pixels, find_landmarks(pixels)))
    distance = _distance(seen, photo.joints)
    if distance > FARTHEST:
        raise ValueError(
            f"the fitted body is not where the annotated joints are ({distance:.0%} of the picture away; at most "
            f"{FARTHEST:.0%})"
        )
    return seen


def _distance(seen: Estimate, joints: Joints) -> float:
    """Mean distance between the fitted and the annotated body joints, as a share of the canvas."""
    names = [name for name in BODY_JOINTS if name in joints]
    if not names:
        raise ValueError("the annotation has no joint of the body")
    body = project(torch.as_tensor(coco_18(pose_body(seen.body).keypoints)), seen.body.camera).numpy()
    found = body[[KEYPOINTS.index(name) for name in names], :2]
    annotated: Float[np.ndarray, "n 2"] = (
        np.array([(x + BORDER, y) for x, y in (joints[name] for name in names)]) / SIDE
    )
    return float(np.linalg.norm(found - annotated, axis=-1).mean())


def _check_photos(paths: list[Path]) -> None:
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(paths)} photos that the pairs name are missing, {missing[0]} first; copy them, or "
            "take their lines out of the list"
        )
    for path in paths:
        try:
            with Image.open(path) as photo:
                size = photo.size
        except OSError:
            continue  # named and counted when its turn comes
        if size not in CROPS:
            raise ValueError(
                f"{path} has {size[0]} x {size[1]} pixels; expected 176 x 256, or 256 x 256 with 40 columns of border "
                "a side; resize the photos as the layout's script does"
            )


def _person(name: str) -> str:
    """``fashionWOMENDressesid0000000201_1front.jpg`` -> ``WOMENDressesid0000000201``: who, and in which clothes."""
    stem = Path(name).stem.removeprefix("fashion").rpartition("_")[0]
    if not re.fullmatch(r"[\w-]+", stem):
        raise ValueError(f"the pairs name a photo {name!r}; expected names like PERSON_1front.jpg")
    return stem


def _garment(person: str) -> str:
    """Without the last two digits, the colour: the same garment is worn by the same person."""
    found = re.match(r".*id_?\d{8}", person)
    return found[0] if found else person
