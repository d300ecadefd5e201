"""Frames a second and peak memory of `layerpose animate`: ``python benchmarks/animate.py [--sizes 512 1024]``.

The bundled person walks over its own background; encoding is not counted. Each run is a process of its own, so that
the peak memory is its own. Also given: the processor's own seconds for a frame, which other work on the machine
disturbs less than the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path


def measure(size: int, num_frames: int, engine: str) -> dict[str, float]:
    from layerpose.inputs.motions import resolve_motion
    from layerpose.media.pictures import read_photo
    from layerpose.motion.filming import film
    from layerpose.scene.backdrop import KEEP, find_backdrop
    from layerpose.transfer import PoseTransfer
    from layerpose.video.shooting import Shooting, choose_workers, shoot
    from layerpose.video.store import open_store

    model = PoseTransfer.load(device="cpu", engine=engine).at_size(size)
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        photo = read_photo(example)
    seen = model.look(photo)
    motion = resolve_motion("walk", fps=30 * num_frames / resolve_motion("walk").num_frames)
    shooting = Shooting(
        model=model,
        view=model.view(seen),
        film=film(motion, seen.body, "fixed"),
        backdrop=find_backdrop(KEEP, photo, seen),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "out.mp4", key="", num_frames=motion.num_frames, comment="")
        frames = shoot(shooting, store, workers=choose_workers(model.device))
        next(frames)
        clock, processor = time.perf_counter(), time.process_time()
        num_drawn = sum(1 for _ in frames)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return {
        "frames": motion.num_frames,
        "rate": num_drawn / clock,
        "processor": processor / num_drawn,
        "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--frames", type=int, nargs="+", default=[20])
    parser.add_argument("--engine", default="auto", help="auto, as in the command, or another one")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.sizes[0], given.frames[0], given.engine)))
        return
    print("| size | frames | frames/s | processor s/frame | peak memory |\n|---|---|---|---|---|")
    for size in given.sizes:
        for num_frames in given.frames:
            command = [sys.executable, __file__, "--one", "--sizes", str(size), "--frames", str(num_frames)]
            command += ["--engine", given.engine]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            row = json.loads(output.splitlines()[-1])
            print(
                f"| {size} | {row['frames']} | {row['rate']:.2f} | {row['processor']:.2f} | {row['gib']:.2f} GiB |",
                flush=True,
            )


if __name__ == "__main__":
    main()
