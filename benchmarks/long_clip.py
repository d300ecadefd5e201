"""How long do ten frames of a long clip take? ``python benchmarks/long_clip.py [--sizes 256 1024]``: a table.

The built-in dance over and over for 20 minutes at 120 frames a second, as this project writes it: a BVH of 200 MB and
an .npz. Ten frames from the middle are drawn by `animate` (the bundled person, whose fit is in the cache or not) and
written by `convert`, each from the shell. Other work on the machine disturbs processor seconds less than the clock.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from layerpose.motion.moves import library_motion
from layerpose.motion.timing import resample
from layerpose.motion.write.by_suffix import plan_output, write_take
from layerpose.motion.write.take import moving
from layerpose.runtime.cache import cache_dir

FPS, NUM_FRAMES, FIRST = 120, 144_000, 100_000
RANGE = ("--range", f"{FIRST}:{FIRST + 10}")


def write_clips(folder: Path) -> None:
    """The dance by our own writers, then its frames again and again."""
    take = moving(replace(resample(library_motion("dance"), FPS), ankles=None))
    for name in ("short.bvh", "short.npz"):
        write_take(take, plan_output(folder / name))
    head, said, *frames = re.split(r"^(Frames:.*\nFrame Time:.*\n)", (folder / "short.bvh").read_text(), flags=re.M)
    lines, rows = frames[0].splitlines(), np.arange(NUM_FRAMES) % take.motion.num_frames
    said = said.replace(str(take.motion.num_frames), str(NUM_FRAMES), 1)
    (folder / "long.bvh").write_text(head + said + "\n".join(lines[row] for row in rows.tolist()) + "\n")
    arrays = dict(np.load(folder / "short.npz"))
    np.savez(folder / "long.npz", **{name: x[rows] if x.ndim == 2 else x for name, x in arrays.items()})


def run(cache: Path, *words: object) -> str:
    """Seconds by the clock, seconds of the processor and the most memory of one command, as cells of the table."""
    command, clock = [sys.executable, "-m", "layerpose", *map(str, words)], time.perf_counter()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(
        sys.executable, command, {**os.environ, "LAYERPOSE_CACHE": str(cache)},
        file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, 1)],
    )  # fmt: skip
    _, status, used = os.wait4(child, 0)
    clock = time.perf_counter() - clock
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return f"{clock:.1f} | {used.ru_utime + used.ru_stime:.1f} | {used.ru_maxrss / 2**20:.2f} GiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 1024])
    sizes = parser.parse_args().sizes
    print("| ten frames of 144,000 | s | processor s | memory |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, as_file(files("layerpose") / "examples" / "person.png") as person:
        folder = Path(name)
        cache = shutil.copytree(cache_dir(), folder / "cache", ignore=shutil.ignore_patterns("fits", "studio"))
        write_clips(folder)
        for clip in ("long.bvh", "long.npz"):
            told = run(cache, "convert", folder / clip, *RANGE, "-o", folder / f"{clip}.bvh")
            print(f"| `convert {clip}` | {told} |", flush=True)
        words = ("animate", person, "--motion", folder / "long.bvh", *RANGE, "--fps", FPS)
        for size in sizes:
            for which in ("fitted for the first time", "fitted before"):
                told = run(cache, *words, "--size", size, "-o", folder / f"{which}{size}.mp4")
                print(f"| `animate --size {size}`, {which} | {told} |", flush=True)
                (folder / f"{which}{size}.mp4").unlink()


if __name__ == "__main__":
    main()
