"""Assets + motion + seed -> a data set on disk, person by person, the same bytes from any number of workers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from layerpose import __version__
from layerpose.body.camera import foreshorten
from layerpose.body.camera import frame as frame_points
from layerpose.body.model import body_model, body_name
from layerpose.data.records import Frame, describe, write_person
from layerpose.data.store import PEOPLE
from layerpose.data.synth.builtin.wardrobe import open_wardrobe
from layerpose.data.synth.dress import dress
from layerpose.data.synth.people import SPLIT_RULE, Person, sample_person, split_of
from layerpose.data.synth.poses import Drawn, PoseSource
from layerpose.data.synth.render import Studio, sample_look
from layerpose.runtime.locks import alone_in
from layerpose.runtime.workers import spread, work_alone
from layerpose.types import Camera

LICENCE_OF_ASSETS = (
    "Clothes, hair, skins and still poses: MakeHuman base assets, CC0 1.0 (http://www.makehumancommunity.org)."
)
LICENCE_OF_BUILTIN = "Clothes, hair and skins: drawn by layerpose, Apache-2.0."
LICENCE_OF_BODY = "Body: Anny, Apache-2.0, from MakeHuman's CC0 assets."
LICENCE_OF_MOTION = (
    "Motion: the data used in this project was obtained from mocap.cs.cmu.edu."
    " The database was created with funding from NSF EIA-0196217."
)
TIGHT_SHARE = 0.5
"""Share of the pictures that the person fills, whatever the pose."""
LARGEST_TEXTURE = 2048
NEAREST_M, FARTHEST_M = 2.8, 12.0
"""From a phone in a room to a long lens."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be made; the same order gives the same bytes."""

    people: int
    frames: int
    size: int
    seed: int
    assets: Path | None = None
    """A folder of MakeHuman's assets; without it the built-in wardrobe is used."""
    motion: Path | None = None
    """A folder of BVH clips; without it people take the built-in figures only."""
    splits: tuple[str, ...] = ("train", "val", "test")
    """Only people of these splits are made."""


def _silent(_done: int, _total: int) -> None: ...


def synthesise(out: Path, order: Order, *, workers: int = 1, report: Callable[[int, int], None] = _silent) -> None:
    """Make the people that are missing; those that are complete are kept as they are.

    `report` hears after each person how many of how many are done.
    """
    _check(order)
    with alone_in(out):
        _make_missing(out, order, workers, report)


def _make_missing(out: Path, order: Order, workers: int, report: Callable[[int, int], None]) -> None:
    folder = out / PEOPLE
    folder.mkdir(parents=True, exist_ok=True)
    describe(out, _description(order))
    for leftover in folder.glob(".*.part"):
        shutil.rmtree(leftover)
    indices = [index for index in range(order.people) if split_of(index) in order.splits]
    missing = [index for index in indices if not (folder / f"{index:05d}").is_dir()]
    there = len(indices) - len(missing)
    report(there, len(indices))
    made = spread(make_person, [out] * len(missing), [order] * len(missing), missing, workers=workers)
    for done, _ in enumerate(made, start=1):
        report(there + done, len(indices))


def _check(order: Order) -> None:
    smallest = {"people": 1, "frames": 2, "size": 64, "seed": 0}
    for name, low in smallest.items():
        if getattr(order, name) < low:
            raise ValueError(f"{name} is {getattr(order, name)}; expected {low} or more")
    open_wardrobe(order.assets)
    for split in order.splits:
        _poses(order.motion, order.assets, split).check()


def _description(order: Order) -> dict[str, object]:
    return {
        "canvas": order.size, "frames": order.frames, "seed": order.seed, "layerpose": __version__,
        "body": body_name(), "assets": "makehuman" if order.assets else "built-in",
        "motion": "clips" if order.motion else "built-in", "splits": SPLIT_RULE, "licences": _licences(order),
    }  # fmt: skip


def _licences(order: Order) -> list[str]:
    """A line for all that is in the pictures, and for nothing else."""
    clothes = LICENCE_OF_ASSETS if order.assets else LICENCE_OF_BUILTIN
    return [clothes, LICENCE_OF_BODY, *([LICENCE_OF_MOTION] if order.motion else [])]


def make_person(out: Path, order: Order, index: int) -> None:
    """Draw, dress and photograph one person; the folder appears whole or not at all."""
    work_alone()
    split = split_of(index)
    rng = np.random.default_rng([order.seed, index])
    with threadpool_limits(1):
        person, studio = meet_person(order, index, rng)
        shots = list(photograph(studio, order, split, rng))
    write_person(out / PEOPLE / f"{index:05d}", person.phenotype, {"split": split, **asdict(person)}, shots)


def meet_person(order: Order, index: int, rng: np.random.Generator) -> tuple[Person, Studio]:
    """Draw and dress the person of that number."""
    wardrobe = open_wardrobe(order.assets)
    person = sample_person(wardrobe, split_of(index), rng)
    return person, Studio(dress(person, wardrobe, min(2 * order.size, LARGEST_TEXTURE)))


def photograph(studio: Studio, order: Order, split: str, rng: np.random.Generator) -> Iterator[Frame]:
    """The person's pictures, one after the other."""
    poses = _poses(order.motion, order.assets, split)
    for _ in range(order.frames):
        yield _shoot(studio, poses.draw(rng), order.size, rng)


def _shoot(studio: Studio, drawn: Drawn, size: int, rng: np.random.Generator) -> Frame:
    rotations = drawn.rotations.astype(np.float32)
    posed, vertices = studio.pose(rotations.astype(np.float64))
    distance_m = float(np.exp(rng.uniform(np.log(NEAREST_M), np.log(FARTHEST_M))))
    seen = foreshorten(torch.as_tensor(vertices), distance_m)
    framing = _frame(torch.cat([seen, torch.as_tensor(posed.vertices[body_model().skin])]), rng)
    camera = replace(framing, distance_m=distance_m)
    picture = studio.shoot(vertices, camera, sample_look(rng), size, rng)
    return Frame(picture=picture, rotations=rotations, camera=camera, source=drawn.source)


def _frame(points: Float[torch.Tensor, "n 3"], rng: np.random.Generator) -> Camera:
    """All of the person on the canvas: filling it, as photos are cut, or at a scale of its own, as targets may be."""
    margin = rng.uniform(0.05, 0.12)
    widest = None if rng.random() < TIGHT_SHARE else (1 - 2 * margin) / rng.uniform(1.3, 1.9)
    return frame_points(points, margin=margin, scale=widest)


@lru_cache(maxsize=12)
def _poses(motion: Path | None, assets: Path | None, split: str) -> PoseSource:
    stills = assets / "poses" if assets is not None and (assets / "poses").is_dir() else None
    return PoseSource(motion, stills, split)
