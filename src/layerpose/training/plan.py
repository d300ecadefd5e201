"""What a run trains, and on what machine: two records that say everything, and whether they can be carried out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from layerpose import __version__
from layerpose.baselines.registry import BaselineConfig
from layerpose.config import ModelConfig
from layerpose.data.records import Records
from layerpose.runtime.cache import writing
from layerpose.training.recipes import BaselineRecipe, Recipe

RUN = "run.json"
FORMAT = 1
CHECK_SEED = 7
"""Seed of the fixed validation pairs."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained. It stays as it is from a run's begin to its end."""

    config: ModelConfig | BaselineConfig
    recipe: Recipe | BaselineRecipe
    data: Path
    seed: int = 0
    init: Path | None = None
    """A model folder whose weights the run starts from, or another run, whose discriminators come along."""
    validate_every: int = 200
    """Steps between two looks at the validation pairs."""
    num_checks: int = 6
    """Validation pairs."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How it is trained. It may change when a run goes on; only its speed depends on it."""

    device: Literal["cpu", "cuda"] = "cpu"
    devices: int = 1
    """Processes on this machine, one for each GPU or share of the CPU's cores."""
    nodes: int = 1
    precision: Literal["bf16", "fp16", "fp32"] = "bf16"
    compile: bool = False
    accumulate: int = 1
    """Parts in which a process works through its share of a batch, to save memory."""
    workers: int = 1
    """Processes that prepare data, for each training process."""
    save_minutes: float = 5.0
    """Minutes between two checkpoints; there is also one at the end of every phase."""
    lpips: Path | None = None
    """Weights of LPIPS for validation."""


def describe(plan: Plan) -> dict[str, Any]:
    """The plan as plain data, with the data set's name by its people."""
    records = Records(plan.data)
    people = {person: len(records.frames(person)) for person in records.split("train")}
    name = hashlib.sha256(json.dumps([records.canvas, people]).encode()).hexdigest()[:12]
    data = {"canvas": records.canvas, "people": len(people), "pictures": sum(people.values()), "hash": name}
    init = None if plan.init is None else str(plan.init)
    everything = asdict(replace(plan, data=Path(), init=None)) | {"data": data, "init": init}
    return json.loads(json.dumps(everything))


def claim(out: Path, plan: Plan) -> None:
    """Make the run's folder and write the plan into it, if it is not there yet."""
    if (out / RUN).exists():
        return
    out.mkdir(exist_ok=True)
    text = json.dumps({"layerpose_run": FORMAT, "layerpose": __version__, "plan": describe(plan)}, indent=1)
    with writing(out / RUN) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def check_same(out: Path, plan: Plan) -> None:
    """ValueError if the run in a folder is of another plan."""
    file = out / RUN
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        if stored["layerpose_run"] != FORMAT:
            raise ValueError(f"format {stored['layerpose_run']!r:.40}, expected {FORMAT}")
        theirs = stored["plan"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is damaged or of another version ({error}); choose a new folder") from error
    for place, (before, now) in _differences(theirs, describe(plan)).items():
        raise ValueError(
            f"the run in {out} was begun with {place} {before!r}, not {now!r}; give the same options or a new folder"
        )


def _differences(before: Any, now: Any, place: str = "") -> dict[str, tuple[Any, Any]]:
    """Where two trees of plain data differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        found = {}
        for key in sorted(before.keys() | now.keys(), key=lambda key: (key != "name", key)):
            found |= _differences(before.get(key), now.get(key), f"{place}.{key}" if place else key)
        return found
    return {} if before == now else {place: (before, now)}
