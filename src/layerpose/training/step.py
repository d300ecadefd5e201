"""One training step as a list of moves: first the generators, then the discriminators, each with its own optimizer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import Adam

from layerpose.training.batches import Batch
from layerpose.training.checkpoint import State
from layerpose.training.processes import average, average_gradients
from layerpose.training.recipes import Phase
from layerpose.training.system import Trainer
from layerpose.types import Term

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class NotFiniteError(ValueError):
    """A loss or a gradient is NaN or infinite."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """One optimizer's turn: the terms to minimise, part of the batch by part."""

    name: str
    optimizer: Adam
    terms: Callable[[], Iterator[list[Term]]]


def take_step(
    fabric: Fabric, trainer: Trainer, state: State, phase: Phase, batches: Sequence[Batch], step: int
) -> dict[str, float]:
    """Move every network once; returns each term's mean over the batch. NotFiniteError before a bad step is taken."""
    handed: list[Any] = []

    def make() -> Iterator[list[Term]]:
        trainer.discriminators.eval()
        for batch in batches:
            with fabric.autocast():
                terms, given = trainer.generator_terms(phase, batch)
            handed.append(given)
            yield terms

    def judge() -> Iterator[list[Term]]:
        for part, given in enumerate(handed):
            # Spectral norm moves on at every call in training mode: once a step, in however many parts.
            trainer.discriminators.train(part == 0)
            with fabric.autocast():
                terms = trainer.judge_terms(given, step)
            if terms:
                yield terms

    assert state.maker is not None
    assert state.judge is not None
    moves = (
        Move(name="generators", optimizer=state.maker, terms=make),
        Move(name="discriminators", optimizer=state.judge, terms=judge),
    )
    values: dict[str, float] = {}
    for move in moves:
        values |= _take(fabric, state, move, len(batches))
    return values


def _take(fabric: Fabric, state: State, move: Move, num_parts: int) -> dict[str, float]:
    move.optimizer.zero_grad(set_to_none=True)
    found: dict[str, torch.Tensor] = {}
    for terms in move.terms():
        total = sum((term.weight * term.value for term in terms), terms[0].value.new_zeros(()))
        state.scaler.scale(total / num_parts).backward()
        for term in terms:
            found[term.name] = found.get(term.name, 0) + term.value.detach().float() / num_parts
    if not found:
        return {}
    values = dict(zip(found, average(fabric, torch.stack(list(found.values()))).tolist(), strict=True))
    for name, value in values.items():
        if not math.isfinite(value):
            raise NotFiniteError(f"the loss '{name}' is {value}")
    parameters = [p for group in move.optimizer.param_groups for p in group["params"] if p.grad is not None]
    average_gradients(fabric, parameters)
    if not state.scaler.is_enabled():
        # With fp16 the scaler itself skips a step whose gradient overflows.
        norm = float(torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None]))
        if not math.isfinite(norm):
            raise NotFiniteError(f"the gradient of the {move.name} is {norm}")
        values[f"gradient {move.name}"] = norm
    state.scaler.step(move.optimizer)
    state.scaler.update()
    return values
