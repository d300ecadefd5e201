"""``python tests/kills/kills.py [--commands train synth] [--times 50]``: every long command disturbed; a table.

A disturbance is told by command, kind, seed and moment. The exit code is 1 if one command did not end as if nothing had
happened.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from children import adopt_orphans
from jobs import JOBS, NAMES, write_inputs
from kinds import KINDS, MOUNTING, Bench, Tried, can_mount, moments
from room import Room

from layerpose.body.model import body_model
from layerpose.runtime.cache import cache_dir

COMMANDS = ("animate", "compare", "drawing", "evaluate", "many", "personalize", "prepare", "serve", "study", "synth",
            "train", "transfer")  # fmt: skip
LOADED = ("comparison.contest", "data.footage.prepare", "data.synth.make", "data.album.opening", "evaluation.study",
          "service.app", "studio.study_app", "studio.serving", "training.held_back", "training.loop",
          "training.personal", "transfer", "video.encode", "video.shooting", "video.contact")  # fmt: skip
"""What a command loads, so that a fork need not."""


def load_all() -> None:
    """All that the commands import, and the body; one thread, as a fork keeps no other."""
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    for name in (*(f"cli.{name}" for name in COMMANDS), *LOADED):
        import_module(f"layerpose.{name}")
    for name in ("lightning_fabric", "matplotlib.figure", "tensorboardX", "torch._dynamo", "uvicorn"):
        import_module(name)
    body_model()


def make_room(folder: Path, kept: Path | None = None) -> Room:
    """A room with its inputs (`kept`: where they stay), and a cache in which is what is fetched or takes minutes."""
    cache = folder / "cache"
    cache.mkdir(parents=True)
    for path in cache_dir().iterdir():
        if path.name == "landmarks":
            shutil.copytree(path, cache / path.name)
        elif path.name.startswith("body-"):
            shutil.copyfile(path, cache / path.name)
    inputs = kept or folder / "in"
    if not inputs.is_dir():
        write_inputs(inputs)
    room = Room(path=folder / "room", inputs=inputs, cache=cache)
    room.path.mkdir()
    return room


def disturb(bench: Bench, kind: str, times: int, seed: int) -> list[Tried]:
    """One command in one way, at so many moments."""
    rng, found = np.random.default_rng([seed, NAMES.index(bench.job.name), list(KINDS).index(kind)]), []
    for moment in moments(kind, times, rng):
        wrong = KINDS[kind][0](bench, moment)
        found.append(Tried(command=bench.job.name, kind=kind, moment=f"{moment:.3f}", wrong=tuple(wrong)))
        if wrong:
            print(f"  {bench.job.name}, {kind} at {moment:.3f}: {'; '.join(wrong[:6])}", flush=True)
    return found


def to_table(tried: Sequence[Tried]) -> str:
    """Command by kind: how many of how many ended as if nothing had happened."""
    kinds = [kind for kind in KINDS if any(one.kind == kind for one in tried)]
    lines = [f"| command | {' | '.join(kinds)} |", "|---|" + "---|" * len(kinds)]
    for name in dict.fromkeys(one.command for one in tried):
        rows = [[one for one in tried if (one.command, one.kind) == (name, kind)] for kind in kinds]
        cells = [f"{sum(not one.wrong for one in row)} of {len(row)}" if row else "" for row in rows]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", choices=NAMES, nargs="+", default=list(NAMES))
    parser.add_argument("--kinds", choices=list(KINDS), nargs="+", default=list(KINDS))
    parser.add_argument("--times", type=int, help="kills of each command; the other kinds in proportion")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--inputs", type=Path, help="keep what the commands read in this folder, for the next time")
    parser.add_argument("--out", type=Path, help="add every result to this file, a line of JSON each")
    given = parser.parse_args()
    adopt_orphans()
    load_all()
    tried: list[Tried] = []
    with tempfile.TemporaryDirectory(prefix="kills") as folder:
        room = make_room(Path(folder), given.inputs)
        for job in sorted(
            (job for job in JOBS if job.name in given.commands), key=lambda job: given.commands.index(job.name)
        ):
            begin = time.monotonic()
            bench = Bench(job, room)
            print(f"{job.name}: undisturbed {bench.seconds:.1f} s, {len(bench.reference.made)} files", flush=True)
            for kind in given.kinds:
                if kind in MOUNTING and not can_mount():
                    print(f"  {kind}: left out, this user may not mount", flush=True)
                    continue
                most = KINDS[kind][1]
                times = most if given.times is None else max(round(most * given.times / 50), 1)
                tried += disturb(bench, kind, times, given.seed)
                if given.out:
                    _note(tried, given.out)
            print(f"{job.name}: {time.monotonic() - begin:.0f} s", flush=True)
    print(to_table(tried))
    return 1 if any(one.wrong for one in tried) else 0


def _note(tried: Sequence[Tried], out: Path) -> None:
    out.write_text("".join(json.dumps(vars(one)) + "\n" for one in tried), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
