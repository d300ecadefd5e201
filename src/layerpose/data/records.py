"""A folder of people <-> frames: one picture per frame (RGBA), per person one file of shape, poses and cameras.

``DATA/dataset.json``, ``DATA/people/00001/person.json``, ``poses.npz`` and ``000.png`` ... Maps are never stored: they
are drawn from the body when a frame is read.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from layerpose.cache import writing
from layerpose.types import Body, Camera, Pose

FORMAT = 1
"""Version of the folder's format, under the key `layerpose_data`."""
SPLIT_RULE = (
    "by person: of every 20, numbers 9 and 18 are test, 19 is val, the others train;"
    " no clip and no pair of skin and outfit in two splits"
)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One picture of a person, on its way to the disk."""

    picture: UInt8[np.ndarray, "h w 4"]
    rotations: Float[np.ndarray, "j 3 3"]
    camera: Camera
    source: str
    """The clip and frame that the pose is from."""


class Records:
    """A data set on disk: people, their frames, and each frame's image, mask and body."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        file = self.path / "dataset.json"
        if not file.is_file():
            raise ValueError(f"{self.path} is no data set: it has no dataset.json; make one with `layerpose synth`")
        try:
            self.info: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{file} cannot be read ({error}); make the data set again") from error
        if self.info.get("layerpose_data") != FORMAT:
            found = self.info.get("layerpose_data")
            raise ValueError(f"{file} has format {found!r}; this layerpose reads {FORMAT}; make the data set again")
        self.people = sorted(p.name for p in (self.path / "people").iterdir() if not p.name.startswith("."))
        """Names of the people that are complete."""
        self._poses = lru_cache(maxsize=512)(self._read_poses)

    @property
    def canvas(self) -> int:
        """Side of the pictures in pixels."""
        return int(self.info["canvas"])

    def split(self, name: str) -> list[str]:
        """The people of ``train``, ``val`` or ``test``."""
        return [person for person in self.people if self.person(person)["split"] == name]

    def person(self, person: str) -> dict[str, Any]:
        """What is known about a person: split, phenotype, clothes, and per frame where the pose is from."""
        return _read_person(self.path / "people" / person / "person.json")

    def frames(self, person: str) -> list[str]:
        """Names of a person's frames, in order."""
        return [f"{index:03d}" for index in range(len(self._poses(person)["scale"]))]

    def body(self, person: str, frame: str) -> Body:
        """The exact body of a frame."""
        poses, row = self._poses(person), int(frame)
        left, top = (float(x) for x in poses["translation"][row])
        return Body(
            phenotype=torch.from_numpy(poses["phenotype"]),
            pose=Pose(rotations=torch.from_numpy(poses["rotations"][row])),
            camera=Camera(scale=float(poses["scale"][row]), translation=(left, top)),
        )

    def load(self, person: str, frame: str) -> tuple[Float[Tensor, "1 3 h w"], Float[Tensor, "1 1 h w"], Body]:
        """Image over flat grey (0), mask 0..1, body."""
        file = self.path / "people" / person / f"{frame}.png"
        picture = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
            raise ValueError(f"{file} is missing or damaged; delete the person's folder and make the data set again")
        values = torch.from_numpy(picture).permute(2, 0, 1).float()[None]
        mask = values[:, 3:] / 255
        image = (values[:, [2, 1, 0]] / 127.5 - 1) * mask
        return image, mask, self.body(person, frame)

    def _read_poses(self, person: str) -> dict[str, np.ndarray]:
        file = self.path / "people" / person / "poses.npz"
        try:
            with np.load(file) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError, EOFError) as error:
            raise ValueError(
                f"{file} is missing or damaged ({error}); delete the person's folder and make it again"
            ) from error


def describe(out: Path, *, canvas: int, seed: int, frames: int, licences: Sequence[str]) -> None:
    """Write dataset.json, or check that the one there is of the same making."""
    file = out / "dataset.json"
    info = {
        "layerpose_data": FORMAT, "canvas": canvas, "seed": seed, "frames": frames, "splits": SPLIT_RULE,
        "licences": list(licences),
    }  # fmt: skip
    if file.exists():
        there = Records(out).info
        for name in ("canvas", "seed", "frames"):
            if there.get(name) != info[name]:
                raise ValueError(
                    f"{out} was made with {name} {there.get(name)!r}, not {info[name]!r};"
                    f" use another folder or the same {name}"
                )
        return
    with writing(file) as temporary:
        temporary.write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")


def write_person(folder: Path, phenotype: Sequence[float], recipe: dict[str, Any], shots: Sequence[Frame]) -> None:
    """Write a person's folder under another name, then rename it: it appears whole or not at all."""
    part = folder.with_name(f".{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    for index, shot in enumerate(shots):
        picture = np.ascontiguousarray(shot.picture[..., [2, 1, 0, 3]])
        if not cv2.imwrite(str(part / f"{index:03d}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
            raise OSError(f"cannot write {part / f'{index:03d}.png'}: is the disk full?")
    np.savez(
        part / "poses.npz",
        phenotype=np.array(phenotype, dtype=np.float32),
        rotations=np.stack([shot.rotations for shot in shots]).astype(np.float32),
        scale=np.array([shot.camera.scale for shot in shots]),
        translation=np.array([shot.camera.translation for shot in shots]),
    )
    record = {**recipe, "frames": [{"name": f"{i:03d}", "pose": shot.source} for i, shot in enumerate(shots)]}
    (part / "person.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    part.rename(folder)


@lru_cache(maxsize=4096)
def _read_person(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))
