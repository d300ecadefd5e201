"""Assets + motion + seed -> a data set on disk: ``python -m layerpose.data.synth.make -o DATA --people 500``."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro

from layerpose.body.camera import frame as frame_points
from layerpose.body.model import body_model
from layerpose.data.records import Frame, describe, write_person
from layerpose.data.synth.dress import dress
from layerpose.data.synth.people import sample_person, split_of
from layerpose.data.synth.poses import PoseSource
from layerpose.data.synth.render import Studio, sample_look
from layerpose.data.synth.wardrobe import Wardrobe
from layerpose.types import Camera

LICENCES = (
    "Clothes, hair, skins and still poses: MakeHuman base assets, CC0 1.0 (http://www.makehumancommunity.org).",
    "Body: Anny, Apache-2.0, from MakeHuman's CC0 assets.",
    "Motion: the data used in this project was obtained from mocap.cs.cmu.edu."
    " The database was created with funding from NSF EIA-0196217.",
)
TIGHT_SHARE = 0.5
"""Share of the pictures that the person fills, whatever the pose."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every worker needs to know."""

    out: Path
    frames: int
    size: int
    seed: int
    assets: Path
    motion: Path | None


def synthesise(
    out: Path, people: int, frames: int, size: int, seed: int, workers: int, assets: Path, motion: Path | None
) -> None:
    """Write `people` people with `frames` pictures each; people that are already complete are kept as they are."""
    job = Job(out=out, frames=frames, size=size, seed=seed, assets=assets, motion=motion)
    folder = out / "people"
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    describe(out, canvas=size, seed=seed, frames=frames, licences=LICENCES)
    open_jobs = [(job, index) for index in range(people) if not (folder / f"{index:05d}").is_dir()]
    started, total = time.monotonic(), len(open_jobs)
    print(f"layerpose: {people - total} people are there, {total} to make", file=sys.stderr, flush=True)
    for done, name in enumerate(_run(open_jobs, workers), start=1):
        rate = done * frames / (time.monotonic() - started)
        left = (total - done) * frames / rate
        if done % 5 == 0 or done == total:
            print(f"{name}: {done}/{total}, {rate:.1f} images/s, {left:.0f} s left", file=sys.stderr, flush=True)


def make_person(job: Job, index: int) -> str:
    """Draw, dress and photograph one person; the folder appears whole or not at all."""
    torch.set_num_threads(1)
    name, split = f"{index:05d}", split_of(index)
    rng = np.random.default_rng([job.seed, index])
    wardrobe = _wardrobe(job.assets)
    person = sample_person(wardrobe, split, rng)
    studio = Studio(dress(person, wardrobe, 2 * job.size if job.size <= 512 else 2048))
    poses = _poses(job.motion, job.assets / "poses", split)
    shots = [_shoot(studio, poses, job.size, rng) for _ in range(job.frames)]
    recipe = {"split": split, **asdict(person)}
    write_person(job.out / "people" / name, person.phenotype, recipe, shots)
    return name


def _shoot(studio: Studio, poses: PoseSource, size: int, rng: np.random.Generator) -> Frame:
    drawn = poses.draw(rng)
    rotations = drawn.rotations.astype(np.float32)
    posed, vertices = studio.pose(rotations.astype(np.float64))
    camera = _frame(np.concatenate([vertices, posed.vertices[body_model().skin]]), rng)
    picture = studio.shoot(vertices, camera, sample_look(rng), size, rng)
    return Frame(picture=picture, rotations=rotations, camera=camera, source=drawn.source)


def _frame(points: np.ndarray, rng: np.random.Generator) -> Camera:
    """All of the person on the canvas: filling it, as photos are cut, or at a scale of its own, as targets may be."""
    margin = rng.uniform(0.05, 0.12)
    widest = None if rng.random() < TIGHT_SHARE else (1 - 2 * margin) / rng.uniform(1.3, 1.9)
    return frame_points(torch.as_tensor(points), margin=margin, scale=widest)


def _run(jobs: list[tuple[Job, int]], workers: int) -> Iterator[str]:
    if workers <= 1:
        yield from (make_person(job, index) for job, index in jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_make_packed, jobs)


def _make_packed(packed: tuple[Job, int]) -> str:
    return make_person(*packed)


_WARDROBES: dict[Path, Wardrobe] = {}
_POSES: dict[tuple[Path | None, Path, str], PoseSource] = {}


def _wardrobe(assets: Path) -> Wardrobe:
    if assets not in _WARDROBES:
        _WARDROBES[assets] = Wardrobe(assets)
    return _WARDROBES[assets]


def _poses(motion: Path | None, stills: Path, split: str) -> PoseSource:
    if (motion, stills, split) not in _POSES:
        _POSES[motion, stills, split] = PoseSource(motion, stills if stills.is_dir() else None, split)
    return _POSES[motion, stills, split]


def _remove_leftovers(folder: Path) -> None:
    for leftover in folder.glob(".*.part"):
        shutil.rmtree(leftover)


def _shared(*parts: str) -> Path:
    """Where assets and motion lie beside the repository, unless LAYERPOSE_SHARED says otherwise."""
    return Path(os.environ.get("LAYERPOSE_SHARED", Path(__file__).parents[5] / "shared")).joinpath(*parts)


def main(
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])],
    people: int = 500,
    frames: int = 8,
    size: int = 512,
    seed: int = 1,
    workers: int = 1,
    assets: Path | None = None,
    motion: Path | None = None,
) -> None:
    """Make a data set of synthetic people."""
    synthesise(
        out, people, frames, size, seed, workers,
        assets=assets or _shared("assets", "makehuman"), motion=motion or _shared("mocap"),
    )  # fmt: skip


if __name__ == "__main__":
    tyro.cli(main)
