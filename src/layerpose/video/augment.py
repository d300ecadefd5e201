"""Photos and a motion -> a data set in COCO's format: the people of the photos in other poses.

A picture and its record are kept as soon as they are made; a run that was stopped goes on from there. A photo that
cannot be used is named in refused.csv, and the others go on.
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image, ImageDraw

from layerpose.data.coco import CATEGORY, annotate, find_parts, join
from layerpose.maps.render import draw_body
from layerpose.media.pictures import read_photo, write_png
from layerpose.motion.filming import film
from layerpose.runtime.cache import write_json, writing
from layerpose.runtime.saying import one_line
from layerpose.scene.backdrop import find_alpha, find_backdrop
from layerpose.scene.shadows import Floor
from layerpose.sheets.transfer import PALETTE, grid
from layerpose.transfer import PoseTransfer
from layerpose.types import Body, Motion

ANNOTATIONS, REFUSED, JOB = "annotations.json", "refused.csv", "job.json"
COMMENT = "A person of a photo in another pose, drawn by layerpose. Not a photograph."
SPREAD = 0.618034
"""From one pose to the next, as a share of the motion."""
SHEET_PICTURES, SHEET_COLUMNS, SHEET_SIDE = 24, 6, 256
FLAG_COLOURS = {1: (255, 160, 40), 2: (60, 220, 90)}
"""Of keypoints on the sheet: hidden, visible."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person who can be drawn in the poses of a motion."""

    num_frames: int
    body: Callable[[int], Body]
    draw: Callable[[int], tuple[Image.Image, Bool[np.ndarray, "s s"]]]
    """The finished picture of a frame, and where it shows the person."""


@dataclass(kw_only=True)
class Outcome:
    """What came of it."""

    pictures: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Photo -> why it could not be used."""


def find_actor(photo: Path, motion: Motion, model: PoseTransfer, background: str) -> Actor:
    """The person of a photo. ValueError says what is wrong with it."""
    picture = read_photo(photo)
    seen = model.look(picture)
    view, backdrop = model.view(seen), find_backdrop(background, picture, seen)
    shots = film(motion, seen.body, "follow")
    ground = Floor(shots.num_frames, shots.body)

    def draw(frame: int) -> tuple[Image.Image, Bool[np.ndarray, "s s"]]:
        body = shots.body(frame)
        made = model.draw(model.prepare(view, body))
        return backdrop.compose(made, body, partial(ground.at, frame)), find_alpha(made)[0, 0].numpy() > 0.5

    return Actor(num_frames=shots.num_frames, body=shots.body, draw=draw)


def augment(
    photos: Sequence[Path],
    folder: Path,
    *,
    poses: int,
    find: Callable[[Path], Actor],
    report: Callable[[int, int], None],
) -> Outcome:
    """Make what is not there yet, and the annotations of all that is."""
    for name in ("images", "parts", "records"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    outcome, records = Outcome(), []
    for number, photo in enumerate(photos):
        try:
            for record in _pictures_of(photo, number, folder, poses, find):
                records.append(record)
                report(len(records), poses * len(photos))
        except (ValueError, OSError) as error:
            outcome.refused[str(photo)] = one_line(error)
    outcome.pictures = len(records)
    write_json(folder / ANNOTATIONS, join(records))
    with writing(folder / REFUSED) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("photo", "reason"), *outcome.refused.items()])
    return outcome


def choose_frames(num_frames: int, poses: int, number: int) -> list[int]:
    """So many frames, spread over the motion; each photo has others.

    Steps of the golden section: even steps would meet the same moment of a walk again and again.
    """
    return [int((number * poses + pose + 0.5) * SPREAD % 1 * num_frames) for pose in range(poses)]


def _pictures_of(
    photo: Path, number: int, folder: Path, poses: int, find: Callable[[Path], Actor]
) -> Iterator[dict[str, Any]]:
    names = [f"{number:04d}-{photo.stem}-{pose:03d}" for pose in range(poses)]
    actor = None
    for pose, name in enumerate(names):
        file = folder / "records" / f"{name}.json"
        if not file.exists():
            actor = actor or find(photo)
            _make(actor, choose_frames(actor.num_frames, poses, number)[pose], photo, name, folder)
        yield json.loads(file.read_text(encoding="utf-8"))


def _make(actor: Actor, frame: int, photo: Path, name: str, folder: Path) -> None:
    """The record comes last: what has one is whole."""
    picture, mask = actor.draw(frame)
    drawn = draw_body(actor.body(frame), picture.width)
    parts = Image.fromarray(find_parts(drawn, mask), mode="P")
    parts.putpalette([value for colour in PALETTE for value in colour])
    write_png(picture, folder / "images" / f"{name}.png", comment=COMMENT)
    write_png(parts, folder / "parts" / f"{name}.png", comment=COMMENT)
    image = {
        "file_name": f"images/{name}.png", "width": picture.width, "height": picture.height, "photo": photo.name,
        "frame": frame,
    }  # fmt: skip
    record = {"image": image, "annotation": {**annotate(drawn, mask), "part_file": f"parts/{name}.png"}}
    write_json(folder / "records" / f"{name}.json", record)


def draw_annotated(folder: Path) -> Image.Image:
    """Some of the pictures with box, outline and keypoints: green ones are visible, orange ones hidden."""
    found = json.loads((folder / ANNOTATIONS).read_text(encoding="utf-8"))
    pairs = list(zip(found["images"], found["annotations"], strict=True))
    chosen = pairs[:: max(-(-len(pairs) // SHEET_PICTURES), 1)]
    if not chosen:
        warnings.warn("there is no picture for the sheet", stacklevel=2)
    cells = [(Path(image["file_name"]).stem, _annotated(folder, image, one)) for image, one in chosen]
    return grid(cells, min(SHEET_COLUMNS, max(len(cells), 1)), SHEET_SIDE)


def _annotated(folder: Path, image: dict[str, Any], annotation: dict[str, Any]) -> Image.Image:
    with Image.open(folder / image["file_name"]) as opened:
        picture = opened.convert("RGB")
    pen, width = ImageDraw.Draw(picture), max(picture.width // 128, 1)
    left, top, across, down = annotation["bbox"]
    pen.rectangle((left, top, left + across, top + down), outline=(255, 255, 255), width=width)
    for polygon in annotation["segmentation"]:
        pen.line([*polygon, *polygon[:2]], fill=(80, 160, 255), width=width)
    points = np.array(annotation["keypoints"]).reshape(-1, 3)
    for start, end in CATEGORY["skeleton"]:
        pen.line([*points[start - 1, :2], *points[end - 1, :2]], fill=(230, 230, 230), width=width)
    for x, y, flag in points.tolist():
        if flag:
            pen.ellipse((x - 2 * width, y - 2 * width, x + 2 * width, y + 2 * width), fill=FLAG_COLOURS[int(flag)])
    return picture
