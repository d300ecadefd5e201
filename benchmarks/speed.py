"""Time and peak memory of every step of one transfer, at 1024 x 1024: ``python benchmarks/speed.py [--threads 2]``.

Every engine is a row, and the preset `paper` with random weights: its speed does not depend on them. Each runs in a
process of its own, so that the peak memory is its own. The person is the bundled example. A step of the networks also
as a share of the ceiling: what the multiplications that PyTorch does for the whole picture would take in the best
convolution of the same process (an engine that does fewer may pass 100 %). The last line is all of it as JSON.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any

STEPS = ("load", "fit", "view", "maps", "warp", "coarse", "layers", "fusion")
NETWORKS = STEPS[-3:]
CEILING = 192, 96
"""Channels and side of the convolution that is taken for the machine's best."""


def find_ceiling() -> dict[str, float]:
    """FLOP/s of a large convolution in each precision, the best of several."""
    import torch
    from torch.nn.functional import conv2d

    channels, side = CEILING
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        shapes = (1, channels, side, side), (channels, channels, 3, 3)
        picture, kernel = (torch.rand(shape, dtype=dtype).to(memory_format=torch.channels_last) for shape in shapes)
        times = []
        with torch.inference_mode():
            for _ in range(6):
                start = time.perf_counter()
                conv2d(picture, kernel, padding=1)
                times.append(time.perf_counter() - start)
        found[str(dtype).removeprefix("torch.")] = 2 * 9 * channels**2 * side**2 / min(times)
    return found


def count(work: Callable[[], Any]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def measure(preset: str, engine: Any, threads: int, repeats: int) -> dict[str, Any]:
    start = time.perf_counter()
    import torch

    torch.set_num_threads(threads)
    from layerpose import presets
    from layerpose.engines.attach import list_parts
    from layerpose.maps.crops import part_box
    from layerpose.maps.render import draw_posed, pose_body, render_maps, render_part_maps
    from layerpose.media.pictures import read_photo
    from layerpose.motion.library import library_pose
    from layerpose.runtime.precision import fast_autocast
    from layerpose.stages.conditions import layer_size
    from layerpose.stages.fuse import paste_layers
    from layerpose.stages.model import Model
    from layerpose.transfer import PoseTransfer, place
    from layerpose.types import LAYERS

    if preset == "base":
        transfer = PoseTransfer.load(device="cpu", engine=engine)
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
            layers = timed("layers", lambda c=conditions, d=coarse: model.layers(c, d))

            def fuse(c=conditions, d=coarse, ls=layers) -> None:
                model.finish(c, paste_layers(d, ls, c.maps.parsing))

            timed("fusion", fuse)
    parts = list(list_parts(model))
    for part in parts:
        part.generator.engine, part.generator.narrow = None, False
    with torch.inference_mode():
        operations = {
            "coarse": count(lambda: model.coarse(conditions)),
            "layers": count(lambda: model.layers(conditions, coarse)),
            "fusion": count(lambda: model.finish(conditions, paste_layers(coarse, layers, conditions.maps.parsing))),
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    seconds = {step: statistics.median(times) for step, times in found.items()}
    seconds["maps to image"] = sum(seconds[step] for step in NETWORKS)
    operations["maps to image"] = sum(operations.values())
    ceiling = find_ceiling()
    share = {step: count / (max(ceiling.values()) * seconds[step]) for step, count in operations.items()}
    return {
        "seconds": seconds,
        "share_of_ceiling": share,
        "ceiling_flops": ceiling,
        "flop": operations,
        "peak_gib": peak,
    }


def run(preset: str, engine: str, given: argparse.Namespace) -> dict[str, Any]:
    """One row, measured in its own process."""
    repeats = given.repeats if preset == "base" else 1
    options = ["--one", preset, "--engines", engine, "--threads", str(given.threads), "--repeats", str(repeats)]
    output = subprocess.run([sys.executable, __file__, *options], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def tell(row: dict[str, Any], step: str) -> str:
    share = f" ({row['share_of_ceiling'][step]:.0%})" if step in row["share_of_ceiling"] else ""
    return f"{row['seconds'][step] * 1000:.0f}{share}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--engines", nargs="+", default=["torch", "quick", "onnxruntime", "openvino"])
    parser.add_argument("--paper", action="store_true", help="also the paper's sizes, a minute")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.engines[0], given.threads, given.repeats)))
        return
    wanted = [("base", engine) for engine in given.engines] + [("paper", "torch")] * given.paper
    rows = {" ".join(names): run(*names, given) for names in wanted}
    columns = [*STEPS, "maps to image"]
    print(f"| ms, median, {given.threads} threads (share of the ceiling) | " + " | ".join([*columns, "memory"]) + " |")
    print("|---|" + "---|" * (len(columns) + 1))
    for name, row in rows.items():
        cells = [tell(row, step) for step in columns]
        print(f"| {name} | " + " | ".join([*cells, f"{row['peak_gib']:.2f} GiB"]) + " |")
    first = next(iter(rows.values()))["ceiling_flops"]
    print("Ceiling: " + ", ".join(f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in first.items()))
    machine = {"machine": platform.processor() or platform.machine(), "threads": given.threads}
    print(json.dumps({**machine, "rows": rows}))


if __name__ == "__main__":
    main()
