"""In which numbers a device multiplies fastest: a GPU in bf16; a CPU is measured once, and what came out is kept.

Drawing and learning are measured apart: the gradient has convolutions of its own.
"""

from __future__ import annotations

import json
import platform
import time
from functools import lru_cache
from pathlib import Path
from typing import Literal

import torch
from torch.nn.functional import conv2d, instance_norm

from layerpose.cache import cache_dir, one_at_a_time, writing

FILE = "precision.json"
CHANNELS, SIDE = 64, 192
"""Of the block that is measured: a convolution, a norm and a rectifier, as the generators' trunks have them."""
TRIAL_SIDE = 32
"""A CPU that has no instructions for bf16 is so slow in it that a small block tells."""
HOPELESS = 3.0
ROUNDS, LIMIT_S = 5, 0.5
"""Rounds of one block each; the fastest counts. No round is begun after the limit but the first two."""
WORTH = 0.95
"""bf16 has to take so much of fp32's time, or less, to be worth its rounding."""
Precision = Literal["bf16", "fp32"]


def fast_precision(device: str, *, training: bool = False) -> Precision:
    """bf16 on a GPU; on a CPU whichever is faster here."""
    return "bf16" if device == "cuda" else _fast_on_cpu(training)


def fast_autocast(device: str, *, training: bool = False) -> torch.autocast:
    """Run in `fast_precision`; float32 is left as it is."""
    return torch.autocast(device, torch.bfloat16, enabled=fast_precision(device, training=training) == "bf16")


@lru_cache(maxsize=2)
def _fast_on_cpu(training: bool) -> Precision:
    """Measured once for this processor and this PyTorch; the next processes find it in the cache."""
    file, machine = cache_dir() / FILE, describe_machine() + " training" * training
    with one_at_a_time(file):
        known = _read(file)
        if machine not in known:
            known[machine] = measure(training=training)
            with writing(file) as temporary:
                temporary.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return choose(known[machine])


def choose(seconds: dict[str, float]) -> Precision:
    """What is faster by enough."""
    return "bf16" if seconds["bf16"] <= WORTH * seconds["fp32"] else "fp32"


def measure(*, training: bool = False) -> dict[str, float]:
    """Seconds for the block in each precision: the least of several rounds that take turns, on a busy machine too.

    `training`: with the gradient.
    """
    trial = _race(TRIAL_SIDE, rounds=2, training=training)
    return trial if trial["bf16"] > HOPELESS * trial["fp32"] else _race(SIDE, rounds=ROUNDS, training=training)


def describe_machine() -> str:
    """A name for the processor, as far as its instructions go, and for PyTorch.

    Not for the threads: the processes of one job must draw alike, however many threads each of them has.
    """
    has_bf16, has_amx = torch.cpu._is_avx512_bf16_supported(), torch.cpu._is_amx_tile_supported()
    capability = torch.backends.cpu.get_cpu_capability()
    name = platform.processor() or platform.machine()
    return f"{name} {capability} bf16={has_bf16} amx={has_amx} torch={torch.__version__}"


def _race(side: int, *, rounds: int, training: bool) -> dict[str, float]:
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, CHANNELS, side, side, generator=generator).to(memory_format=torch.channels_last)
    kernel = torch.rand(CHANNELS, CHANNELS, 3, 3, generator=generator).to(memory_format=torch.channels_last)
    picture.requires_grad_(training), kernel.requires_grad_(training)
    least, begin = {"fp32": float("inf"), "bf16": float("inf")}, time.perf_counter()
    for number in range(rounds + 1):
        for name in least:
            with torch.autocast("cpu", torch.bfloat16, enabled=name == "bf16"), torch.inference_mode(not training):
                start = time.perf_counter()
                found = instance_norm(conv2d(picture, kernel, padding=1)).relu()
                if training:
                    torch.autograd.grad(found.sum(), (picture, kernel))
                taken = time.perf_counter() - start
            if number:  # the first round prepares the kernels
                least[name] = min(least[name], taken)
        if number >= 2 and time.perf_counter() - begin > LIMIT_S:
            break
    return least


def _read(file: Path) -> dict[str, dict[str, float]]:
    """What was measured before; a damaged file counts for nothing."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): {key: float(times[key]) for key in ("fp32", "bf16")} for name, times in found.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
