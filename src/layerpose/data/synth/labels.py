"""A made person -> what its pictures show, pixel by pixel: the class of the skin, cloth or hair in front.

Pictures do not carry it. It follows from the record, so the person is dressed and posed once more; nothing is shaded.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from layerpose.data.records import Records
from layerpose.data.synth.builtin.wardrobe import open_wardrobe
from layerpose.data.synth.dress import dress
from layerpose.data.synth.people import Person
from layerpose.data.synth.render import Studio
from layerpose.types import Camera

TEXTURE_SIZE = 256
"""Only the holes of a texture matter here: strands of hair, lace."""


class Relabelled:
    """One person of a data set, dressed as when the pictures were made."""

    def __init__(self, records: Records, person: str, assets: Path | None) -> None:
        """`assets` is the folder from which the data set was dressed; None is the built-in wardrobe."""
        wanted, given = records.info.get("assets"), "makehuman" if assets else "built-in"
        if wanted != given:
            raise ValueError(
                f"{records.path} was made with {wanted} assets, but {given} ones were given; name the same ones"
            )
        self.records, self.person = records, person
        self._studio = Studio(dress(read_person(records, person), open_wardrobe(assets), TEXTURE_SIZE))

    def label(self, frame: str, camera: Camera, size: int) -> UInt8[np.ndarray, "s s"]:
        """What a frame shows (rows of `CLASSES`), drawn with another camera: a cut of the picture has its own."""
        rotations = self.records.body(self.person, frame).pose.rotations
        _, vertices = self._studio.pose(rotations.double().numpy())
        return self._studio.label(vertices, camera, size)


def read_person(records: Records, person: str) -> Person:
    """The recipe that a person was made from."""
    record = records.person(person)
    names = [field.name for field in fields(Person)]
    missing = [name for name in names if name not in record]
    if missing:
        raise ValueError(
            f"person {person} of {records.path} has no {missing[0]!r}; expected people made by `layerpose synth`"
        )
    values: dict[str, Any] = {name: _as_tuple(record[name]) for name in names}
    return Person(**values)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
