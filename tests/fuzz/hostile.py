"""Pickles that would run code: alone, as an array, in an archive, as a torch file, in the middle of a good one."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from os import mkdir, system
from pathlib import Path
from typing import Any

import numpy as np


class Command:
    """Asks whoever unpickles it to do something that makes a file."""

    def __init__(self, maker: Callable[..., Any], *given: Any) -> None:
        self.asked = maker, given

    def __reduce__(self) -> Any:
        return self.asked


def hostile(marker: Path, rng: np.random.Generator) -> bytes:
    """A pickle, alone or as an array, an archive of arrays or a torch file, that would make the marker."""
    made = f"open({str(marker)!r}, 'w').close()"
    commands = (
        Command(system, f"touch '{marker}'"), Command(exec, made), Command(eval, made), Command(mkdir, str(marker)),
        Command(np.savetxt, str(marker), [1.0]), Command(open, str(marker), "w"),
    )  # fmt: skip
    asked = {"poses": np.zeros((2, 72)), "more": [commands[rng.integers(len(commands))]]}
    data = pickle.dumps(asked, int(rng.integers(6)))
    out = io.BytesIO()
    match rng.integers(4):
        case 0:
            return data
        case 1:
            np.save(out, np.array([asked], dtype=object), allow_pickle=True)
        case 2:
            np.savez(out, poses=np.array([asked], dtype=object))
        case _:
            with zipfile.ZipFile(out, "w") as file:
                file.writestr("archive/data.pkl", data)
    return out.getvalue()


def splice(data: bytes, marker: Path, rng: np.random.Generator) -> bytes:
    """The same pickle's code in the middle of a good file."""
    code = pickle.dumps(Command(exec, f"open({str(marker)!r}, 'w').close()"), 2)[2:-1]
    at = int(rng.integers(len(data)))
    return data[:at] + code + data[at:]
