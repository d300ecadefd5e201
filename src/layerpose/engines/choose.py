"""Which program draws fastest on this machine: measured once with a small network, and what came out is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from importlib.metadata import version
from typing import Literal, get_args

import torch
from torch import Tensor

from layerpose.engines.attach import Part, attach, list_parts
from layerpose.engines.session import PROGRAMS, Program, list_programs, open_session
from layerpose.engines.trial import make_trial
from layerpose.networks.generator import Generator
from layerpose.presets import base
from layerpose.runtime.precision import describe_machine
from layerpose.runtime.timing import race, remember_seconds
from layerpose.stages.conditions import num_guide_channels
from layerpose.stages.model import Model

FILE = "engine.json"
SIDE = 192
"""Of the pictures that are drawn for the measurement."""
ROUNDS = 5
"""At most, of one picture each; the fastest counts."""
QUICK = 0.65
"""What windows leave of PyTorch's time for whole pictures."""
WORTH = 0.7
"""Another program, which knows no windows, has to take so much of what is left, or less: it takes a second or two to
load, and of a fifth that it was faster in the measurement nothing was left in whole pictures."""
Choice = Literal["auto", "torch", "quick", "onnxruntime", "openvino"]
"""What a user may ask for. `quick` is PyTorch in windows (`stages.narrowing`)."""


def use_engine(model: Model, wanted: Choice, device: str) -> None:
    """Let the model draw with what was asked for. ValueError if that is not installed."""
    if wanted not in get_args(Choice):
        raise ValueError(f"engine {wanted!r:.40} is none of {', '.join(get_args(Choice))}")
    chosen = fastest() if wanted == "auto" and device == "cpu" else wanted
    if wanted == "openvino" and "openvino-bf16" in list_programs():
        seconds = _measured()
        chosen = "openvino-bf16" if seconds["openvino-bf16"] < seconds["openvino"] else "openvino"
    if chosen == "quick":
        for part in list_parts(model):
            part.generator.narrow = True
    for program in PROGRAMS:
        if chosen == program:
            attach(model, program, device)


def fastest() -> str:
    """``quick``, or the program that is faster by enough."""
    return choose(_measured()) if list_programs() else "quick"


def choose(seconds: dict[str, float]) -> str:
    """The fastest; PyTorch in windows unless it is beaten clearly."""
    best = min(seconds, key=seconds.__getitem__)
    return best if seconds[best] <= WORTH * QUICK * seconds["torch"] else "quick"


@lru_cache(maxsize=1)
def _measured() -> dict[str, float]:
    """Once for this processor and these programs; the next processes find it in the cache."""
    programs = list_programs()
    names = sorted({program.partition("-")[0] for program in programs})
    machine = " ".join([describe_machine(), *(f"{name}={version(name)}" for name in names)])
    return remember_seconds(FILE, machine, ["torch", *programs], lambda: measure(programs))


def measure(programs: list[Program]) -> dict[str, float]:
    """Seconds for a small picture by PyTorch and by each program, which take turns."""
    trial = make_trial(_make_part(), SIDE, SIDE)
    runners: dict[str, Callable[[], Tensor]] = {"torch": trial.draw}
    content = trial.part.write() if programs else b""
    for program in programs:
        runners[program] = partial(open_session(content, program), trial.inputs)
    return race(runners, ROUNDS)


def _make_part() -> Part:
    """A generator as `base` has them, with random weights."""
    config = base()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = Generator(config.leg, 3 + num_guide_channels(config.guides)).eval()
    generator.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return Part(name="trial", generator=generator, guides=config.guides, pictures=1)
