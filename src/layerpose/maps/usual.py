"""What people usually look like: how far clothes and hair stand off, what is of one stuff, what a hidden face is.

Most of what people wear is few numbers (coat or shirt, wide or narrow legs, how much hair), which a part of the outline
tells: principal components of what synthetic people wear. A shirt's back is like its front and its sleeves, not like
the neck in its collar. A face has eyes, nose and mouth where the average face has them. Made by `training.usual`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from safetensors.numpy import load_file, save_file

from layerpose.runtime.cache import writing
from layerpose.runtime.saying import one_line
from layerpose.runtime.weights import BROKEN_WEIGHTS

WEIGHTS, CONFIG = "usual.safetensors", "usual.json"
FORMAT = 2
NOISE_M = 0.02
"""By how much what an outline shows differs from any outfit; a place is one of many beside it that say the same."""


@dataclass(frozen=True, kw_only=True)
class Usual:
    """Numbers for every vertex."""

    outfit: Float[np.ndarray, "v"]
    """Metres by which the mean outfit stands off."""
    components: Float[np.ndarray, "k v"]
    """Principal components of outfits, each one standard deviation long, in metres."""
    materials: Float[np.ndarray, "v m"]
    """Places usually of one colour lie close together here: squared distances are their mean difference, of 0 to 1."""
    face: Float[np.ndarray, "v 3"]
    """Log of how much lighter a place of the mean face is than the face as a whole, red, green, blue; 0 elsewhere."""

    def recognise(self, vertex: Int[np.ndarray, "n"], off: Float[np.ndarray, "n"]) -> Float[np.ndarray, "v"]:
        """The likeliest outfit that stands so far off at these vertices, in metres."""
        there = self.components[:, vertex]
        system = there @ there.T / NOISE_M**2 + np.eye(len(there))
        shares = np.linalg.solve(system, there @ (off - self.outfit[vertex]) / NOISE_M**2)
        return self.outfit + shares @ self.components


def save_usual(usual: Usual, folder: Path, facts: dict[str, Any]) -> None:
    """Write a folder: the numbers in 16 bits, and where they come from."""
    folder.mkdir(parents=True, exist_ok=True)
    with writing(folder / WEIGHTS) as temporary:
        save_file({name: value.astype(np.float16) for name, value in vars(usual).items()}, temporary)
    with writing(folder / CONFIG) as temporary:
        temporary.write_text(json.dumps({"format": FORMAT, "training": facts}, indent=1) + "\n", encoding="utf-8")


def load_usual(folder: Path) -> Usual:
    """Read such a folder. ValueError if there is none, or a damaged one."""
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ValueError(
                f"{folder} does not say what people look like: found no {name}; expected {CONFIG} and {WEIGHTS}"
            )
    try:
        if (found := json.loads((folder / CONFIG).read_text(encoding="utf-8"))["format"]) != FORMAT:
            raise ValueError(f"{folder / CONFIG} has format {found!r:.40}; this version reads format {FORMAT}")
        stored = load_file(folder / WEIGHTS)
        return Usual(
            **{name: stored[name].astype(np.float32) for name in ("outfit", "components", "materials", "face")}
        )
    except BROKEN_WEIGHTS as error:
        raise ValueError(f"what {folder} holds is damaged or of another version ({one_line(error)})") from error


@lru_cache(maxsize=1)
def bundled_usual() -> Usual:
    """What comes with the package."""
    with as_file(files("layerpose") / "weights" / "usual") as folder:
        return load_usual(folder)
