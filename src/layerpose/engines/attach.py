"""A model + the program that is to run its networks -> the same model, drawing through that program.

What the program reads is written in memory from the weights that are loaded: no file that could be of other weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.config import Guides
from layerpose.engines.session import Program, Run, check_installed, open_session
from layerpose.networks.generator import Generator
from layerpose.stages.model import Model


@dataclass(frozen=True, kw_only=True)
class Part:
    """A generator of a model, and what it is given beside the guides."""

    name: str
    generator: Generator
    guides: Guides
    pictures: int
    from_last: bool = True

    def write(self, facts: Mapping[str, str] | None = None) -> bytes:
        """As ONNX."""
        from layerpose.engines.write import write_stage

        return write_stage(
            self.generator, self.guides, self.pictures, from_last=self.from_last, facts=dict(facts or {})
        )


def list_parts(model: Model) -> Iterator[Part]:
    """Every generator that the model runs."""
    guides = model.config.guides
    yield Part(name="coarse", generator=model.coarse.generator, guides=guides, pictures=1, from_last=False)
    if model.layers is not None:
        for name, generator in model.layers.generators.items():
            assert isinstance(generator, Generator)
            yield Part(name=name, generator=generator, guides=guides, pictures=2 if name == "head" else 3)
    if model.fusion is not None:
        yield Part(name="fusion", generator=model.fusion.generator, guides=guides, pictures=2)


class PartEngine:
    """Runs one generator. Another process that gets a copy opens its program itself, when it first draws."""

    def __init__(self, part: Part, program: Program, device: str = "cpu") -> None:
        self.part, self.device = part, device
        self.program: Program = program
        self._opening, self._run = Lock(), None

    def __call__(
        self, pictures: Sequence[Float[Tensor, "b 3 h w"]], guides: Mapping[str, Float[Tensor, "b _ h w"]]
    ) -> Float[Tensor, "b 3 h w"]:
        """The picture."""
        return self.open()({"pictures": torch.cat(list(pictures), dim=1), **guides}).to(pictures[0].device)

    def __reduce__(self) -> tuple[Any, ...]:
        return PartEngine, (self.part, self.program, self.device)

    def open(self) -> Run:
        """Load the network into the program, if that was not done yet."""
        with self._opening:
            if self._run is None:
                self._run = open_session(self.part.write(), self.program, self.device)
            return self._run


def attach(model: Model, program: Program, device: str = "cpu") -> None:
    """Let the program run every generator. ValueError if it is not installed."""
    check_installed(program)
    for part in list_parts(model):
        part.generator.engine = engine = PartEngine(part, program, device)
        engine.open()
