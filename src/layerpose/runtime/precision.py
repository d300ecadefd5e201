"""In which numbers a device multiplies fastest: a GPU in bf16; a CPU is measured once, and what came out is kept.

Drawing and learning are measured apart: the gradient has convolutions of its own.
"""

from __future__ import annotations

import platform
from functools import lru_cache, partial
from typing import Literal, get_args

import torch
from torch.nn.functional import conv2d, instance_norm

from layerpose.runtime.timing import race, remember_seconds

FILE = "precision.json"
CHANNELS, SIDE = 64, 192
"""Of the block that is measured: a convolution, a norm and a rectifier, as the generators' trunks have them."""
TRIAL_SIDE = 32
"""A CPU that has no instructions for bf16 is so slow in it that a small block tells."""
HOPELESS = 3.0
ROUNDS = 5
"""At most, of one block each; the fastest counts."""
WORTH = 0.95
"""bf16 has to take so much of fp32's time, or less, to be worth its rounding."""
Precision = Literal["bf16", "fp32"]
WAYS = get_args(Precision)


def fast_precision(device: str, *, training: bool = False) -> Precision:
    """bf16 on a GPU; on a CPU whichever is faster here."""
    return "bf16" if device == "cuda" else _fast_on_cpu(training)


def fast_autocast(device: str, *, training: bool = False) -> torch.autocast:
    """Run in `fast_precision`; float32 is left as it is."""
    return torch.autocast(device, torch.bfloat16, enabled=fast_precision(device, training=training) == "bf16")


@lru_cache(maxsize=2)
def _fast_on_cpu(training: bool) -> Precision:
    """Measured once for this processor and this PyTorch; the next processes find it in the cache."""
    machine = describe_machine() + " training" * training
    return choose(remember_seconds(FILE, machine, WAYS, lambda: measure(training=training)))


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

    def run(name: str) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=name == "bf16"), torch.inference_mode(not training):
            found = instance_norm(conv2d(picture, kernel, padding=1)).relu()
            if training:
                torch.autograd.grad(found.sum(), (picture, kernel))

    return race({name: partial(run, name) for name in WAYS}, rounds)
