"""How fast people are made, and with how much memory: ``python benchmarks/synth.py --assets DIR --motion DIR``.

Runs `layerpose synth` with two workers into a temporary folder at 512 and at 1024 pixels. The rate counts everything
after the first person (start-up is printed apart); memory is the sum of the resident sets of all its processes, which
counts shared libraries several times.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FRAMES = 8
POLL_S = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--motion", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--people", type=int, default=60)
    given = parser.parse_args()
    print(f"| size | images/s ({given.workers} workers) | start-up | memory, all processes |\n|---|---|---|---|")
    for size in (512, 1024):
        options = [f"--{name}={getattr(given, name)}" for name in ("assets", "motion") if getattr(given, name)]
        rate, start, peak = measure(size, given.people, given.workers, options)
        print(f"| {size} | {rate:.1f} | {start:.1f} s | {peak:.2f} GiB |", flush=True)


def measure(size: int, people: int, workers: int, options: list[str]) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data"
        command = [
            Path(sys.executable).with_name("layerpose"), "synth", "-o", out, f"--people={people}", f"--size={size}",
            f"--frames={FRAMES}", f"--workers={workers}", *options,
        ]  # fmt: skip
        begin, first, peak = time.monotonic(), None, 0.0
        with subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL) as running:
            while running.poll() is None:
                time.sleep(POLL_S)
                peak = max(peak, sum(map(resident_gib, family(running.pid))))
                done = len(list((out / "people").glob("0*")))
                if first is None and done:
                    first = (time.monotonic(), done)
        if running.returncode or first is None:
            raise SystemExit(f"layerpose synth ended with {running.returncode}")
        taken = time.monotonic() - first[0]
        return (people - first[1]) * FRAMES / taken, first[0] - begin, peak


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def resident_gib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 2**30


if __name__ == "__main__":
    main()
