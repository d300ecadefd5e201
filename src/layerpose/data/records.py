"""A data set of people <-> frames: one picture per frame (RGBA), per person one file of shape, poses and cameras.

``DATA/dataset.json``, ``DATA/people/00001/person.json``, ``poses.npz`` and ``000.png`` ..., or the same in tar shards
(`data.store`). Maps are never stored: they are drawn from the body when a frame is read.
"""

from __future__ import annotations

import io
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

from layerpose.data.store import open_store, pack
from layerpose.runtime.arrays import read_arrays
from layerpose.runtime.cache import write_json, writing_folder
from layerpose.types import Body, Camera, Pose

FORMAT = 2
"""Version of the format, under the key `layerpose_data`."""
DESCRIPTION = "dataset.json"
PNG_OPTIONS = (cv2.IMWRITE_PNG_COMPRESSION, 1)
"""Quick rather than small."""


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
        file = self.path / DESCRIPTION
        if not file.is_file():
            raise ValueError(f"{self.path} is no data set: it has no {DESCRIPTION}; make one with `layerpose synth`")
        try:
            self.info: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{file} cannot be read ({error}); make the data set again") from error
        if self.info.get("layerpose_data") != FORMAT:
            found = self.info.get("layerpose_data")
            raise ValueError(f"{file} has format {found!r:.40}; this layerpose reads {FORMAT}; make the data set again")
        self.store = open_store(self.path)
        self.people = self.store.people()
        """Names of the people that are complete."""
        self._arrays = lru_cache(maxsize=512)(self._read_arrays)
        self.person = lru_cache(maxsize=4096)(self._read_person)
        """What is known about a person: split, phenotype, clothes, and per frame where the pose is from."""

    @property
    def canvas(self) -> int:
        """Side of the pictures in pixels."""
        return int(self.info["canvas"])

    def split(self, name: str) -> list[str]:
        """The people of ``train``, ``val`` or ``test``."""
        return [person for person in self.people if self.person(person)["split"] == name]

    def frames(self, person: str) -> list[str]:
        """Names of a person's frames, in order."""
        return [f"{index:03d}" for index in range(len(self._arrays(person)["scale"]))]

    def body(self, person: str, frame: str) -> Body:
        """The exact body of a frame."""
        poses, row = self._arrays(person), int(frame)
        shape = poses["phenotype"]
        left, top = (float(x) for x in poses["translation"][row])
        return Body(
            phenotype=torch.from_numpy(shape[row] if shape.ndim == 2 else shape),
            pose=Pose(rotations=torch.from_numpy(poses["rotations"][row])),
            camera=Camera(
                scale=float(poses["scale"][row]), translation=(left, top), distance_m=float(poses["distance_m"][row])
            ),
        )

    def load(self, person: str, frame: str) -> tuple[Float[Tensor, "1 3 h w"], Float[Tensor, "1 1 h w"], Body]:
        """Image over flat grey (0), mask 0..1, body."""
        name = f"{frame}.png"
        picture = cv2.imdecode(np.frombuffer(self._read(person, name), dtype=np.uint8), cv2.IMREAD_UNCHANGED)
        size = self.canvas
        if picture is None or picture.shape != (size, size, 4):
            found = "no picture" if picture is None else " x ".join(map(str, picture.shape))
            raise ValueError(
                f"{self.store.place(person, name)}: found {found}; expected RGBA of {size} x {size};"
                " delete the person and make the data set again"
            )
        values = torch.from_numpy(picture).permute(2, 0, 1).float()[None]
        mask = values[:, 3:] / 255
        image = (values[:, [2, 1, 0]] / 127.5 - 1) * mask
        return image, mask, self.body(person, frame)

    def _read_arrays(self, person: str) -> dict[str, np.ndarray]:
        content = self._read(person, "poses.npz")
        try:
            return read_arrays(io.BytesIO(content))
        except ValueError as error:
            raise self._damaged(person, "poses.npz", error) from error

    def _read_person(self, person: str) -> dict[str, Any]:
        content = self._read(person, "person.json")
        try:
            return json.loads(content)
        except ValueError as error:
            raise self._damaged(person, "person.json", error) from error

    def _read(self, person: str, name: str) -> bytes:
        try:
            return self.store.read(person, name)
        except OSError as error:
            raise self._damaged(person, name, error) from error

    def _damaged(self, person: str, name: str, error: Exception) -> ValueError:
        place = self.store.place(person, name)
        return ValueError(f"{place} is missing or damaged ({error}); delete the person and make the data set again")


def describe(out: Path, info: dict[str, Any]) -> None:
    """Write dataset.json, or check that the one there is of the same making."""
    file, info = out / DESCRIPTION, {"layerpose_data": FORMAT, **info}
    if not file.exists():
        write_json(file, info, indent=2)
        return
    there = Records(out).info
    for name, value in info.items():
        if there.get(name) != value:
            raise ValueError(f"{out} was made with {name} {there.get(name)!r:.60}, not {value!r}; use another folder")


def write_person(
    folder: Path, phenotype: Sequence[float] | Float[np.ndarray, "n 6"], recipe: dict[str, Any], shots: Sequence[Frame]
) -> None:
    """Write a person's folder under another name, then rename it: it appears whole or not at all.

    The phenotype is the person's, or one for each frame.
    """
    with writing_folder(folder) as part:
        _write_files(part, phenotype, recipe, shots)


def _write_files(
    part: Path, phenotype: Sequence[float] | Float[np.ndarray, "n 6"], recipe: dict[str, Any], shots: Sequence[Frame]
) -> None:
    for index, shot in enumerate(shots):
        picture = np.ascontiguousarray(shot.picture[..., [2, 1, 0, 3]])
        _, encoded = cv2.imencode(".png", picture, PNG_OPTIONS)
        (part / f"{index:03d}.png").write_bytes(encoded.tobytes())
    np.savez(
        part / "poses.npz",
        phenotype=np.array(phenotype, dtype=np.float32),
        rotations=np.stack([shot.rotations for shot in shots]).astype(np.float32),
        scale=np.array([shot.camera.scale for shot in shots]),
        translation=np.array([shot.camera.translation for shot in shots]),
        distance_m=np.array([shot.camera.distance_m for shot in shots]),
    )
    record = {**recipe, "frames": [{"name": f"{i:03d}", "pose": shot.source} for i, shot in enumerate(shots)]}
    (part / "person.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def pack_records(data: Path, out: Path, people_per_shard: int) -> int:
    """Pack a data set into tar shards that `Records` reads like the original; returns their number."""
    records = Records(data)
    out.mkdir(exist_ok=True)
    shards = list(pack(records.store, out, people_per_shard))
    for file in sorted(data.iterdir()):
        if file.suffix in (".json", ".csv"):
            shutil.copy2(file, out / file.name)
    return len(shards)
