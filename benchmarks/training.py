"""Training speed: ``python benchmarks/training.py [--sizes 256 512 1024] [--samples 1] [--threads 2] [--compile]``.

For each stage at each size of its picture: steps per second and FLOP/s of the generators' forward and backward (random
inputs, one sample or more), eager (fp32, contiguous) against the fast path (channels_last, the device's fast precision,
and torch.compile with --compile); beside them the machine's ceiling: the best of a large matrix product and a large
convolution, forward and backward, in float32 and, where the device is fast at it, bfloat16. Operations are counted by
PyTorch. Losses and discriminators are left out: how long a whole step takes is what `layerpose train` prints.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from layerpose.networks.generator import Generator
from layerpose.presets import PRESETS
from layerpose.runtime.precision import fast_precision
from layerpose.stages.conditions import num_guide_channels

STAGES = {"coarse": (3, False), "leg": (9, True), "fusion": (6, True)}
"""Channels beside the guides, and whether the stage starts from a picture."""


def median_seconds(work: Callable[[], object], device: torch.device, seconds: float) -> float:
    work()
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        begin = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def count(work: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def ceiling(device: torch.device, dtype: torch.dtype, seconds: float) -> dict[str, float]:
    """FLOP/s of a large matrix product and of a large convolution, forward and backward."""
    side, width = (8192, 512) if device.type == "cuda" else (2048, 128)
    left, right = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    convolution = nn.Conv2d(width, width, 3, padding=1, device=device, dtype=dtype)
    convolution.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    pictures = torch.randn(1, width, 128, 128, device=device, dtype=dtype, requires_grad=True)
    pictures = pictures.to(memory_format=torch.channels_last)

    def convolve() -> None:
        convolution(pictures).sum().backward()

    return {
        "matrix": 2 * side**3 / median_seconds(lambda: left @ right, device, seconds),
        "convolution": count(convolve) / median_seconds(convolve, device, seconds),
    }


def step(
    preset: str, stage: str, size: int, samples: int, device: torch.device, *, fast: bool, compiled: bool
) -> Callable[[], object]:
    """Forward and backward of one stage's generator."""
    config = PRESETS[preset]()
    channels, has_base = STAGES[stage]
    guides = num_guide_channels(config.guides)
    generator = Generator(getattr(config, stage), channels + guides).to(device)

    def draw(channels: int) -> torch.Tensor:
        return torch.rand(samples, channels, size, size, device=device)

    stacked, base, colours, visible = draw(channels + guides), draw(3) if has_base else None, draw(3), draw(1)
    warp = (colours, visible, colours) if config.guides.warp else None
    if fast:
        generator.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        stacked = stacked.to(memory_format=torch.channels_last)
    if compiled:
        torch.compiler.reset()  # or it compiles eight of these at most
        generator.compile(dynamic=False)
    half = fast and fast_precision(device.type, training=True) == "bf16"

    def work() -> None:
        generator.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            image = generator(stacked, base, warp)
        image.square().mean().backward()

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="base", choices=PRESETS)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--samples", type=int, default=1, help="of one step")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each measurement lasts, at least")
    parser.add_argument("--compile", action="store_true", help="compile the fast path; a minute each")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    best, has_half = 0.0, fast_precision(device.type, training=True) == "bf16"
    for dtype in (torch.float32, torch.bfloat16) if has_half else (torch.float32,):
        found = ceiling(device, dtype, given.seconds)
        best = max(best, *found.values())
        print(f"{dtype}: " + ", ".join(f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in found.items()), flush=True)
    print(
        f"ceiling {best / 1e9:.0f} GFLOP/s, {device}, {given.threads} threads, preset {given.preset}, "
        f"{given.samples} samples a step\n"
    )
    print("| stage | size | GFLOP a step | eager steps/s | GFLOP/s | fast steps/s | GFLOP/s | of the ceiling |")
    print("|---|---|---|---|---|---|---|---|")
    for stage in STAGES:
        for size in given.sizes:
            eager = step(given.preset, stage, size, given.samples, device, fast=False, compiled=False)
            operations = count(eager)
            cells = [stage, str(size), f"{operations / 1e9:.1f}"]
            rate = 0.0
            for fast in (False, True):
                work = step(
                    given.preset, stage, size, given.samples, device, fast=fast, compiled=fast and given.compile
                )
                seconds = median_seconds(work, device, given.seconds)
                rate = operations / seconds
                cells += [f"{1 / seconds:.2f}", f"{rate / 1e9:.0f}"]
            print("| " + " | ".join([*cells, f"{rate / best:.0%}"]) + " |", flush=True)


if __name__ == "__main__":
    main()
