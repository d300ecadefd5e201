"""Time and peak memory of every step of one transfer, at 1024 x 1024: ``python benchmarks/speed.py [--threads 2]``.

Each preset runs in a process of its own, so that the peak memory is its own. `paper` runs with random weights: its
speed does not depend on them. The person is the bundled example.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any

STEPS = ("load", "fit", "view", "maps", "warp", "coarse", "layers", "fusion")


def measure(preset: str, threads: int, repeats: int) -> dict[str, Any]:
    start = time.perf_counter()
    import torch

    torch.set_num_threads(threads)
    from layerpose import presets
    from layerpose.maps.crops import part_box
    from layerpose.maps.render import draw_posed, pose_body, render_maps, render_part_maps
    from layerpose.motion.library import library_pose
    from layerpose.pictures import read_photo
    from layerpose.precision import fast_autocast
    from layerpose.stages.conditions import layer_size
    from layerpose.stages.fuse import paste_layers
    from layerpose.stages.model import Model
    from layerpose.transfer import PoseTransfer, place
    from layerpose.types import LAYERS

    if preset == "base":
        transfer = PoseTransfer.load(device="cpu")
    else:
        transfer = PoseTransfer(Model(getattr(presets, preset)()), torch.device("cpu"))
    found: dict[str, list[float]] = {"load": [time.perf_counter() - start]}

    def timed(step: str, work: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        result = work()
        found.setdefault(step, []).append(time.perf_counter() - begin)
        return result

    with as_file(files("layerpose") / "examples" / "person.png") as example:
        photo = read_photo(example)
    size, model = transfer.config.canvas, transfer.model
    transfer(photo, library_pose("wave"))
    for _ in range(repeats):
        seen = timed("fit", lambda: transfer.look(photo))
        view = timed("view", lambda seen=seen: transfer.view(seen))
        body = place(seen.body, library_pose("walk"))
        posed = pose_body(body)

        def maps(posed=posed, body=body) -> None:
            drawn = draw_posed(posed, body.camera, size, device=torch.device("cpu"))
            render_maps(drawn)
            for part in LAYERS:
                render_part_maps(drawn, part, part_box(drawn, part), layer_size(part, transfer.config))

        timed("maps", maps)
        before = time.perf_counter()
        conditions = transfer.prepare(view, body)
        found.setdefault("warp", []).append(time.perf_counter() - before - found["maps"][-1])
        with torch.inference_mode(), fast_autocast(transfer.device.type):
            coarse = timed("coarse", lambda c=conditions: model.coarse(c))
            assert model.layers is not None
            assert model.fusion is not None
            layers = timed("layers", lambda c=conditions, d=coarse: model.layers(c, d))

            def fuse(c=conditions, d=coarse, ls=layers) -> None:
                model.fusion(c, paste_layers(d, ls, c.maps.parsing))

            timed("fusion", fuse)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": {step: statistics.median(times) for step, times in found.items()}, "peak_gib": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.threads, given.repeats)))
        return
    rows = {}
    for preset in ("base", "paper"):
        repeats = given.repeats if preset == "base" else 1
        command = [
            sys.executable,
            __file__,
            "--one",
            preset,
            "--threads",
            str(given.threads),
            "--repeats",
            str(repeats),
        ]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows[preset] = json.loads(output.splitlines()[-1])
    print(f"| step ({given.threads} threads, median) | " + " | ".join(rows) + " |")
    print("|---|" + "---|" * len(rows))
    for step in STEPS:
        print(f"| {step} | " + " | ".join(f"{row['seconds'][step] * 1000:.0f} ms" for row in rows.values()) + " |")
    whole = [sum(row["seconds"][step] for step in ("coarse", "layers", "fusion")) for row in rows.values()]
    print("| maps to image | " + " | ".join(f"{seconds:.2f} s" for seconds in whole) + " |")
    print("| peak memory | " + " | ".join(f"{row['peak_gib']:.2f} GiB" for row in rows.values()) + " |")


if __name__ == "__main__":
    main()
