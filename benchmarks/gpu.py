"""Parity and speed of the networks on a GPU: ``python benchmarks/gpu.py [--minutes 8] [--tiny]``.

For every stage of `base` and `paper`, with random weights: the largest difference from the CPU; then milliseconds a
picture in fp32 and bf16, channels_last, compiled, in a CUDA graph, through ONNX Runtime (TensorRT or CUDA), for batches
of 1 to 16; then a training step of every stage, without discriminators. Nothing is downloaded. What does not fit into
the minutes is left out and said. Without a GPU the same runs on the processor, where nothing is compiled or captured;
`--tiny` takes the preset for tests. It has not been run on a GPU yet.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from layerpose.engines.attach import Part, list_parts
from layerpose.engines.session import installed, open_session
from layerpose.engines.trial import make_trial
from layerpose.presets import PRESETS
from layerpose.stages.conditions import list_guides, stack, unpack_warp
from layerpose.stages.model import Model

BATCHES = (1, 2, 4, 8, 16)
SIZES = {"coarse": "coarse_size", "head": "face_size", "arm": "arm_size", "leg": "leg_size", "fusion": "canvas"}
PARITY = 1e-2
"""Of -1..1; in float32 with TF32 a GPU rounds to 10 bits."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How a generator may run: numbers, layout, what compiles it."""

    bf16: bool = False
    channels_last: bool = False
    compiled: bool = False
    graph: bool = False

    @property
    def name(self) -> str:
        switched = [name for name in ("channels_last", "compiled", "graph") if getattr(self, name)]
        return " ".join(["bf16" if self.bf16 else "fp32", *switched])


WAYS = (
    Ways(), Ways(channels_last=True), Ways(bf16=True), Ways(bf16=True, channels_last=True),
    Ways(bf16=True, channels_last=True, graph=True), Ways(bf16=True, channels_last=True, compiled=True),
)  # fmt: skip


def list_ways(device: torch.device) -> list[Ways]:
    return [way for way in WAYS if device.type == "cuda" or not (way.graph or way.compiled)]


def seconds_of(work: Callable[[], object], device: torch.device, rounds: int) -> float:
    """Median of several, after one that prepares."""
    times = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def prepare(part: Part, size: int, batch: int, device: torch.device, way: Ways) -> Callable[[], Tensor]:
    """The generator on noise, ready to run in that way."""
    trial = make_trial(part, size, size)
    memory = torch.channels_last if way.channels_last else torch.contiguous_format
    generator = part.generator.to(device, memory_format=memory)  # pyright: ignore[reportCallIssue]

    def load(picture: Tensor) -> Tensor:
        return picture.expand(batch, -1, -1, -1).to(device).contiguous(memory_format=memory)

    pictures = trial.pictures.split(3, dim=1)
    warp = trial.warp if part.guides.warp else None
    stacked = load(stack([*pictures, *list_guides(trial.maps, warp, part.guides)]))
    base = load(pictures[-1]) if part.from_last else None
    blended = unpack_warp(warp)
    given = stacked, base, None if blended is None else tuple(map(load, blended))
    run = torch.compile(generator, dynamic=False) if way.compiled else generator

    def draw() -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=way.bf16):
            return run(*given)

    if not way.graph:
        return draw
    return capture(draw)


def capture(draw: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """The same work as a CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            draw()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = draw()

    def replay() -> Tensor:
        graph.replay()
        return out

    return replay


def rows_of(preset: str, device: torch.device, batches: tuple[int, ...], rounds: int) -> Iterator[dict[str, object]]:
    """Parity, then the speeds, then a step of learning, of each stage."""
    torch.manual_seed(0)
    config = PRESETS[preset]()
    model = Model(config).eval()
    for part in list_parts(model):
        size, names = getattr(config, SIZES[part.name]), {"preset": preset, "stage": part.name}
        trial = make_trial(part, size, size)
        content = part.write() if installed("onnxruntime") else b""
        wanted = trial.draw(plain=True)
        with torch.no_grad():
            made = prepare(part, size, 1, device, Ways())().cpu()
        difference = float((made - wanted).abs().max())
        yield {**names, "what": "parity", "difference": difference, "ok": difference <= PARITY}
        for way in list_ways(device):
            for batch in batches if way.channels_last else batches[:1]:
                with torch.no_grad():
                    took = seconds_of(prepare(part, size, batch, device, way), device, rounds)
                yield {**names, "what": way.name, "batch": batch, "ms_a_picture": 1000 * took / batch}
        if content:
            session = open_session(content, "onnxruntime", device.type)
            took = seconds_of(lambda session=session, trial=trial: session(trial.inputs), device, rounds)
            yield {**names, "what": "onnxruntime", "batch": 1, "ms_a_picture": 1000 * took}
        took = seconds_of(learn(part, size, device), device, min(rounds, 3))
        yield {**names, "what": "step of learning", "batch": 1, "ms_a_picture": 1000 * took}
        part.generator.to("cpu")


def learn(part: Part, size: int, device: torch.device) -> Callable[[], None]:
    """Forward and backward in bf16, as training runs on a GPU."""
    draw = prepare(part, size, 1, device, Ways(bf16=device.type == "cuda", channels_last=True))

    def step() -> None:
        part.generator.zero_grad(set_to_none=True)
        draw().square().mean().backward()

    return step


def tell(row: dict[str, object]) -> str:
    if row["what"] == "parity":
        return (
            f"| {row['preset']} {row['stage']} | parity | | {row['difference']:.1e}{'' if row['ok'] else ' TOO FAR'} |"
        )
    return f"| {row['preset']} {row['stage']} | {row['what']} | {row['batch']} | {row['ms_a_picture']:.2f} ms |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--tiny", action="store_true", help="the preset for tests, batches of 1 and 2, once")
    given = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else "no GPU: the processor"
    print(f"{name}, PyTorch {torch.__version__}\n\n| stage | way | batch | a picture |\n|---|---|---|---|")
    begin, rows = time.monotonic(), []
    for preset in ("debug",) if given.tiny else ("base", "paper"):
        for row in rows_of(preset, device, *((BATCHES[:2], 1) if given.tiny else (BATCHES, 5))):
            rows.append(row)
            print(tell(row), flush=True)
            if time.monotonic() - begin > 60 * given.minutes:
                print(f"\nStopped after {given.minutes:g} minutes; the rest is left out")
                print(json.dumps({"device": name, "rows": rows}))
                return
    print(json.dumps({"device": name, "rows": rows}))


if __name__ == "__main__":
    main()
